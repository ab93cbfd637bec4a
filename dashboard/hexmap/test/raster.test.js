import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonX, commonY } from '../src/mercator.js';
import { coveringTiles, tileBounds, tileUrl } from '../src/raster.js';

test('the world is one tile, and a city lies in the tile the usual formula gives', () => {
  assert.deepEqual(coveringTiles([0, 0, 512, 512], -1), [{ x: 0, y: 0, z: 0 }]);
  const [x, y] = [commonX(125.32), commonY(43.88)];
  assert.deepEqual(coveringTiles([x, y, x, y], 9), [{ x: 868, y: 372, z: 10 }]);
});

test('tiles cover the view and each other without a gap', () => {
  const view = [commonX(125.1), commonY(43.7), commonX(125.6), commonY(44.05)];
  const tiles = coveringTiles(view, 10);
  const all = tiles.map(tileBounds);
  assert.ok(Math.min(...all.map((b) => b[0])) <= view[0] && Math.max(...all.map((b) => b[2])) >= view[2]);
  assert.ok(Math.min(...all.map((b) => b[1])) <= view[1] && Math.max(...all.map((b) => b[3])) >= view[3]);
  const columns = new Set(tiles.map(({ x }) => x)).size;
  const rows = new Set(tiles.map(({ y }) => y)).size;
  assert.equal(tiles.length, columns * rows);
});

test('no tile is asked for beyond the depth a service has', () => {
  assert.ok(coveringTiles([400, 300, 401, 301], 17, 12).every(({ z }) => z === 12));
});

test('an address is filled in, hosts taken in turn', () => {
  const basemap = { url: 'https://t{s}.example/{z}/{x}/{y}?key=k', hosts: ['0', '1'] };
  assert.equal(tileUrl(basemap, { x: 3, y: 4, z: 5 }), 'https://t1.example/5/3/4?key=k');
});

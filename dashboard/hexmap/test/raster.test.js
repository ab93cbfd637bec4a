import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebMercatorViewport, lngLatToWorld } from '@math.gl/web-mercator';
import { RasterTiles, coveringTiles, tileBounds, tileUrl } from '../src/raster.js';

test('the world is one tile, and a city lies in the tile the usual formula gives', () => {
  assert.deepEqual(coveringTiles([0, 0, 512, 512], -1), [{ x: 0, y: 0, z: 0 }]);
  const [x, y] = lngLatToWorld([125.32, 43.88]);
  assert.deepEqual(coveringTiles([x, y, x, y], 9), [{ x: 868, y: 372, z: 10 }]);
});

test('tiles cover the view and each other without a gap', () => {
  const view = [...lngLatToWorld([125.1, 43.7]), ...lngLatToWorld([125.6, 44.05])];
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

test('tiles shown before stay until those of the new view have come, and one that failed is asked for again', async (t) => {
  let isAway = false;
  const asked = [];
  t.mock.method(globalThis, 'fetch', async (address) => {
    asked.push(address);
    if (isAway) throw new TypeError('offline');
    return { ok: true, blob: async () => address };
  });
  globalThis.createImageBitmap = async (address) => ({ address, close() {} });
  t.after(() => delete globalThis.createImageBitmap);
  const view = (zoom) => {
    const viewport = new WebMercatorViewport({ width: 200, height: 200, longitude: 125.32, latitude: 43.88, zoom });
    const { width, height } = viewport;
    return { width, height, zoom, unproject: (at) => viewport.unproject(at), projectFlat: lngLatToWorld };
  };
  const settled = () => new Promise((resolve) => { setTimeout(resolve, 5); });
  const ids = (layers) => layers.map(({ id }) => id).sort();
  const tiles = new RasterTiles({ url: '/{z}/{x}/{y}' }, () => {});
  assert.deepEqual(tiles.layers(view(11)), []);
  await settled();
  const before = ids(tiles.layers(view(11)));
  assert.ok(before.length > 0);
  isAway = true;
  assert.deepEqual(ids(tiles.layers(view(12))), before);
  await settled();
  isAway = false;
  const asks = asked.length;
  assert.deepEqual(ids(tiles.layers(view(12))), before);
  assert.ok(asked.length > asks);
  await settled();
  const after = ids(tiles.layers(view(12)));
  assert.ok(after.length > 0 && after.every((id) => !before.includes(id)));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lngLatToWorld, unitsPerMeter } from '@math.gl/web-mercator';
import { cellToBoundary } from 'h3-js';
import { decodeCells } from '../src/decode.js';
import { buildGeometry, exactCorners } from '../src/geometry.js';
import { cellsInBox, encodeCells } from './sample.js';

const MUNICIPALITY = [124.2, 43.1, 127.1, 45.3];

/** Largest distance in metres between the float32 corners and H3's boundary, every 50th cell. */
function worstErrorM(cells, geometry) {
  let worst = 0;
  for (let i = 0; i < cells.length; i += 50) {
    cellToBoundary(cells.halves(i)).forEach(([lat, lon], k) => {
      const [x, y] = lngLatToWorld([lon, lat]);
      const dx = geometry.corners[12 * i + 2 * k] + geometry.origin[0] - x;
      const dy = geometry.corners[12 * i + 2 * k + 1] + geometry.origin[1] - y;
      worst = Math.max(worst, Math.hypot(dx, dy) / unitsPerMeter(lat));
    });
  }
  return worst;
}

for (const [name, box, res, limitM] of [
  ['a large city at res 9', [125.1, 43.7, 125.6, 44.05], 9, 0.008],
  ['the whole municipality at res 8', MUNICIPALITY, 8, 0.02],
  ['the whole municipality at res 7', MUNICIPALITY, 7, 0.02],
  ['Porto Alegre at res 9', [-51.3, -30.27, -51.0, -29.9], 9, 0.008],
]) {
  test(`corners of ${name} lie within ${limitM * 1000} mm of H3's own`, (t) => {
    const cells = decodeCells(encodeCells(cellsInBox(box, res)));
    const geometry = buildGeometry(cells);
    assert.equal(geometry.exact, false);
    const worst = worstErrorM(cells, geometry);
    t.diagnostic(`${cells.length} cells, worst corner ${(worst * 1000).toFixed(1)} mm`);
    assert.ok(worst < limitM, `${worst} m`);
  });
}

test('neighbours share their corners, so no ground shows between cells', () => {
  const cells = decodeCells(encodeCells(cellsInBox([125.2, 43.8, 125.4, 43.95], 9)));
  const { corners } = buildGeometry(cells);
  const places = new Map();
  for (let i = 0; i < corners.length; i += 2) {
    const key = `${corners[i].toFixed(5)}:${corners[i + 1].toFixed(5)}`; // 0.00001 units: half a metre
    places.set(key, (places.get(key) ?? 0) + 1);
  }
  const shared = [...places.values()].filter((n) => n >= 3).length;
  assert.ok(shared > 0.8 * places.size, `${shared} of ${places.size}`);
});

test('a few cells are taken exactly', () => {
  const cells = decodeCells(encodeCells(cellsInBox([125.3, 43.85, 125.33, 43.87], 8)));
  const geometry = buildGeometry(cells);
  assert.equal(geometry.exact, true);
  assert.ok(worstErrorM(cells, geometry) < 0.008);
});

test('an area across an edge of the icosahedron is taken exactly', () => {
  const cells = decodeCells(encodeCells(cellsInBox([10.5, 63.0, 12.5, 64.5], 7)));
  assert.equal(buildGeometry(cells).exact, true);
});

test('distortion vertices are dropped and a pentagon is filled up: always six corners', () => {
  for (const cell of ['8708000a2ffffff', '870800000ffffff']) assert.equal(exactCorners(cell).length, 6);
});

test('no cells are no geometry', () => {
  const geometry = buildGeometry(decodeCells(new ArrayBuffer(0)));
  assert.equal(geometry.corners.length, 0);
  assert.equal(geometry.bounds, null);
});

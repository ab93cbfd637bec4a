import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lngLatToWorld } from '@math.gl/web-mercator';
import { cameraOf, resolveCamera, transitionKind } from '../src/camera.js';
import { districtAt, extentOf, readDistricts } from '../src/districts.js';
import { placeLabels, thinOut } from '../src/placing.js';

const square = (west, south, size) => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];

const COLLECTION = {
  features: [
    {
      properties: { district_id: 'a', name_zh: '甲区', name_en: 'Jia', label_lon: 0.2, label_lat: 0.2 },
      geometry: { type: 'Polygon', coordinates: [square(0, 0, 1), square(0.4, 0.4, 0.2)] },
    },
    {
      properties: { district_id: 'b', name_zh: '乙区' },
      geometry: { type: 'MultiPolygon', coordinates: [[square(1, 0, 1)], [square(5, 5, 1)]] },
    },
    { properties: { district_id: 'unknown' }, geometry: null },
  ],
};

test('districts are read with their names, labels and rings, those without an area left out', () => {
  const [a, b, ...rest] = readDistricts(COLLECTION);
  assert.equal(rest.length, 0);
  assert.deepEqual([a.id, a.names.zh, a.names.en, a.at, a.rings.length], ['a', '甲区', 'Jia', [0.2, 0.2], 2]);
  assert.deepEqual([b.names.en, b.at, b.rings.length], ['乙区', [3.5, 3], 2]);
});

test('a point finds its district: parts and holes count', () => {
  const districts = readDistricts(COLLECTION);
  assert.equal(districtAt(districts, 0.1, 0.9), 'a');
  assert.equal(districtAt(districts, 0.5, 0.5), null);
  assert.equal(districtAt(districts, 1.5, 0.5), 'b');
  assert.equal(districtAt(districts, 5.5, 5.5), 'b');
  assert.equal(districtAt(districts, 3, 3), null);
});

test('the extent of districts holds them all', () => {
  assert.deepEqual(extentOf(readDistricts(COLLECTION)), [0, 0, 6, 6]);
  assert.equal(extentOf([]), null);
});

test('bounds fit inside the view with a margin and touch it on one side', () => {
  const bounds = [124.2, 43.1, 127.1, 45.3];
  const { zoom, lon } = cameraOf(bounds, 1000, 800);
  const scale = 2 ** zoom;
  const [x0, y0] = lngLatToWorld([bounds[0], bounds[1]]);
  const [x1, y1] = lngLatToWorld([bounds[2], bounds[3]]);
  const [wide, high] = [(x1 - x0) * scale, (y1 - y0) * scale];
  assert.ok(wide <= 1000 * 0.92 + 1e-6 && high <= 800 * 0.92 + 1e-6);
  assert.ok(Math.abs(wide - 920) < 1e-6 || Math.abs(high - 736) < 1e-6);
  assert.ok(Math.abs(lon - 125.65) < 1e-9);
});

test('a camera that is not one is ignored and zoom is kept in range', () => {
  assert.equal(resolveCamera(null, 1, 1), null);
  assert.equal(resolveCamera({ lon: 125 }, 1, 1), null);
  assert.equal(resolveCamera({ lon: 125, lat: 43, zoom: 99 }, 1, 1).zoom, 18);
  assert.equal(resolveCamera({ bounds: [125, 43, 126, 44], duration: 700 }, 500, 500).duration, 700);
  assert.equal(resolveCamera({ bounds: [125, 43, null, 44] }, 500, 500), null);
  assert.equal(resolveCamera({ bounds: [125, 43, 125, 43] }, 500, 500).zoom, 18);
});

test('the way to a camera: jump, glide when near, fly when far, jump where motion is unwelcome', () => {
  const from = { lon: 125.3, lat: 43.9, zoom: 10 };
  const near = { lon: 125.4, lat: 43.9, zoom: 10, duration: 800 };
  const far = { lon: 127.0, lat: 45.0, zoom: 10, duration: 800 };
  assert.equal(transitionKind(from, { ...near, duration: 0 }, 1000, false), 'jump');
  assert.equal(transitionKind(null, near, 1000, false), 'jump');
  assert.equal(transitionKind(from, near, 1000, false), 'glide');
  assert.equal(transitionKind(from, far, 1000, false), 'fly');
  assert.equal(transitionKind(from, far, 1000, true), 'jump');
});

test('labels that would touch or be cut are left out, the first keeps its place', () => {
  const label = (id, x, y) => ({ id, x, y, width: 40, height: 16 });
  const placed = placeLabels([label('a', 100, 100), label('b', 120, 105), label('c', 160, 100), label('d', 10, 50)], { width: 300, height: 200 });
  assert.deepEqual(placed.map(({ id }) => id), ['a', 'c']);
  const obstacles = [{ left: 140, top: 0, right: 300, bottom: 200 }];
  assert.deepEqual(placeLabels([label('a', 100, 100), label('c', 160, 100)], { width: 300, height: 200, obstacles }).map(({ id }) => id), ['a']);
});

test('signs are thinned to one a square, the one nearest its middle', () => {
  const centres = [0.1, 0.1, 0.5, 0.5, 0.9, 0.2, 1.5, 0.5, -0.5, 0.5];
  assert.deepEqual(thinOut([0, 1, 2, 3, 4], centres, 1).sort(), [1, 3, 4]);
  assert.deepEqual(thinOut([], centres, 1), []);
});

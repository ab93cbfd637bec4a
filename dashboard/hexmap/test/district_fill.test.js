import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lngLatToWorld } from '@math.gl/web-mercator';
import { PATTERN, colourTable } from '../src/colours.js';
import { DistrictFill, buildFill, columnOf } from '../src/district_fill.js';
import { readDistricts } from '../src/districts.js';
import { resolveTheme } from '../src/themes.js';

const square = (west, south, size) => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];
const feature = (id, type, coordinates) => ({ properties: { district_id: id }, geometry: { type, coordinates } });
const DISTRICTS = readDistricts({
  features: [
    feature('a', 'Polygon', [square(125, 43, 1), square(125.4, 43.4, 0.2)]),
    feature('b', 'MultiPolygon', [[square(126, 43, 1)], [square(127.5, 43, 0.5)]]),
    feature('c', 'Polygon', [square(124, 43, 1)]),
  ],
});
const table = colourTable(['#102030', '#405060'], resolveTheme('dark'));

function areaOf({ positions, indices, owners }, owner) {
  let sum = 0;
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = indices.slice(i, i + 3);
    if (owners[a] !== owner) continue;
    assert.ok(owners[b] === owner && owners[c] === owner, 'a triangle spans districts');
    const at = (k) => [positions[2 * k], positions[2 * k + 1]];
    const [[ax, ay], [bx, by], [cx, cy]] = [at(a), at(b), at(c)];
    sum += Math.abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2;
  }
  return sum;
}

function boxArea(west, south, size) {
  const [x0, y0] = lngLatToWorld([west, south]);
  const [x1, y1] = lngLatToWorld([west + size, south + size]);
  return (x1 - x0) * (y1 - y0);
}

test('triangles cover each district, its parts and not its holes', () => {
  const fill = buildFill(DISTRICTS);
  const near = (found, wanted) => assert.ok(Math.abs(found / wanted - 1) < 1e-4, `${found} for ${wanted}`);
  near(areaOf(fill, 0), boxArea(125, 43, 1) - boxArea(125.4, 43.4, 0.2));
  near(areaOf(fill, 1), boxArea(126, 43, 1) + boxArea(127.5, 43, 0.5));
  near(areaOf(fill, 2), boxArea(124, 43, 1));
});

test('what is not said of a district is no data', () => {
  const { values, statuses } = columnOf(DISTRICTS, { a: { value: 5, status: 0 }, b: { value: null, status: 7 } });
  assert.deepEqual([...statuses], [0, 7, 2]);
  assert.deepEqual([...values].map(Number.isNaN), [false, true, true]);
});

test('districts take classes and states as cells do, on all their vertices', () => {
  const fill = new DistrictFill();
  fill.setDistricts(DISTRICTS);
  const given = { a: { value: 15, status: 0 }, b: { value: 5, status: 6 } };
  const { data, counts, stale } = fill.paint(given, [10], table);
  assert.deepEqual(counts, [1, 0, 1, 1, 0, 0]);
  assert.deepEqual(stale, ['b']);
  const { owners, indices } = buildFill(DISTRICTS);
  assert.deepEqual([data.indexCount, data.attributes.colors.value.length], [indices.length, 4 * owners.length]);
  const colourOf = (owner) => [...data.attributes.colors.value.slice(4 * owners.indexOf(owner), 4 * owners.indexOf(owner) + 4)];
  assert.deepEqual(colourOf(0), [0x40, 0x50, 0x60, PATTERN.plain]);
  assert.equal(colourOf(2)[3], PATTERN.hatch);
  const again = fill.paint(given, [20], table);
  assert.equal(again.data.attributes.positions, data.attributes.positions, 'geometry goes to the GPU once');
});

test('a district of few cases has an outline in the colour of its class', () => {
  const fill = new DistrictFill();
  fill.setDistricts(DISTRICTS);
  const { counts, weak } = fill.paint({ a: { value: 15, status: 4 }, c: { value: 5, status: 0 } }, [10], table);
  assert.deepEqual(counts, [1, 0, 1, 0, 0, 1]);
  assert.deepEqual(weak.map(({ colour }) => colour), DISTRICTS[0].rings.map(() => [0x40, 0x50, 0x60]));
});

test('no districts are nothing to draw', () => {
  const { data, counts } = new DistrictFill().paint({ a: { value: 1, status: 0 } }, [], table);
  assert.deepEqual([data.indexCount, ...counts], [0, 0, 0, 0, 0, 0, 0]);
});

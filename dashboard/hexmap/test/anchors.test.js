import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxAt, candidatePlaces, isClear, isInside } from '../src/anchors.js';
import { overlap, settleLabels } from '../src/placing.js';

const VIEW = { width: 400, height: 300 };
const LABEL = { width: 60, height: 20 };
const box = (left, top, right, bottom) => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
  [left, top],
];

test('a point is inside between odd and even crossings, not in a hole', () => {
  const rings = [box(0, 0, 100, 100), box(40, 40, 60, 60)];
  assert.deepEqual([isInside(rings, 20, 50), isInside(rings, 50, 50), isInside(rings, 120, 50)], [true, false, false]);
});

test('the given anchor holds where it is inside and clear', () => {
  const [first] = candidatePlaces([box(50, 50, 350, 250)], [90, 80], null, LABEL, VIEW);
  assert.deepEqual(first, { x: 90, y: 80, led: false });
});

test('an anchor out of view gives way to the middle of the part that can be seen', () => {
  const [first] = candidatePlaces([box(200, 100, 2000, 2000)], [1100, 1000], null, LABEL, VIEW);
  assert.equal(first.led, false);
  assert.ok(Math.abs(first.x - 300) < 30 && Math.abs(first.y - 200) < 30, `${first.x}, ${first.y}`);
});

test('a name keeps its distance from the edge of a district that is wide at one end', () => {
  const funnel = [[-500, 140], [200, 140], [200, 20], [390, 20], [390, 280], [200, 280], [200, 160], [-500, 160], [-500, 140]];
  const [first] = candidatePlaces([funnel], [-400, 150], null, LABEL, VIEW);
  assert.ok(first.x - 30 > 200, `${first.x}`);
});

test('a name stays where it was while that is inside and clear', () => {
  const rings = [box(200, 100, 2000, 2000)];
  assert.deepEqual(candidatePlaces(rings, [1100, 1000], [240, 130], LABEL, VIEW)[0], { x: 240, y: 130, led: false });
  const moved = candidatePlaces(rings, [1100, 1000], [390, 130], LABEL, VIEW)[0]; // would be cut
  assert.ok(moved.x <= 370);
});

test('no place lies under an obstacle or out of the view', () => {
  const view = { ...VIEW, obstacles: [{ left: 0, top: 0, right: 180, bottom: 300 }] };
  const places = candidatePlaces([box(-100, -100, 500, 500)], [100, 150], null, LABEL, view);
  assert.ok(places.length > 3);
  assert.ok(places.every(({ x, y }) => isClear(boxAt(x, y, LABEL), view)));
  assert.ok(places.every(({ x }) => x - 30 >= 180));
});

test('a district that cannot be seen has no place; one too small for its name may have it beside', () => {
  assert.deepEqual(candidatePlaces([box(500, 0, 900, 300)], [700, 150], null, LABEL, VIEW), []);
  const places = candidatePlaces([box(0, 0, 12, 12)], [6, 6], null, LABEL, VIEW);
  assert.ok(places.length > 0 && places.every(({ led }) => led));
});

test('two small neighbours both get a name, without overlap', () => {
  const label = (id, rings, wanted) => ({ id, rings, wanted, kept: null, ...LABEL });
  const settled = settleLabels(
    [label('a', [box(180, 140, 200, 160)], [190, 150]), label('b', [box(200, 140, 220, 160)], [210, 150])],
    VIEW,
  );
  assert.deepEqual(settled.map(({ id }) => id).sort(), ['a', 'b']);
  assert.equal(overlap(settled[0].box, settled[1].box), false);
  assert.deepEqual(settled.map(({ led }) => led).sort(), [false, true]);
});

test('the selected chooses first, the one with the least choice next', () => {
  const label = (id, rings, wanted, first = 0) => ({ id, first, rings, wanted, kept: null, ...LABEL });
  const wide = label('wide', [box(0, 0, 400, 300)], [205, 150]);
  const small = label('small', [box(190, 140, 220, 160)], [205, 150]);
  const at = (settled) => Object.fromEntries(settled.map(({ id, x, y }) => [id, [x, y]]));
  assert.deepEqual(at(settleLabels([wide, small], VIEW)).small, [205, 150]);
  assert.deepEqual(at(settleLabels([{ ...wide, first: 1 }, small], VIEW)).wide, [205, 150]);
});

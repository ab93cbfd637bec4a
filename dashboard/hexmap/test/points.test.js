import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPoints } from '../src/points.js';

const CLASSES = {
  fire: { colour: '#ff8000', radius: 7 },
  bus: { colour: '--regular', hollow: true },
};
const tokens = (name) => (name === '--regular' ? ' #00ff00' : '');

test('points take colour, radius and fill of their class', () => {
  const [fire, bus] = readPoints(
    { columns: ['class', 'seen_at', 'lon', 'lat'], points: [['fire', 1, 125.3, 43.9], ['bus', 2, 125.4, 43.8]] },
    CLASSES,
    tokens,
  );
  assert.deepEqual(fire, { at: [125.3, 43.9], key: 'fire', line: [255, 128, 0], fill: [255, 128, 0, 255], radius: 7, hollow: false });
  assert.deepEqual([bus.line, bus.fill, bus.radius], [[0, 255, 0], [0, 255, 0, 40], 5]);
});

test('a class nobody described is drawn plainly, a point without a place is not drawn', () => {
  const found = readPoints(
    { columns: ['lon', 'lat', 'class'], points: [[125.3, 43.9, 'other'], [null, 43, 'fire'], [125, undefined, 'fire']] },
    CLASSES,
    tokens,
  );
  assert.equal(found.length, 1);
  assert.deepEqual([found[0].line, found[0].radius], [[232, 238, 243], 5]);
});

test('an answer without points is an empty picture', () => {
  assert.deepEqual(readPoints({}, CLASSES), []);
  assert.deepEqual(readPoints(null, undefined), []);
  assert.throws(() => readPoints({ columns: ['lon', 'lat'], points: [] }, CLASSES), /without a column class/);
});

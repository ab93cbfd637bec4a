import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCells, decodeValues } from '../src/decode.js';
import { cellsInBox, encodeCells, encodeValues } from './sample.js';

const hexes = cellsInBox([125.2, 43.8, 125.4, 43.95], 8);

test('every cell comes back as its own text and at its own place', () => {
  const cells = decodeCells(encodeCells(hexes));
  assert.equal(cells.length, hexes.length);
  assert.equal(cells.res, 8);
  hexes.forEach((hex, i) => {
    assert.equal(cells.hex(i), hex);
    assert.equal(cells.indexOf(hex), i);
  });
});

test('a cell that is not in the list is not found', () => {
  const cells = decodeCells(encodeCells(hexes));
  assert.equal(cells.indexOf('8830e00001fffff'), -1);
  assert.equal(decodeCells(new ArrayBuffer(0)).indexOf(hexes[0]), -1);
});

test('a list that is torn, unsorted, doubled or mixed is refused', () => {
  assert.throws(() => decodeCells(new ArrayBuffer(12)), /whole number/);
  assert.throws(() => decodeCells(encodeCells([hexes[1], hexes[0]])), /ascending/);
  assert.throws(() => decodeCells(encodeCells([hexes[0], hexes[0]])), /ascending/);
  const finer = cellsInBox([125.2, 43.8, 125.22, 43.82], 9);
  assert.throws(() => decodeCells(encodeCells([hexes[0], finer[0]])), /resolutions/);
});

test('values and statuses come apart in order, and a column of another length is refused', () => {
  const { values, statuses } = decodeValues(encodeValues([1.5, Number.NaN, -2], [0, 2, 6]), 3);
  assert.deepEqual([...values], [1.5, Number.NaN, -2]);
  assert.deepEqual([...statuses], [0, 2, 6]);
  assert.throws(() => decodeValues(encodeValues([1], [0]), 2), /does not fit 2 cells/);
});

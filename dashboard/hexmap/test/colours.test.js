import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PATTERN, colourTable, desaturate, paintCells, parseHex } from '../src/colours.js';
import { classOf, columnBreaks, visualState, VISUAL } from '../src/states.js';
import { resolveTheme } from '../src/themes.js';

const PALETTE = ['#102030', '#405060', '#708090'];
const theme = resolveTheme('dark');
const table = colourTable(PALETTE, theme);

function painted(values, statuses, breaks = [10, 20]) {
  const column = { values: Float32Array.from(values), statuses: Uint8Array.from(statuses) };
  return paintCells(values.length, column, breaks, table);
}

function pixel({ packed }, i) {
  return [...new Uint8Array(packed.buffer, 4 * i, 4)];
}

test('classes are closed above and open at both ends', () => {
  const breaks = columnBreaks([10, 20]);
  const expected = [[-5, 0], [10, 0], [10.01, 1], [20, 1], [20.01, 2], [1e9, 2]];
  for (const [value, k] of expected) assert.equal(classOf(value, breaks), k, `${value}`);
});

test('a value written as a break belongs to the lower class although float32 rounds it up', () => {
  const value = Math.fround(0.1);
  assert.ok(value > 0.1);
  assert.equal(classOf(value, columnBreaks([0.1])), 0);
});

test('each status has its visual state and a missing value never has a class', () => {
  const states = [0, 1, 2, 3, 4, 5, 6, 7].map((status) => visualState(status, 5));
  const { value, zero, noData, stale, suppressed, lowN } = VISUAL;
  assert.deepEqual(states, [value, zero, noData, noData, lowN, value, stale, suppressed]);
  for (const status of [0, 4, 5, 6]) assert.equal(visualState(status, Number.NaN), noData);
  assert.equal(visualState(1, Number.NaN), zero);
  assert.equal(visualState(99, 5), noData);
  for (const status of [0, 5]) assert.equal(visualState(status, 0), zero);
  assert.equal(visualState(4, 0), lowN);
});

test('values take the colour of their class', () => {
  const result = painted([5, 15, 25, 15], [0, 0, 5, 0]);
  assert.deepEqual(pixel(result, 0), [0x10, 0x20, 0x30, PATTERN.plain]);
  assert.deepEqual(pixel(result, 1), [0x40, 0x50, 0x60, PATTERN.plain]);
  assert.deepEqual(pixel(result, 2), [0x70, 0x80, 0x90, PATTERN.plain]);
  assert.deepEqual(result.counts, [4, 0, 0, 0, 0, 0]);
});

test('the six states look different from each other', () => {
  const result = painted([5, 0, Number.NaN, 5, 5, 5], [0, 1, 2, 6, 7, 4]);
  const looks = [0, 1, 2, 3, 4, 5].map((i) => pixel(result, i).join());
  assert.equal(new Set(looks).size, 6);
  assert.deepEqual(result.counts, [1, 1, 1, 1, 1, 1]);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((i) => pixel(result, i)[3]),
    [PATTERN.plain, PATTERN.zero, PATTERN.hatch, PATTERN.plain, PATTERN.dots, PATTERN.weak],
  );
});

test('without a column every cell is no data', () => {
  const result = paintCells(3, null, [10, 20], table);
  assert.deepEqual(result.counts, [0, 0, 3, 0, 0, 0]);
});

test('what is no palette of the classes is refused, and none is needed where there are no classes', () => {
  assert.throws(() => colourTable('puor', theme, [1]), /not a list of colours: puor/);
  assert.throws(() => colourTable(['PuOr', 'puor'], theme, [1]), /not a hexadecimal colour: PuOr/);
  assert.throws(() => colourTable(PALETTE, theme, [1, 2, 3]), /3 colours for 4 classes/);
  assert.throws(() => colourTable([], theme, [1]), /0 colours for 2 classes/);
  assert.equal(colourTable([], theme, []).value.length, 1);
  assert.equal(colourTable(PALETTE, theme, [1, 2]).value.length, 3);
});

test('colours are read from hexadecimal and nothing else', () => {
  assert.deepEqual(parseHex('#fff'), [255, 255, 255]);
  assert.deepEqual(parseHex('0b1116'), [11, 17, 22]);
  assert.throws(() => parseHex('red'), /not a hexadecimal colour: red/);
});

test('few cases keep the colour of their class, for the shader to wash, and a zero its own', () => {
  const result = painted([15, 0], [4, 4]);
  assert.deepEqual(pixel(result, 0), [0x40, 0x50, 0x60, PATTERN.weak]);
  assert.deepEqual(pixel(result, 1), [...theme.zero, PATTERN.weak]);
});

test('stale keeps lightness and loses colour', () => {
  const [r, g, b] = desaturate([200, 40, 40]);
  assert.ok(r - b < 50 && r > g);
});

test('a page may override a theme colour, and only with a colour', () => {
  const given = { '--hexmap-zero-line': ' #010203', '--hexmap-zero': 'url(evil)' };
  const overridden = resolveTheme('dark', (name) => given[name] ?? '');
  assert.deepEqual(overridden.zeroLine, [1, 2, 3]);
  assert.deepEqual(overridden.zero, theme.zero);
  assert.notDeepEqual(resolveTheme('light').ground, theme.ground);
});

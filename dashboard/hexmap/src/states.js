// Status byte of the server -> the six visual states, and value -> class.

export const VISUAL = Object.freeze({ value: 0, zero: 1, noData: 2, stale: 3, suppressed: 4, lowN: 5 });
export const VISUAL_NAMES = Object.freeze(['value', 'zero', 'no_data', 'stale', 'suppressed', 'low_n']);

/** The status bytes by the names that layers/states/status.py gives them; a test compares the two. */
export const STATUS = Object.freeze({
  ok: 0,
  zero_true: 1,
  no_data: 2,
  na_denominator: 3,
  low_n: 4,
  estimated: 5,
  stale: 6,
  suppressed: 7,
});

const VISUAL_OF_STATUS = new Map([
  [STATUS.ok, VISUAL.value],
  [STATUS.zero_true, VISUAL.zero],
  [STATUS.no_data, VISUAL.noData],
  [STATUS.na_denominator, VISUAL.noData],
  [STATUS.low_n, VISUAL.lowN],
  [STATUS.estimated, VISUAL.value],
  [STATUS.stale, VISUAL.stale],
  [STATUS.suppressed, VISUAL.suppressed],
]);

const NEEDS_VALUE = new Set([VISUAL.value, VISUAL.stale, VISUAL.lowN]);

/**
 * Visual state of a cell. A status we do not know, or a value that is not there, is no data; a zero
 * is a class of its own, whatever makes its value one.
 */
export function visualState(status, value) {
  const visual = VISUAL_OF_STATUS.get(status) ?? VISUAL.noData;
  if (NEEDS_VALUE.has(visual) && Number.isNaN(value)) return VISUAL.noData;
  return visual === VISUAL.value && value === 0 ? VISUAL.zero : visual;
}

/**
 * Breaks as the float32 column sees them: without this a value written as 0.1 would fall above a
 * break of 0.1, because the nearest float32 is a little larger.
 */
export function columnBreaks(breaks) {
  return Float32Array.from(breaks ?? []);
}

/** Class of a value: closed above as in mapclassify, so a value equal to a break belongs to the lower one. */
export function classOf(value, breaks) {
  let k = 0;
  while (k < breaks.length && value > breaks[k]) k += 1;
  return k;
}

// Status byte of the server -> the five visual states, and value -> class.

export const VISUAL = Object.freeze({ value: 0, zero: 1, noData: 2, stale: 3, suppressed: 4 });
export const VISUAL_NAMES = Object.freeze(['value', 'zero', 'no_data', 'stale', 'suppressed']);

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
  [STATUS.low_n, VISUAL.value],
  [STATUS.estimated, VISUAL.value],
  [STATUS.stale, VISUAL.stale],
  [STATUS.suppressed, VISUAL.suppressed],
]);

/** Visual state of a cell. A status we do not know, or a value that is not there, is no data. */
export function visualState(status, value) {
  const visual = VISUAL_OF_STATUS.get(status) ?? VISUAL.noData;
  const needsValue = visual === VISUAL.value || visual === VISUAL.stale;
  return needsValue && Number.isNaN(value) ? VISUAL.noData : visual;
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

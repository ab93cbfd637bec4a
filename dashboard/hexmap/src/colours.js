// Cell colours: red, green, blue and, in the alpha byte, the pattern the shader draws.

import { VISUAL, VISUAL_NAMES, classOf, columnBreaks, visualState } from './states.js';

export const PATTERN = Object.freeze({ plain: 255, weak: 224, zero: 192, hatch: 128, dots: 64 });

const STALE_GREY_SHARE = 0.78;

/** [r, g, b] of #rgb or #rrggbb. */
export function parseHex(text) {
  const digits = text.trim().replace(/^#/, '');
  const full = digits.length === 3 ? [...digits].map((d) => d + d).join('') : digits;
  if (!/^[0-9a-f]{6}$/i.test(full)) throw new Error(`not a hexadecimal colour: ${text}`);
  return [0, 2, 4].map((i) => Number.parseInt(full.slice(i, i + 2), 16));
}

/** The same lightness with most of the colour taken out. */
export function desaturate([r, g, b]) {
  const grey = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return [r, g, b].map((c) => Math.round(c + (grey - c) * STALE_GREY_SHARE));
}

function pack([r, g, b], pattern) {
  return ((pattern << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** Refuse what is no palette of these classes; none at all is one where there are no classes. */
function checkPalette(palette, breaks) {
  if (!Array.isArray(palette)) throw new Error(`not a list of colours: ${palette}`);
  const classes = breaks.length + 1;
  if (palette.length < classes && (palette.length || breaks.length)) {
    throw new Error(`${palette.length} colours for ${classes} classes`);
  }
}

/**
 * Packed colours of every look a cell can have under a palette and a theme.
 * Throws where the palette is none, or has fewer colours than the breaks make classes.
 */
export function colourTable(palette, theme, breaks = []) {
  checkPalette(palette, breaks);
  const classes = palette.length ? palette.map(parseHex) : [theme.zero];
  return {
    value: classes.map((rgb) => pack(rgb, PATTERN.plain)),
    stale: classes.map((rgb) => pack(desaturate(rgb), PATTERN.plain)),
    // the shader washes the colour and draws it whole as a thin outline
    lowN: classes.map((rgb) => pack(rgb, PATTERN.weak)),
    lowNZero: pack(theme.zero, PATTERN.weak),
    zero: pack(theme.zero, PATTERN.zero),
    noData: pack(theme.hatchGround, PATTERN.hatch),
    suppressed: pack(theme.dotGround, PATTERN.dots),
  };
}

/** [r, g, b] of a packed colour. */
export function unpack(packed) {
  return [packed & 255, (packed >>> 8) & 255, (packed >>> 16) & 255];
}

/**
 * Colour of n cells packed in 32 bits (r, g, b, pattern), the visual state of each cell, and how many
 * cells are in each state. `column` null: every cell is no data.
 */
export function paintCells(n, column, breaks, table) {
  const packed = new Uint32Array(n);
  const visuals = new Uint8Array(n);
  const counts = VISUAL_NAMES.map(() => 0);
  const edges = columnBreaks(breaks);
  for (let i = 0; i < n; i += 1) {
    const visual = column ? visualState(column.statuses[i], column.values[i]) : VISUAL.noData;
    visuals[i] = visual;
    counts[visual] += 1;
    packed[i] = lookUp(visual, column ? column.values[i] : Number.NaN, edges, table);
  }
  return { packed, visuals, counts };
}

function lookUp(visual, value, edges, table) {
  if (visual === VISUAL.zero) return table.zero;
  if (visual === VISUAL.noData) return table.noData;
  if (visual === VISUAL.suppressed) return table.suppressed;
  if (visual === VISUAL.lowN && value === 0) return table.lowNZero;
  const classes = { [VISUAL.stale]: table.stale, [VISUAL.lowN]: table.lowN }[visual] ?? table.value;
  return classes[classOf(value, edges)];
}

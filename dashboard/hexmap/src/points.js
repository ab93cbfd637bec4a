// Points above the cells: places with a class that says how they look.

import { parseHex } from './colours.js';

const RADIUS = 5;
const COLOUR = '#e8eef3';
const HOLLOW_ALPHA = 40;

/** A colour as it is, or the one a CSS custom property of the page holds. */
function resolveColour(colour, readProperty) {
  const text = colour?.startsWith('--') ? readProperty(colour).trim() : colour;
  return parseHex(/^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text ?? '') ? text : COLOUR);
}

/** A function that gives a named column of a row; an answer without that column is refused. */
function columnReader(columns, name) {
  const position = columns.indexOf(name);
  if (position < 0) throw new Error(`points without a column ${name}`);
  return (row) => row[position];
}

/**
 * Points of {columns: ["lon", "lat", "class"], points: [row, ...]} with the look of their class: {colour, radius, hollow}.
 * Those of a class without a look are drawn plainly; those without a place are left out.
 */
export function readPoints(answer, classes, readProperty = () => '') {
  const looks = new Map(
    Object.entries(classes ?? {}).map(([key, { colour, radius, hollow }]) => {
      const rgb = resolveColour(colour, readProperty);
      return [key, { line: rgb, fill: hollow ? [...rgb, HOLLOW_ALPHA] : [...rgb, 255], radius: radius ?? RADIUS, hollow: Boolean(hollow) }];
    }),
  );
  const plain = { line: parseHex(COLOUR), fill: [...parseHex(COLOUR), 255], radius: RADIUS, hollow: false };
  if (!answer?.points) return [];
  const [lon, lat, key] = ['lon', 'lat', 'class'].map((name) => columnReader(answer.columns ?? [], name));
  return answer.points
    .map((row) => ({ at: [lon(row), lat(row)], key: key(row), ...(looks.get(key(row)) ?? plain) }))
    .filter(({ at }) => at.every(Number.isFinite));
}

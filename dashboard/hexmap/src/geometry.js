// From cell ids to corners. Exact boundaries of all cells take about three times as long, so corners are
// fitted as quadratic functions of the centre over the whole area and every cell is evaluated.
// Where the fit does not hold (the area crosses an edge of H3's icosahedron) corners are exact.

import { lngLatToWorld, unitsPerMeter } from '@math.gl/web-mercator';
import { cellToBoundary, cellToLatLng } from 'h3-js';

const CORNERS = 6;
const FIT_SAMPLES = 240;
const CHECK_SAMPLES = 120;
const TERMS = 6;
const TOLERANCE_M = 0.05;

function terms(x, y) {
  return [1, x, y, x * x, x * y, y * y];
}

/** The six corners of a cell in common space, distortion vertices on icosahedron edges left out. */
export function exactCorners(cell) {
  let boundary = cellToBoundary(cell);
  if (boundary.length > CORNERS) boundary = sharpest(boundary);
  const corners = boundary.map(([lat, lon]) => lngLatToWorld([lon, lat]));
  while (corners.length < CORNERS) corners.push(corners[corners.length - 1]); // a pentagon
  return corners;
}

function sharpest(boundary) {
  const n = boundary.length;
  const turns = boundary.map((point, i) => {
    const [before, after] = [boundary[(i + n - 1) % n], boundary[(i + 1) % n]];
    const squeeze = Math.cos((point[0] * Math.PI) / 180);
    const [ax, ay] = [(point[1] - before[1]) * squeeze, point[0] - before[0]];
    const [bx, by] = [(after[1] - point[1]) * squeeze, after[0] - point[0]];
    return Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by));
  });
  const kept = turns
    .map((turn, i) => [turn, i])
    .sort((a, b) => b[0] - a[0])
    .slice(0, CORNERS)
    .map(([, i]) => i);
  return boundary.filter((_, i) => kept.includes(i));
}

/** Solve A x = B by Gauss elimination with pivots; B may have many columns. Null when singular. */
function solve(a, b) {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...b[i]]);
  for (let k = 0; k < n; k += 1) {
    let pivot = k;
    for (let i = k + 1; i < n; i += 1) if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i;
    if (Math.abs(rows[pivot][k]) < 1e-12) return null;
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = 0; i < n; i += 1) {
      if (i === k) continue;
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j < rows[i].length; j += 1) rows[i][j] -= factor * rows[k][j];
    }
  }
  return rows.map((row, i) => row.slice(n).map((value) => value / row[i]));
}

function sampled(n, count, offset = 0) {
  const step = Math.max(1, Math.floor(n / count));
  const picked = [];
  for (let i = Math.min(offset, n - 1); i < n; i += step) picked.push(i);
  return picked;
}

/** Coefficients [term][2 * corner + axis] of the corner offsets from the centre, or null. */
function fitOffsets(cells, centres, scale) {
  const normal = Array.from({ length: TERMS }, () => new Array(TERMS).fill(0));
  const right = Array.from({ length: TERMS }, () => new Array(2 * CORNERS).fill(0));
  for (const i of sampled(cells.length, FIT_SAMPLES)) {
    const [x, y] = [centres.offsets[2 * i], centres.offsets[2 * i + 1]];
    const t = terms(x / scale, y / scale);
    const corners = exactCorners(cells.halves(i));
    for (let r = 0; r < TERMS; r += 1) {
      for (let c = 0; c < TERMS; c += 1) normal[r][c] += t[r] * t[c];
      corners.forEach(([cx, cy], k) => {
        right[r][2 * k] += t[r] * (cx - centres.origin[0] - x);
        right[r][2 * k + 1] += t[r] * (cy - centres.origin[1] - y);
      });
    }
  }
  return solve(normal, right);
}

/** Centres of all cells as offsets (float64, common units) from an origin in their middle. */
export function computeCentres(cells) {
  const n = cells.length;
  const offsets = new Float64Array(2 * n);
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < n; i += 1) {
    const [lat, lon] = cellToLatLng(cells.halves(i));
    const [x, y] = lngLatToWorld([lon, lat]);
    offsets[2 * i] = x;
    offsets[2 * i + 1] = y;
    [west, east] = [Math.min(west, lon), Math.max(east, lon)];
    [south, north] = [Math.min(south, lat), Math.max(north, lat)];
  }
  const bounds = n ? [west, south, east, north] : null;
  const origin = n ? lngLatToWorld([(west + east) / 2, (south + north) / 2]) : [0, 0];
  for (let i = 0; i < n; i += 1) {
    offsets[2 * i] -= origin[0];
    offsets[2 * i + 1] -= origin[1];
  }
  return { offsets, origin, bounds };
}

function evaluate(coefficients, centres, i, scale, out, at) {
  const [x, y] = [centres.offsets[2 * i], centres.offsets[2 * i + 1]];
  const t = terms(x / scale, y / scale);
  for (let k = 0; k < 2 * CORNERS; k += 1) {
    let offset = 0;
    for (let r = 0; r < TERMS; r += 1) offset += coefficients[r][k] * t[r];
    out[at + k] = (k % 2 ? y : x) + offset;
  }
}

function writeExact(cells, centres, i, out, at) {
  exactCorners(cells.halves(i)).forEach(([x, y], k) => {
    out[at + 2 * k] = x - centres.origin[0];
    out[at + 2 * k + 1] = y - centres.origin[1];
  });
}

/** Largest distance in metres between fitted and exact corners on cells the fit did not see. */
function worstMisfitM(cells, centres, coefficients, scale, metres) {
  const [fitted, exact] = [new Float64Array(2 * CORNERS), new Float64Array(2 * CORNERS)];
  let worst = 0;
  for (const i of sampled(cells.length, CHECK_SAMPLES, 7)) {
    evaluate(coefficients, centres, i, scale, fitted, 0);
    writeExact(cells, centres, i, exact, 0);
    for (let k = 0; k < 2 * CORNERS; k += 2) {
      const away = Math.hypot(fitted[k] - exact[k], fitted[k + 1] - exact[k + 1]);
      worst = Math.max(worst, away * metres);
    }
  }
  return worst;
}

/**
 * Corners of all cells: 12 float32 a cell (x, y of six corners), in common units from `origin`.
 * `exact` tells that the fit was refused and every corner is H3's own.
 */
export function buildGeometry(cells) {
  const centres = computeCentres(cells);
  const n = cells.length;
  const corners = new Float32Array(n * 2 * CORNERS);
  const scale = centres.offsets.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  const middleLat = centres.bounds ? (centres.bounds[1] + centres.bounds[3]) / 2 : 0;
  const coefficients = n > FIT_SAMPLES ? fitOffsets(cells, centres, scale) : null;
  const fits =
    coefficients !== null &&
    worstMisfitM(cells, centres, coefficients, scale, 1 / unitsPerMeter(middleLat)) <= TOLERANCE_M;
  for (let i = 0; i < n; i += 1) {
    if (fits) evaluate(coefficients, centres, i, scale, corners, i * 2 * CORNERS);
    else writeExact(cells, centres, i, corners, i * 2 * CORNERS);
  }
  return { corners, centres: centres.offsets, origin: centres.origin, bounds: centres.bounds, exact: !fits };
}

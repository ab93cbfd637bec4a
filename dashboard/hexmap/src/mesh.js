// Cells as one indexed mesh: six corners and the middle, six triangles a cell. Instancing one hexagon
// needs a third of the memory but takes about twice as long a frame in software graphics.

const CORNERS = 6;
export const VERTICES = CORNERS + 1; // the shader knows the middle as the last of each seven

/** {positions, indices, apothem} of corners (12 numbers a cell); apothem in common units. */
export function buildMesh(corners) {
  const n = corners.length / (2 * CORNERS);
  const positions = new Float32Array(n * 2 * VERTICES);
  const indices = new Uint32Array(n * 3 * CORNERS);
  for (let i = 0; i < n; i += 1) {
    const [from, to, first] = [i * 2 * CORNERS, i * 2 * VERTICES, i * VERTICES];
    let [x, y] = [0, 0];
    for (let k = 0; k < CORNERS; k += 1) {
      const at = i * 3 * CORNERS + 3 * k;
      indices[at] = first + CORNERS;
      indices[at + 1] = first + k;
      indices[at + 2] = first + ((k + 1) % CORNERS);
      positions[to + 2 * k] = corners[from + 2 * k];
      positions[to + 2 * k + 1] = corners[from + 2 * k + 1];
      x += corners[from + 2 * k] / CORNERS;
      y += corners[from + 2 * k + 1] / CORNERS;
    }
    positions[to + 2 * CORNERS] = x;
    positions[to + 2 * CORNERS + 1] = y;
  }
  return { positions, indices, apothem: n ? apothemOf(positions, Math.floor(n / 2)) : 0 };
}

/** Distance from the middle of a cell to its first edge: over a city the same for all within 2 %. */
function apothemOf(positions, i) {
  const p = positions.subarray(i * 2 * VERTICES, (i + 1) * 2 * VERTICES);
  return Math.hypot((p[0] + p[2]) / 2 - p[2 * CORNERS], (p[1] + p[3]) / 2 - p[2 * CORNERS + 1]);
}

/** The colour of each cell for each of its vertices, as bytes. */
export function spreadColours(packed) {
  const spread = new Uint32Array(packed.length * VERTICES);
  for (let i = 0; i < packed.length; i += 1) spread.fill(packed[i], i * VERTICES, (i + 1) * VERTICES);
  return new Uint8Array(spread.buffer);
}

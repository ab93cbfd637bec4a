// Where a district's name may stand, in pixels: inside the part of the district that can be seen.

const SAMPLES_ACROSS = 28;
const FINEST_STEP_PX = 3;
const MOST_CANDIDATES = 16;
const DEEP_ENOUGH = 2; // half label sizes: from there on the middle counts more than the edge
const TOWARDS_MIDDLE = 0.6;
const CLEAR_PX = 4;
// Beside the district, with a line to it: straight up and down first, in label sizes.
const SHIFTS = [
  [0, -1.5],
  [0, 1.5],
  [0.9, 0],
  [-0.9, 0],
  [0.8, -1.3],
  [-0.8, -1.3],
  [0.8, 1.3],
  [-0.8, 1.3],
  [0, -2.7],
  [0, 2.7],
];

/** The box of a label about its middle. */
export function boxAt(x, y, { width, height }) {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

/** Whether a box lies wholly in the view and under none of its obstacles. */
export function isClear(box, { width, height, obstacles = [] }) {
  if (box.left < 0 || box.top < 0 || box.right > width || box.bottom > height) return false;
  return obstacles.every(
    (o) =>
      box.right + CLEAR_PX <= o.left ||
      box.left - CLEAR_PX >= o.right ||
      box.bottom + CLEAR_PX <= o.top ||
      box.top - CLEAR_PX >= o.bottom,
  );
}

/** Where the outline crosses a horizontal line, ascending: inside lies between odd and even. */
function crossings(rings, y) {
  const xs = [];
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > y !== yj > y) xs.push(xi + ((xj - xi) * (y - yi)) / (yj - yi));
    }
  }
  return xs.sort((a, b) => a - b);
}

/** Whether a point lies inside the rings; holes count as outside. */
export function isInside(rings, x, y) {
  return crossings(rings, y).filter((crossing) => crossing <= x).length % 2 === 1;
}

function boundsOf(rings, { width, height }) {
  const xs = rings.flatMap((ring) => ring.map(([x]) => x));
  const ys = rings.flatMap((ring) => ring.map(([, y]) => y));
  return {
    left: Math.max(0, Math.min(...xs)),
    right: Math.min(width, Math.max(...xs)),
    top: Math.max(0, Math.min(...ys)),
    bottom: Math.min(height, Math.max(...ys)),
  };
}

/** Points of a grid over the visible part of the district at which a label would be clear. */
function samples(rings, label, view) {
  const { left, right, top, bottom } = boundsOf(rings, view);
  const step = Math.max(FINEST_STEP_PX, Math.max(right - left, bottom - top) / SAMPLES_ACROSS);
  const points = [];
  for (let y = top + step / 2; y < bottom; y += step) {
    const xs = crossings(rings, y);
    for (let x = left + step / 2; x < right; x += step) {
      const inside = xs.filter((crossing) => crossing <= x).length % 2 === 1;
      if (inside && isClear(boxAt(x, y, label), view)) points.push([x, y]);
    }
  }
  return points;
}

/** Distance to the outline in half label sizes, so that a wide label seeks a wide place. */
function depth(rings, [px, py], { width, height }) {
  const [sx, sy] = [2 / width, 2 / height];
  let nearest = Infinity;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [ax, ay] = [(ring[j][0] - px) * sx, (ring[j][1] - py) * sy];
      const [dx, dy] = [(ring[i][0] - px) * sx - ax, (ring[i][1] - py) * sy - ay];
      const t = Math.max(0, Math.min(1, -(ax * dx + ay * dy) / (dx * dx + dy * dy || 1)));
      nearest = Math.min(nearest, Math.hypot(ax + t * dx, ay + t * dy));
    }
  }
  return nearest;
}

/** Sampled points, best first: deep inside, near the middle of what can be seen. */
function ranked(rings, label, view) {
  const points = samples(rings, label, view);
  const [mx, my] = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k], 0) / points.length);
  const reach = Math.max(1, ...points.map(([x, y]) => Math.hypot(x - mx, y - my)));
  return points
    .map(([x, y]) => {
      const away = Math.hypot(x - mx, y - my) / reach;
      return { x, y, score: Math.min(DEEP_ENOUGH, depth(rings, [x, y], label)) - TOWARDS_MIDDLE * away };
    })
    .sort((a, b) => b.score - a.score);
}

/** The best points, none beside a better one: the second is worth trying when the first is taken. */
function spread(points, label) {
  const kept = [];
  for (const point of points) {
    const apart = kept.every(
      ({ x, y }) => Math.abs(point.x - x) > label.width / 3 || Math.abs(point.y - y) > label.height / 2,
    );
    if (apart) kept.push(point);
    if (kept.length === MOST_CANDIDATES) break;
  }
  return kept;
}

/**
 * Places {x, y, led} for a district's label, best first. `wanted` is the given anchor, `kept` where the
 * label stood before (or null); both hold while they are inside and clear. Places beside a district that
 * is too small for its name are `led`: a line leads back to the anchor. A district of which nothing can
 * be seen has none.
 */
export function candidatePlaces(rings, wanted, kept, label, view) {
  const clear = ([x, y]) => isClear(boxAt(x, y, label), view);
  const known = [kept, wanted].filter((at) => at && clear(at) && isInside(rings, ...at));
  const inside = [...known.map(([x, y]) => ({ x, y })), ...spread(ranked(rings, label, view), label)];
  const places = inside.map(({ x, y }) => ({ x, y, led: false }));
  const anchor = { left: wanted[0], right: wanted[0], top: wanted[1], bottom: wanted[1] };
  if (!isClear(anchor, view)) return places;
  const beside = SHIFTS.map(([dx, dy]) => [wanted[0] + dx * label.width, wanted[1] + dy * label.height]);
  return [...places, ...beside.filter(clear).map(([x, y]) => ({ x, y, led: true }))];
}

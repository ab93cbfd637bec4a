// Which labels and signs are shown when there is not room for all.

const GAP_PX = 6;

/** Whether two boxes touch, or nearly. */
export function overlap(a, b) {
  return (
    a.left < b.right + GAP_PX && b.left < a.right + GAP_PX && a.top < b.bottom + GAP_PX && b.top < a.bottom + GAP_PX
  );
}

/**
 * Keep the labels that fit, in the order given: the first keeps its place. A label is
 * {x, y, width, height} about its centre; labels off the view are dropped whole, never cut.
 */
export function placeLabels(labels, width, height) {
  const kept = [];
  for (const label of labels) {
    const box = {
      left: label.x - label.width / 2,
      right: label.x + label.width / 2,
      top: label.y - label.height / 2,
      bottom: label.y + label.height / 2,
    };
    const inView = box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height;
    if (inView && kept.every((other) => !overlap(other.box, box))) kept.push({ ...label, box });
  }
  return kept;
}

/**
 * One cell in every square of the ground that is `spacing` common units wide: the one nearest the
 * square's middle. Squares are fixed to the ground, so signs stay put while the map is dragged.
 */
export function thinOut(indices, centres, spacing) {
  const best = new Map();
  for (const i of indices) {
    const [u, v] = [centres[2 * i] / spacing, centres[2 * i + 1] / spacing];
    const [column, row] = [Math.floor(u), Math.floor(v)];
    const key = `${column}:${row}`;
    const away = Math.hypot(u - column - 0.5, v - row - 0.5);
    if (!best.has(key) || away < best.get(key).away) best.set(key, { i, away });
  }
  return [...best.values()].map(({ i }) => i);
}

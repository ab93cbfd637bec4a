// Which labels and signs are shown when there is not room for all.

import { boxAt, candidatePlaces, isClear } from './anchors.js';

const GAP_PX = 6;

/** Whether two boxes touch, or nearly. */
export function overlap(a, b) {
  return (
    a.left < b.right + GAP_PX && b.left < a.right + GAP_PX && a.top < b.bottom + GAP_PX && b.top < a.bottom + GAP_PX
  );
}

/**
 * Keep the labels that fit, in the order given: the first keeps its place. A label is
 * {x, y, width, height} about its centre; labels off the view or under an obstacle are dropped whole,
 * never cut.
 */
export function placeLabels(labels, view) {
  const kept = [];
  for (const label of labels) {
    const box = boxAt(label.x, label.y, label);
    if (isClear(box, view) && kept.every((other) => !overlap(other.box, box))) kept.push({ ...label, box });
  }
  return kept;
}

/**
 * A place for each label {id, first, rings, wanted, kept, width, height}, all in pixels: {id, x, y, led}.
 * Those with `first` choose before the others, then those with the least choice; one that finds no place
 * free is left out.
 */
export function settleLabels(labels, view) {
  const choices = labels.map((label) => ({
    label,
    places: candidatePlaces(label.rings, label.wanted, label.kept, label, view),
  }));
  const choice = ({ places }) => places.filter(({ led }) => !led).length;
  choices.sort((a, b) => (b.label.first ?? 0) - (a.label.first ?? 0) || choice(a) - choice(b));
  const settled = [];
  for (const { label, places } of choices) {
    const free = places.find(({ x, y }) => settled.every(({ box }) => !overlap(box, boxAt(x, y, label))));
    if (free) settled.push({ id: label.id, ...free, box: boxAt(free.x, free.y, label) });
  }
  return settled;
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

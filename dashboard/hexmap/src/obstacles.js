// What a page lays over the map: names keep out of there.

/** Rectangles of the elements a CSS selector finds, in pixels of the map; those not shown left out. */
export function measureObstacles(container, selector) {
  if (!selector) return [];
  const map = container.getBoundingClientRect();
  return [...document.querySelectorAll(selector)]
    .map((element) => element.getBoundingClientRect())
    .filter(({ width, height }) => width > 0 && height > 0)
    .map(({ left, right, top, bottom }) => ({
      left: left - map.left,
      right: right - map.left,
      top: top - map.top,
      bottom: bottom - map.top,
    }));
}

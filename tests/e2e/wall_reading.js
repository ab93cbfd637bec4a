// What can be read on the wall: every text on it with its box, size and colours.
() => {
  const MAP_UNDER_SHADE = [253, 231, 37, 1]; // the brightest class of the ramp lies under a caption
  const EM_SHARE = 0.86; // of the em box a glyph fills; line boxes are taller and may touch
  const colour = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let up = element; up; up = up.parentElement) {
      if (up.classList.contains('wall-map') && layers.length) return layers.reduceRight((b, t) => over(t, b), MAP_UNDER_SHADE);
      const own = colour(getComputedStyle(up).backgroundColor);
      if (own[3] > 0) layers.push(own);
      if (own[3] === 1) break;
    }
    return layers.reduceRight((below, top) => over(top, below), [0, 0, 0, 1]);
  };
  const contrast = (element) => {
    const below = ground(element);
    const [a, b] = [luminance(over(colour(getComputedStyle(element).color), below)), luminance(below)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const clipped = (element, box) => {
    if (box.left < -0.5 || box.top < -0.5 || box.right > innerWidth + 0.5 || box.bottom > innerHeight + 0.5) return true;
    for (let up = element; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      const frame = up.getBoundingClientRect();
      if (style.overflowX !== 'visible' && (box.right > frame.right + 1 || box.left < frame.left - 1)) return true;
      if (style.overflowY !== 'visible' && (box.bottom > frame.bottom + 1 || box.top < frame.top - 1)) return true;
    }
    return false;
  };
  const found = [];
  const walker = document.createTreeWalker(document.querySelector('.wall'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    const style = getComputedStyle(element);
    if (!node.textContent.trim() || element.closest('.sr-only, [hidden], svg') || style.visibility === 'hidden') continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const size = parseFloat(style.fontSize);
    for (const rect of range.getClientRects()) {
      if (!rect.width) continue;
      const middle = (rect.top + rect.bottom) / 2;
      const box = { left: rect.left, right: rect.right, top: middle - (EM_SHARE * size) / 2, bottom: middle + (EM_SHARE * size) / 2 };
      found.push({ text: node.textContent.trim(), path: `${element.parentElement.className}>${element.className}`, size, box, contrast: contrast(element), clipped: clipped(element, box) });
    }
  }
  return found;
}

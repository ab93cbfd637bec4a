// What a bench asks of an open wall: when a call's mark was in the list, when the map's pixels changed.
(() => {
  const original = HTMLCanvasElement.prototype.getContext;
  const contexts = new Set();
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    if (kind !== "webgl2") return original.call(this, kind, options);
    const made = original.call(this, kind, { ...options, preserveDrawingBuffer: true }); // to be read
    if (made) contexts.add(made);
    return made;
  };

  function mapContext() {
    return [...contexts].find(({ canvas }) => canvas.isConnected && canvas.closest(".wall-map"));
  }

  const bench = { mark: null, seen: null, painted: null, points: null, pixels: null, colour: null };

  /** How many pixels of the map have the colour; the map covers the lower layers with it. */
  function count([red, green, blue]) {
    const gl = mapContext();
    if (!gl) return null;
    const bytes = new Uint8Array(gl.drawingBufferWidth * gl.drawingBufferHeight * 4);
    gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    let found = 0;
    for (let i = 0; i < bytes.length; i += 4) {
      if (bytes[i] === red && bytes[i + 1] === green && bytes[i + 2] === blue) found += 1;
    }
    return found;
  }

  function colourOf(token) {
    const hex = getComputedStyle(document.documentElement).getPropertyValue(token).trim();
    return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  }

  function watchPixels(mark, until) {
    if (bench.mark !== mark || Date.now() > until) return;
    if (count(bench.colour) > bench.pixels) bench.points = Date.now();
    else requestAnimationFrame(() => watchPixels(mark, until));
  }

  function look() {
    if (!bench.mark || bench.seen) return;
    if (!document.getElementById("wall-incidents")?.textContent.includes(bench.mark)) return;
    bench.seen = Date.now();
    // the frame with the change has been handed on when the next one begins
    requestAnimationFrame(() => requestAnimationFrame(() => (bench.painted = Date.now())));
  }

  window.occBench = {
    begin(token) {
      bench.colour = colourOf(token);
      new MutationObserver(look).observe(document.getElementById("wall"), {
        childList: true, subtree: true, characterData: true,
      });
      new MutationObserver(() => bench.mark && !bench.points && watchPixels(bench.mark, Date.now() + 2000)).observe(
        document.querySelector(".wall-map"),
        { subtree: true, attributeFilter: ["data-points"] },
      );
    },
    await(mark) {
      Object.assign(bench, { mark, seen: null, painted: null, points: null, pixels: count(bench.colour) });
      look();
      return bench.pixels;
    },
    found: () => ({ ...bench }),
  };
})();

// The kiosk: a touch on the map picks a district; with nobody there, everything is reset.
(() => {
  const touched = { at: performance.now() };
  for (const kind of ["pointerdown", "keydown", "wheel"]) {
    document.addEventListener(kind, () => { touched.at = performance.now(); }, true);
  }
  document.addEventListener("contextmenu", (event) => {
    if (document.getElementById("kiosk")) event.preventDefault();
  });

  function isFresh(search) {
    return !search || search === "?";
  }

  const words = {
    zh: (seconds) => `${seconds} 秒后返回首页，触摸任意处继续`,
    en: (seconds) => `Back to the start in ${seconds} s. Touch anywhere to stay.`,
  };

  window.occCallbacks.register("kiosk", {
    touchMap({ "hexmap.clickData": click }) {
      if (!click || !click.district) return {};
      const parameters = new URLSearchParams(window.location.search);
      if (parameters.get("district") === click.district) return {};
      parameters.set("district", click.district);
      return { "url.search": `?${parameters}` };
    },

    // A visible countdown before the reset; on a fresh page there is nothing to reset.
    idle({ "idle.data": limits }) {
      if (isFresh(window.location.search)) {
        touched.at = performance.now();
        return { "countdown.hidden": true };
      }
      const left = limits.idle_seconds - Math.floor((performance.now() - touched.at) / 1000);
      if (left <= 0) return { "countdown.children": "", "countdown.hidden": true, "url.search": "?" };
      if (left > limits.warn_seconds) return { "countdown.hidden": true };
      const lang = new URLSearchParams(window.location.search).get("lang") === "en" ? "en" : "zh";
      return { "countdown.children": words[lang](left), "countdown.hidden": false };
    },
  });
})();

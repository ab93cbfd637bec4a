// The kiosk: a touch on the map picks a district; with nobody there, everything is reset.
window.dash_clientside = window.dash_clientside || {};
(() => {
  const touched = { at: Date.now() };
  for (const kind of ["pointerdown", "keydown", "wheel"]) {
    document.addEventListener(kind, () => { touched.at = Date.now(); }, true);
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

  window.dash_clientside.kiosk = {
    touchMap(click) {
      const same = window.dash_clientside.no_update;
      if (!click || !click.district) return same;
      const parameters = new URLSearchParams(window.location.search);
      if (parameters.get("district") === click.district) return same;
      parameters.set("district", click.district);
      return `?${parameters}`;
    },

    // A visible countdown before the reset; on a fresh page there is nothing to reset.
    idle(_ticks, limits) {
      const same = window.dash_clientside.no_update;
      if (isFresh(window.location.search)) {
        touched.at = Date.now();
        return [same, true, same];
      }
      const left = limits.idle_seconds - Math.floor((Date.now() - touched.at) / 1000);
      if (left <= 0) return ["", true, "?"];
      if (left > limits.warn_seconds) return [same, true, same];
      const lang = new URLSearchParams(window.location.search).get("lang") === "en" ? "en" : "zh";
      return [words[lang](left), false, same];
    },
  };
})();

// The wall's playlist: turns by itself, stops on space, steps by arrows, `?scene=2` pins one.
window.dash_clientside = window.dash_clientside || {};
(() => {
  const turning = { since: 0, held: false, count: 0, index: 0 };

  function pinned(search, count) {
    const wanted = Number.parseInt(new URLSearchParams(search || "").get("scene"), 10);
    return wanted >= 1 && wanted <= count ? wanted - 1 : null;
  }

  function showCaption(index) {
    document.querySelectorAll(".scene-caption").forEach((caption, i) => {
      caption.hidden = i !== index;
    });
  }

  function go(index) {
    turning.index = (index + turning.count) % turning.count;
    turning.since = Date.now();
    window.dash_clientside.set_props("wall-scene", { data: turning.index });
  }

  function onKey(event) {
    if (!document.getElementById("wall") || !turning.count) return;
    if (event.key === " ") turning.held = !turning.held;
    else if (event.key === "ArrowRight") go(turning.index + 1);
    else if (event.key === "ArrowLeft") go(turning.index - 1);
    else return;
    event.preventDefault();
  }
  document.addEventListener("keydown", onKey);

  window.dash_clientside.wall = {
    // Which scene is due. Time is measured, not counted, so that a sleeping tab catches up.
    turn(_ticks, playlist, scene) {
      turning.count = playlist.length;
      if (!turning.count) return null;
      const fixed = pinned(window.location.search, turning.count);
      if (scene === null || scene === undefined || scene >= turning.count) {
        turning.since = Date.now();
        turning.index = fixed ?? 0;
        return turning.index;
      }
      if (fixed !== null && scene !== fixed) return fixed;
      if (fixed !== null || turning.held || turning.count === 1) return window.dash_clientside.no_update;
      if (Date.now() - turning.since < playlist[scene].seconds * 1000) {
        return window.dash_clientside.no_update;
      }
      turning.since = Date.now();
      turning.index = (scene + 1) % turning.count;
      return turning.index;
    },

    show(scene, playlist) {
      const stop = playlist && playlist[scene];
      if (!stop) return Array(5).fill(window.dash_clientside.no_update);
      showCaption(scene);
      const camera = { ...stop.camera, duration: 1200 };
      return [stop.cellsUrl, stop.valuesUrl, stop.palette, stop.breaks, camera];
    },
  };
})();

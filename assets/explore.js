// The explore page: the time slider and the zoom repaint without asking the server, and every
// choice made on the map or the slider becomes part of the address.
(() => {
  const DISTRICT_ZOOM = 10.5;
  const STREET_ZOOM = 12.5;

  function resolution(frames, viewport) {
    const zoom = viewport ? viewport.zoom : 0;
    const byZoom = zoom < DISTRICT_ZOOM ? 7 : zoom < STREET_ZOOM ? 8 : 9;
    const wanted = frames.pinned === "auto" ? byZoom : Number(frames.pinned);
    // Street level is drawn for one district at a time; without one the map stays one coarser.
    const finest = frames.district ? frames.finest : Math.min(frames.finest, 8);
    return Math.min(wanted, finest);
  }

  function fill(template, period, area, res) {
    return template.replace("{period}", period).replace("{area}", area).replace("{res}", res);
  }

  // Indicators that stop at districts: every period is at hand, no cells are fetched.
  function paintDistricts(frames, slider) {
    const period = frames.periods[Math.min(slider, frames.periods.length - 1)];
    const text = frames.names[period];
    return {
      "hexmap.cellsUrl": null,
      "hexmap.valuesUrl": null,
      "hexmap.palette": frames.palettes.district,
      "hexmap.breaks": frames.breaks.district,
      "hexmap.districtValues": frames.districts[period],
      "period.children": text,
      "caption.children": `${text} · ${frames.note}`,
      "legend.hidden": ({ legend }) => legend !== "district",
    };
  }

  function withParameters(changes) {
    const parameters = new URLSearchParams(window.location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === undefined) parameters.delete(name);
      else parameters.set(name, value);
    }
    const text = parameters.toString();
    return text ? `?${text}` : "?";
  }

  window.occCallbacks.register("explore", {
    paint({ "frames.data": frames, "slider.value": slider, "hexmap.viewport": viewport }) {
      if (!frames || slider === undefined || slider === null) return {};
      if (frames.districts) return paintDistricts(frames, Number(slider));
      const res = resolution(frames.values ? frames : { ...frames, pinned: "7", finest: 7 }, viewport);
      const area = res === 9 ? frames.district : "city";
      const cells = fill(frames.cells, "", area, res);
      if (!frames.values) {
        return {
          "hexmap.cellsUrl": cells,
          "hexmap.valuesUrl": null,
          "hexmap.palette": [],
          "hexmap.breaks": [],
          "hexmap.districtValues": null,
          "caption.children": "",
          "legend.hidden": () => true,
        };
      }
      const period = frames.periods[Math.min(Number(slider), frames.periods.length - 1)];
      const text = frames.names[period];
      return {
        "hexmap.cellsUrl": cells,
        "hexmap.valuesUrl": fill(frames.values, period, area, res),
        "hexmap.palette": frames.palettes[res],
        "hexmap.breaks": frames.breaks[res],
        "hexmap.districtValues": null,
        "period.children": text,
        "caption.children": `${text} · H3 r${res}`,
        "legend.hidden": ({ legend }) => String(legend) !== String(res),
      };
    },

    step({ "slider.value": value, "slider.max": last }, trigger) {
      const now = Number(value);
      if (trigger === "step-back") return { "slider.value": Math.max(now - 1, 0) };
      if (trigger === "step-on") return { "slider.value": Math.min(now + 1, last) };
      return { "slider.value": now >= last ? 0 : now + 1 };
    },

    play({ "play.n_clicks": clicks, "player.disabled": paused }) {
      return clicks ? { "player.disabled": !paused } : {};
    },

    // The new address after a click on the map or a move of the slider; none while it plays.
    address(given, trigger) {
      const { "hexmap.clickData": click, "slider.value": slider, "player.disabled": paused } = given;
      const { "frames.data": frames } = given;
      if (!frames || !trigger) return {};
      if (trigger === "hexmap") {
        if (!click) return {};
        const changes = click.cell
          ? { cell: click.cell, district: click.district && click.status === null ? click.district : undefined }
          : { cell: null, district: click.district };
        if (changes.district === undefined) delete changes.district;
        const next = withParameters(changes);
        return next === window.location.search ? {} : { "url.search": next };
      }
      if (!paused || slider === undefined || slider === null || !frames.periods.length) return {};
      const last = frames.periods.length - 1;
      const index = Math.min(Number(slider), last);
      const known = new URLSearchParams(window.location.search).get("period");
      const shown = frames.periods.includes(known) ? known : frames.periods[last];
      if (shown === frames.periods[index]) return {};
      return { "url.search": withParameters({ period: frames.periods[index] }) };
    },

    // The camera is part of the address but not of the history: back goes to the last choice.
    keepCamera({ "hexmap.viewport": viewport }) {
      if (viewport && document.getElementById("explore")) {
        const place = [viewport.lon.toFixed(5), viewport.lat.toFixed(5), viewport.zoom.toFixed(2)];
        window.history.replaceState(window.history.state, "", withParameters({ camera: place.join(",") }));
      }
    },
  });
})();

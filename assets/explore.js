// The explore page: the time slider and the zoom repaint without asking the server, and every
// choice made on the map or the slider becomes part of the address.
window.dash_clientside = window.dash_clientside || {};
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
  function paintDistricts(frames, slider, legends) {
    const period = frames.periods[Math.min(slider, frames.periods.length - 1)];
    const text = period.replace("--", " – ");
    return [
      null,
      null,
      frames.palettes.district,
      frames.breaks.district,
      frames.districts[period],
      text,
      `${text} · ${frames.note}`,
      legends.map((id) => id.legend !== "district"),
    ];
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

  window.dash_clientside.explore = {
    paint(frames, slider, viewport, legends) {
      const same = window.dash_clientside.no_update;
      if (!frames || slider === undefined || slider === null) {
        return [same, same, same, same, same, same, same, legends.map(() => same)];
      }
      if (frames.districts) return paintDistricts(frames, Number(slider), legends);
      const res = resolution(frames.values ? frames : { ...frames, pinned: "7", finest: 7 }, viewport);
      const area = res === 9 ? frames.district : "city";
      const cells = fill(frames.cells, "", area, res);
      if (!frames.values) return [cells, null, [], [], null, same, "", legends.map(() => true)];
      const period = frames.periods[Math.min(Number(slider), frames.periods.length - 1)];
      return [
        cells,
        fill(frames.values, period, area, res),
        frames.palettes[res],
        frames.breaks[res],
        null,
        period.replace("--", " – "),
        `${period.replace("--", " – ")} · H3 r${res}`,
        legends.map((id) => String(id.legend) !== String(res)),
      ];
    },

    step(_back, _on, _played, value, last) {
      const source = window.dash_clientside.callback_context.triggered_id;
      const now = Number(value);
      if (source === "explore-step-back") return Math.max(now - 1, 0);
      if (source === "explore-step-on") return Math.min(now + 1, last);
      return now >= last ? 0 : now + 1;
    },

    play(clicks, paused) {
      return clicks ? !paused : window.dash_clientside.no_update;
    },

    // The new address after a click on the map or a move of the slider; none while it plays.
    address(click, slider, paused, frames) {
      const same = window.dash_clientside.no_update;
      const context = window.dash_clientside.callback_context;
      const source = context.triggered_id;
      if (!frames || !source) return same;
      if (source === "explore-hexmap") {
        if (!click) return same;
        const changes = click.cell
          ? { cell: click.cell, district: click.district && click.status === null ? click.district : undefined }
          : { cell: null, district: click.district };
        if (changes.district === undefined) delete changes.district;
        const next = withParameters(changes);
        return next === window.location.search ? same : next;
      }
      if (!paused || slider === undefined || slider === null || !frames.periods.length) return same;
      const last = frames.periods.length - 1;
      const index = Math.min(Number(slider), last);
      const known = new URLSearchParams(window.location.search).get("period");
      const shown = frames.periods.includes(known) ? known : frames.periods[last];
      return shown === frames.periods[index] ? same : withParameters({ period: frames.periods[index] });
    },

    // The camera is part of the address but not of the history: back goes to the last choice.
    keepCamera(viewport) {
      if (viewport && document.getElementById("explore")) {
        const place = [viewport.lon.toFixed(5), viewport.lat.toFixed(5), viewport.zoom.toFixed(2)];
        window.history.replaceState(window.history.state, "", withParameters({ camera: place.join(",") }));
      }
      return window.dash_clientside.no_update;
    },
  };
})();

// The wall's playlist: turns by itself; space holds, arrows step, `d` and a number go to a district
// (0: the city), `?scene=2` or `?scene=buses` pins one. An alarm takes the map for its time.
(() => {
  const FLIGHT_MS = 1600;
  const DIGIT_MS = 1200; // how long a second digit is waited for
  const POINTS_MS = 30_000; // points age out without a push
  const POINT_GAP_MS = 1000; // and are fetched at most this often
  const OVERLAYS_OF = { vehicles: "vehicles", load: "incidents", resync: null };

  const wall = {
    since: -Infinity, held: false, index: -1, place: null, playlist: [], places: [], typed: null, typing: null,
    alarm: null, alarmFrom: 0, alarmsOver: new Set(), view: "", element: null, shown: {},
    pointsAt: -Infinity, pointsDue: null,
  };

  function pinned() {
    const wanted = new URLSearchParams(window.location.search).get("scene");
    if (!wanted) return null;
    const found = wall.playlist.findIndex(({ key }) => key === wanted);
    const number = Number(wanted);
    if (found >= 0) return found;
    return Number.isInteger(number) && number >= 1 && number <= wall.playlist.length ? number - 1 : null;
  }

  /** What is on: the scene's key, the district's id or null, the alarm's id or null. Returned only when
   *  it is news. */
  function view() {
    const next = {
      scene: wall.playlist[wall.index]?.key ?? null, district: wall.place, alarm: wall.alarm?.id ?? null,
    };
    document.getElementById("wall")?.toggleAttribute("data-held", wall.held);
    const text = JSON.stringify(next);
    if (text === wall.view) return window.dash_clientside.no_update;
    wall.view = text;
    return next;
  }

  function tell() {
    const next = view();
    if (next !== window.dash_clientside.no_update) window.dash_clientside.set_props("wall-view", { data: next });
  }

  function step(by) {
    const count = wall.playlist.length;
    if (!count) return;
    wall.index = (wall.index + by + count) % count;
    wall.since = performance.now();
    wall.place = null;
    tell();
  }

  /** `d` and a number: a district holds the playlist, 0 is the city and lets it go on. */
  function jump() {
    clearTimeout(wall.typing);
    const number = wall.typed ? Number(wall.typed) : Number.NaN;
    wall.typed = null;
    if (!(number < wall.places.length)) return;
    wall.place = wall.places[number].id;
    wall.held = number > 0;
    wall.since = performance.now();
    tell();
  }

  function digit(key) {
    wall.typed += key;
    clearTimeout(wall.typing);
    const isWhole = Number(wall.typed) === 0 || Number(wall.typed) * 10 >= wall.places.length;
    if (isWhole) jump();
    else wall.typing = setTimeout(jump, DIGIT_MS);
  }

  function onKey(event) {
    if (!document.getElementById("wall") || event.ctrlKey || event.altKey || event.metaKey) return;
    const { key } = event;
    if (wall.typed !== null && /^[0-9]$/.test(key)) digit(key);
    else if (key === "d" || key === "D") wall.typed = "";
    else if (key === " ") {
      wall.held = !wall.held;
      wall.since = performance.now();
      tell();
    } else if (key === "ArrowRight") step(1);
    else if (key === "ArrowLeft") step(-1);
    else return;
    event.preventDefault();
  }
  document.addEventListener("keydown", onKey);

  function alarmNow(alarm) {
    if (!alarm || wall.alarmsOver.has(alarm.id)) return null;
    if (wall.alarm?.id !== alarm.id) wall.alarmFrom = performance.now();
    if (performance.now() - wall.alarmFrom < alarm.seconds * 1000) return alarm;
    if (wall.alarmsOver.size > 50) wall.alarmsOver.clear();
    wall.alarmsOver.add(alarm.id);
    return null;
  }

  /** Which scene is due. Time is measured, not counted, so that a sleeping tab catches up. */
  function turnScene() {
    const fixed = pinned();
    if (wall.index < 0 || wall.index >= wall.playlist.length) {
      wall.index = fixed ?? 0;
      wall.since = performance.now();
    } else if (fixed !== null) {
      wall.index = fixed;
    } else if (!wall.held && performance.now() - wall.since >= wall.playlist[wall.index].seconds * 1000) {
      wall.index = (wall.index + 1) % wall.playlist.length;
      wall.since = performance.now();
    }
  }

  function begin() {
    const element = document.getElementById("wall");
    if (element === wall.element) return;
    Object.assign(wall, { element, shown: {}, view: "", index: -1, place: null, held: false, alarm: null });
  }

  // ---- what a scene shows -----------------------------------------------------------------------

  /** The value if it differs from what was handed over last; the screen is left alone otherwise. */
  function news(name, value) {
    const text = JSON.stringify(value ?? null);
    if (wall.shown[name] === text) return window.dash_clientside.no_update;
    wall.shown[name] = text;
    return value ?? null;
  }

  /** The scene that shows the alarm's indicator, else the one of that key. */
  function sceneOf(alarm, key) {
    const its = alarm?.indicator && wall.playlist.find(({ indicator }) => indicator === alarm.indicator);
    return its || wall.playlist.find((scene) => scene.key === key);
  }

  function sized(points) {
    if (!points) return null;
    const scale = window.innerHeight / 1080;
    const classes = Object.fromEntries(
      Object.entries(points.classes).map(([key, look]) => [key, { ...look, radius: look.radius * scale }]),
    );
    return { ...points, classes };
  }

  // ---- points are fetched anew when something moved ---------------------------------------------

  function current() {
    return sceneOf(wall.alarm, wall.playlist[wall.index]?.key);
  }

  function fetchPoints() {
    clearTimeout(wall.pointsDue);
    wall.pointsDue = null;
    wall.pointsAt = performance.now();
    const points = current()?.points;
    if (!points || !document.getElementById("wall")) return;
    window.dash_clientside.set_props("wall-hexmap", { points: { ...sized(points), asked: wall.pointsAt } });
  }

  function moved(kind) {
    const overlays = current()?.overlays ?? [];
    const wanted = OVERLAYS_OF[kind];
    if (!overlays.length || wall.pointsDue || (wanted && !overlays.includes(wanted))) return;
    wall.pointsDue = setTimeout(fetchPoints, Math.max(0, wall.pointsAt + POINT_GAP_MS - performance.now()));
  }
  for (const kind of Object.keys(OVERLAYS_OF)) window.occLive?.subscribe(kind, () => moved(kind));

  window.occWall = {
    /** Ask once more for values that were not there, unless the scene or its version has moved on. */
    retry(valuesUrl, again) {
      if (wall.shown.valuesUrl === JSON.stringify(valuesUrl)) {
        window.dash_clientside.set_props("wall-hexmap", { valuesUrl: again });
      }
    },
  };

  window.occCallbacks.register("wall", {
    turn({ "playlist.data": playlist, "alarm-data.data": alarm, "places.data": places }) {
      begin();
      wall.playlist = playlist ?? [];
      wall.places = places ?? [];
      if (!wall.playlist.length) return {};
      const before = wall.alarm;
      wall.alarm = alarmNow(alarm);
      if (before && !wall.alarm) wall.since = performance.now(); // the scene it interrupted has its time again
      if (!wall.alarm) turnScene();
      else if (wall.index < 0) wall.index = 0;
      if (performance.now() - wall.pointsAt >= POINTS_MS) fetchPoints();
      return { "view.data": view() };
    },

    show(given) {
      const { "view.data": shown, "playlist.data": playlist, "places.data": places } = given;
      const { "alarm-data.data": alarmData } = given;
      const alarm = shown && alarmData?.id === shown.alarm ? alarmData : null;
      wall.playlist = playlist ?? [];
      const stop = shown && sceneOf(alarm, shown.scene);
      if (!stop) return {};
      const place = shown.district === null ? null : places.find(({ id }) => id === shown.district);
      const target = alarm?.camera ?? place?.camera ?? stop.camera;
      const camera = news("camera", target);
      const flies = camera !== window.dash_clientside.no_update;
      const points = news("points", sized(stop.points));
      if (points !== window.dash_clientside.no_update) wall.pointsAt = performance.now();
      return {
        "hexmap.cellsUrl": news("cellsUrl", stop.cellsUrl),
        "hexmap.valuesUrl": news("valuesUrl", stop.valuesUrl),
        "hexmap.palette": news("palette", stop.palette),
        "hexmap.breaks": news("breaks", stop.breaks),
        "hexmap.points": points,
        "hexmap.camera": flies ? { ...camera, duration: FLIGHT_MS } : camera,
        "hexmap.selection": news("selection", { cell: null, district: alarm?.district ?? place?.id ?? null }),
        "captions.children": news("caption", stop.caption),
        "alarm.children": news("alarm", alarm?.banner),
      };
    },
  });
})();

// Pushes of the server: one stream of events a screen, shared by everything on it.
//
//   const stop = occLive.subscribe("layer", (facts) => ...);   // facts.indicator, facts.version
//   occLive.state()       -> { connected, since, database }     since: performance.now() of the last change
//   occLive.serverTime()  -> ms since 1970 by the server's clock, as far as it is known
//   occLive.versions()    -> { indicator: version } heard since the page was opened
//
// Kinds: hello, beat, resync, load, layer, vehicles, alert, candidate; "state" when the connection
// is lost or back; "*" for all, as (facts, kind). After "resync" read anew what is shown: something
// may have been missed. Dash hears the same through the stores `live-layers`, `live-state`,
// `live-alerts`, `live-candidates` and `live-resync` of the shell.
(() => {
  const KINDS = ["hello", "beat", "resync", "load", "layer", "vehicles", "alert", "candidate"];
  const SILENCE_MS = 40_000; // the server speaks every 15 s
  const FIRST_PAUSE_MS = 500;
  const LONGEST_PAUSE_MS = 15_000;
  const GATHER_MS = 100;

  const subscribers = new Map();
  let versions = {};
  let status = { connected: false, since: performance.now(), database: false };
  let heardAt = performance.now(); // durations are by the steady clock: the other may be set back
  let heardId = null;
  let openedAt = heardAt;
  let clock = null; // the server's time and our own steady one when it was said
  let source = null;
  let pauseMs = FIRST_PAUSE_MS;
  let retry = null;
  let gathering = null;

  // A replayed page stands still at its moment.
  function replayed() {
    const at = document.querySelector("[data-at]")?.dataset.at;
    return at ? Date.parse(at) : null;
  }

  function tell(kind, facts) {
    for (const fn of [...(subscribers.get(kind) || []), ...(subscribers.get("*") || [])]) {
      try {
        fn(facts, kind);
      } catch (error) {
        console.error(`occLive: a subscriber of ${kind} failed`, error);
      }
    }
  }

  function setStore(id, data) {
    const dash = window.dash_clientside;
    if (dash && dash.set_props && document.getElementById("page")) dash.set_props(id, { data });
  }

  function setStatus(connected, database) {
    if (connected === status.connected && database === status.database) return;
    const since = status.connected && !connected ? heardAt : performance.now();
    status = { connected, since, database };
    setStore("live-state", status);
    tell("state", status);
  }

  // Several indicators change with one load: Dash is told once.
  function gather() {
    gathering ??= window.setTimeout(() => {
      gathering = null;
      setStore("live-layers", { ...versions });
    }, GATHER_MS);
  }

  function hear(kind, event) {
    heardAt = performance.now();
    heardId = event.lastEventId || heardId;
    pauseMs = FIRST_PAUSE_MS;
    const facts = JSON.parse(event.data);
    clock = { server: Date.parse(facts.now), own: performance.now() };
    setStatus(true, facts.database);
    if (kind === "layer" && facts.indicator) {
      versions[facts.indicator] = facts.version;
      gather();
    } else if (kind === "resync") {
      setStore("live-resync", heardAt);
    } else if (kind === "alert") {
      setStore("live-alerts", facts);
    } else if (kind === "candidate") {
      setStore("live-candidates", facts);
    }
    tell(kind, facts);
  }

  // Who may not hear is told so by the server: asking again and again would be no use. The page, asked
  // for anew, says it or leads to the sign-in.
  async function askWhether(address) {
    const answer = await fetch(address, { method: "HEAD" }).catch(() => null);
    if ([401, 403].includes(answer?.status)) window.location.reload();
  }

  function open(address = "/events") {
    retry = null;
    openedAt = performance.now();
    source = new EventSource(address);
    for (const kind of KINDS) source.addEventListener(kind, (event) => hear(kind, event));
    source.addEventListener("ended", () => window.location.reload()); // signed out
    source.onerror = () => {
      setStatus(false, false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries by itself
      askWhether(address);
      again();
    };
  }

  function again() {
    if (retry !== null) return;
    source.close();
    // A new stream has no memory of its own: the server is told what was heard last and sends what was
    // missed, or "resync" where it does not know. Not all screens come back in the same moment.
    const last = encodeURIComponent(heardId ?? "nothing");
    const address = `/events?lastEventId=${last}`;
    retry = window.setTimeout(open, pauseMs * (0.5 + Math.random() / 2), address);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }

  function watch() {
    if (performance.now() - heardAt < SILENCE_MS || retry !== null) return;
    setStatus(false, false);
    // A slow server is given the same time to answer: trying every 5 s would never reach it.
    if (performance.now() - openedAt >= SILENCE_MS || source.readyState === EventSource.CLOSED) again();
  }

  window.occLive = {
    subscribe(kind, fn) {
      if (!subscribers.has(kind)) subscribers.set(kind, new Set());
      subscribers.get(kind).add(fn);
      return () => subscribers.get(kind).delete(fn);
    },
    state: () => ({ ...status }),
    versions: () => ({ ...versions }),
    serverTime: () => replayed() ?? (clock ? clock.server + performance.now() - clock.own : Date.now()),
  };

  if ("silent" in document.documentElement.dataset) return; // nothing is pushed to this caller
  open();
  window.setInterval(watch, 5000);
  window.addEventListener("pagehide", () => source.close());
  document.addEventListener("submit", () => source.close()); // signing out: its answer leads elsewhere
  window.addEventListener("pageshow", (event) => event.persisted && again());
})();

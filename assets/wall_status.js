// What the wall says of its own data: how old it is, whether server and database are there, where
// now is on the ribbon; and when to ask the server what has changed.
(() => {
  const CALM_MS = 5000; // a connection that is back at once was never lost, for whoever looks
  const LATE_RETRY_MS = 3000;
  const PATIENCE_MS = 20_000; // an answer that was lost on the way is waited for no longer
  // Pushes that come together are one question, and the next is asked when that is answered: Dash
  // drops an answer that a newer question has overtaken, so asking on would be to wait for ever.
  const due = {
    records: { kinds: ["load", "resync"], gatherMs: 20, gapMs: 300 },
    states: { kinds: ["layer", "alert", "resync"], gatherMs: 400, gapMs: 2000 },
  };
  for (const each of Object.values(due)) Object.assign(each, { at: -Infinity, timer: null, waiting: null, again: null });

  const asked = { hour: null, retried: new Set(), heardAt: null, agedAt: 0, late: null };

  function serverTime() {
    return window.occLive ? window.occLive.serverTime() : Date.now();
  }

  function askNow(group, why) {
    const mine = due[group];
    mine.timer = null;
    if (!document.getElementById("wall")) return;
    mine.at = performance.now();
    mine.waiting = setTimeout(lost, PATIENCE_MS, group);
    window.dash_clientside.set_props(`wall-due-${group}`, { data: { group, why, at: mine.at } });
  }

  function ask(group, why) {
    if (document.querySelector("#wall[data-at]")) return; // a replay: nothing becomes known
    const mine = due[group];
    if (why === "resync") clearWaiting(mine); // whoever was asked before may be gone
    if (mine.waiting !== null) mine.again = why;
    else mine.timer ??= setTimeout(askNow, Math.max(mine.gatherMs, mine.at + mine.gapMs - performance.now()), group, why);
  }

  function askAll(why) {
    for (const group of Object.keys(due)) ask(group, why);
  }

  function clearWaiting(mine) {
    clearTimeout(mine.waiting);
    mine.waiting = null;
  }

  function answered(group) {
    const mine = due[group];
    clearWaiting(mine);
    const why = mine.again;
    mine.again = null;
    if (why) ask(group, why);
  }

  /** What was to be asked is still not known; a server that is away is asked when it is back. */
  function lost(group) {
    if (window.occLive?.state().connected) due[group].again ??= "lost";
    answered(group);
  }

  for (const [group, { kinds }] of Object.entries(due)) {
    for (const kind of kinds) {
      window.occLive?.subscribe(kind, (facts) => {
        if (kind !== "load" || facts.table === "incident") ask(group, kind);
      });
    }
  }
  window.occLive?.subscribe("*", () => {
    if (window.occLive.state().database) asked.heardAt = serverTime();
  });

  function local(at, zone) {
    const format = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
    });
    return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  }

  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  function age(ms, words) {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    if (seconds < 60) return fill(words.seconds, { count: seconds });
    if (seconds < 3600) return fill(words.minutes, { count: Math.floor(seconds / 60) });
    if (seconds < 172_800) return fill(words.hours, { count: Math.floor(seconds / 3600) });
    return fill(words.days, { count: Math.floor(seconds / 86_400) });
  }

  function span(text, language) {
    const className = language === "zh" ? "zh" : "en";
    const lang = language === "zh" ? "zh-CN" : "en";
    return { namespace: "dash_html_components", type: "Span", props: { children: text, className, lang } };
  }

  function twoLines(zh, en) {
    const children = [span(zh, "zh"), span(en, "en")];
    return { namespace: "dash_html_components", type: "Div", props: { children, className: "two-lines" } };
  }

  function ageLines(oldest, words, now) {
    if (!oldest?.at) return null;
    const ms = now - Date.parse(oldest.at);
    return twoLines(`${oldest.zh} · ${age(ms, words.zh)}`, `${oldest.en} · ${age(ms, words.en)}`);
  }

  function clockText(at, zone) {
    const { hour, minute } = local(at, zone);
    return `${hour}:${minute}`;
  }

  /** Nothing while all is well; else what is lost, since when, and how old the picture is. */
  function banner(words, zone, now) {
    const { connected, database, since } = window.occLive?.state() ?? { connected: true, database: true };
    if (connected && database) return null;
    const last = asked.heardAt ?? now - (performance.now() - since);
    if (performance.now() - since < CALM_MS && now - last < CALM_MS) return null;
    const key = connected ? "lost_database" : "lost_server";
    const lines = ["zh", "en"].map((code) =>
      fill(words[code][key], {
        since: clockText(now - (performance.now() - since), zone), at: clockText(last, zone), age: age(now - last, words[code]),
      }),
    );
    return twoLines(...lines);
  }

  function nowStyle(zone, now) {
    const { year, month, day, hour, minute } = local(now, zone);
    const shownDay = document.querySelector("#wall-ribbon [data-day]")?.dataset.day;
    if (shownDay !== `${year}-${month}-${day}`) return { display: "none" };
    const share = (Number(hour) + Number(minute) / 60) / 24;
    return { "--now": share.toFixed(4) };
  }

  /** The date is the server's: a new hour may be a new day, a new period, new usual counts. */
  function turnHour(zone, now) {
    const { day, hour } = local(now, zone);
    const text = `${day}/${hour}`;
    if (asked.hour !== null && asked.hour !== text) askAll("hour");
    asked.hour = text;
  }

  /** Not every source is announced: one that should have spoken again by now is asked for. What
   *  follows from its being late or back is asked too. */
  function watchSource(oldest, now) {
    if (!oldest?.expected_s || !window.occLive?.state().connected) return;
    if (now - Math.max(Date.parse(oldest.at), asked.agedAt) > oldest.expected_s * 1000) {
      asked.agedAt = now;
      ask("records", "aged");
    }
    if (asked.late !== null && asked.late !== oldest.late) ask("states", "late");
    asked.late = oldest.late;
  }

  const shown = {};
  function news(name, value) {
    const text = JSON.stringify(value ?? null);
    if (shown[name] === text) return window.dash_clientside.no_update;
    shown[name] = text;
    return value;
  }

  let element = null;
  window.occCallbacks.register("wallStatus", {
    tick({ "oldest.data": oldest, "words.data": words, "zone.data": zone }) {
      const page = document.getElementById("wall");
      if (page !== element) {
        element = page;
        for (const name of Object.keys(shown)) delete shown[name];
      }
      const now = serverTime();
      turnHour(zone, now);
      watchSource(oldest, now);
      return {
        "age.children": news("age", ageLines(oldest, words, now)),
        "age.className": news("late", oldest?.late ? "data-age late" : "data-age"),
        "banner.children": news("banner", banner(words, zone, now)),
        "now.style": news("now", nowStyle(zone, now)),
      };
    },

    /** A group of panels was answered: what came up meanwhile is asked now. */
    answered(given, trigger) {
      const answer = trigger && given[`${trigger}.data`];
      if (answer && answer.at === due[answer.group].at) answered(answer.group);
    },

    /** Values of an outdated version are gone: fetch the playlist anew, then try the address once more. */
    painted({ "hexmap.ready": ready, "hexmap.valuesUrl": valuesUrl }) {
      const { part, status } = ready?.problem ?? {};
      if (part !== "values" || status !== 404 || !valuesUrl || asked.retried.has(valuesUrl)) return;
      if (asked.retried.size > 50) asked.retried.clear();
      asked.retried.add(valuesUrl);
      ask("states", "outdated");
      setTimeout(() => {
        const again = `${valuesUrl}?again=${due.states.at}`;
        asked.retried.add(again);
        if (document.getElementById("wall")) window.occWall.retry(valuesUrl, again);
      }, LATE_RETRY_MS);
    },
  });
})();

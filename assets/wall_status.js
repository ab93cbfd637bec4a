// What the wall says of its own data: how old it is, whether server and database are there, where
// now is on the ribbon; and when to ask the server what has changed.
window.dash_clientside = window.dash_clientside || {};
(() => {
  const CALM_MS = 5000; // a connection that is back at once was never lost, for whoever looks
  const GAP_MS = 500; // pushes that come together are one question
  const LATE_RETRY_MS = 3000;
  const FLUSH_KINDS = ["layer", "alert", "resync"];

  const asked = { at: 0, timer: null, hour: null, retried: new Set(), heardAt: null };

  function serverTime() {
    return window.occLive ? window.occLive.serverTime() : Date.now();
  }

  function askNow(why) {
    asked.timer = null;
    asked.at = Date.now();
    if (document.getElementById("wall")) {
      window.dash_clientside.set_props("wall-due", { data: { why, at: asked.at } });
    }
  }

  function ask(why) {
    if (document.querySelector("#wall[data-at]")) return; // a replay: nothing becomes known
    asked.timer ??= setTimeout(askNow, Math.max(0, asked.at + GAP_MS - Date.now()), why);
  }

  for (const kind of FLUSH_KINDS) window.occLive?.subscribe(kind, () => ask(kind));
  window.occLive?.subscribe("load", (facts) => {
    if (facts.table === "incident") ask("load");
  });
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
    const last = asked.heardAt ?? now - (Date.now() - since);
    if (Date.now() - since < CALM_MS && now - last < CALM_MS) return null;
    const key = connected ? "lost_database" : "lost_server";
    const lines = ["zh", "en"].map((code) =>
      fill(words[code][key], {
        since: clockText(now - (Date.now() - since), zone), at: clockText(last, zone), age: age(now - last, words[code]),
      }),
    );
    return twoLines(...lines);
  }

  function nowStyle(zone, now) {
    const { year, month, day, hour, minute } = local(now, zone);
    const shownDay = document.querySelector("#wall-ribbon .ribbon-head .caption .zh")?.textContent ?? "";
    if (!shownDay.startsWith(`${year}-${month}-${day}`)) return { display: "none" };
    const share = (Number(hour) + Number(minute) / 60) / 24;
    return { "--now": share.toFixed(4) };
  }

  /** The date is the server's: a new hour may be a new day, a new period, new usual counts. */
  function turnHour(zone, now) {
    const { day, hour } = local(now, zone);
    const text = `${day}/${hour}`;
    if (asked.hour !== null && asked.hour !== text) ask("hour");
    asked.hour = text;
  }

  const shown = {};
  function news(name, value) {
    const text = JSON.stringify(value ?? null);
    if (shown[name] === text) return window.dash_clientside.no_update;
    shown[name] = text;
    return value;
  }

  let element = null;
  window.dash_clientside.wallStatus = {
    tick(_ticks, oldest, words, zone) {
      const page = document.getElementById("wall");
      if (page !== element) {
        element = page;
        for (const name of Object.keys(shown)) delete shown[name];
      }
      const now = serverTime();
      turnHour(zone, now);
      return [
        news("age", ageLines(oldest, words, now)),
        news("late", oldest?.late ? "data-age late" : "data-age"),
        news("banner", banner(words, zone, now)),
        news("now", nowStyle(zone, now)),
      ];
    },

    /** Values of an outdated version are gone: fetch the playlist anew, then try the address once more. */
    painted(ready, valuesUrl) {
      if (!ready?.error?.includes("HTTP 404") || !valuesUrl || asked.retried.has(valuesUrl)) return;
      if (asked.retried.size > 50) asked.retried.clear();
      asked.retried.add(valuesUrl);
      ask("outdated");
      setTimeout(() => {
        const again = `${valuesUrl}?again=${asked.at}`;
        asked.retried.add(again);
        if (document.getElementById("wall")) window.dash_clientside.wall.retry(valuesUrl, again);
      }, LATE_RETRY_MS);
    },
  };
})();

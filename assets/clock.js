// The clock of the city's zone, whatever the zone of the screen.
window.occCallbacks.register("clock", {
  tick({ "zone.data": zone }) {
    // The server's time, where pushes tell it: a wall's own clock may be wrong.
    const now = new Date(window.occLive ? window.occLive.serverTime() : Date.now());
    const parts = Object.fromEntries(
      new Intl.DateTimeFormat("en-CA", {
        timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
        hour: "2-digit", minute: "2-digit", weekday: "short",
      }).formatToParts(now).map((part) => [part.type, part.value]),
    );
    const zh = new Intl.DateTimeFormat("zh-CN", { timeZone: zone, weekday: "short" }).format(now);
    return {
      "time.children": `${parts.hour}:${parts.minute}`,
      "date.children": `${parts.year}-${parts.month}-${parts.day} ${zh} ${parts.weekday}`,
    };
  },
});

// A callback that the server refused for the moment (429, 503) is asked again, as it said, and the
// screen says meanwhile that it waits: what it shows may be out of date.
(() => {
  const CALLBACK = "_dash-update-component";
  const REFUSED = new Set([429, 503]);
  const TRIES = 6;
  const fetched = window.fetch.bind(window);

  function say(isBusy) {
    const banner = document.getElementById("busy");
    if (banner) banner.hidden = !isBusy;
  }

  // Not all who were refused come back in the same moment.
  function pause(answer) {
    const seconds = Number(answer.headers.get("Retry-After")) || 2;
    return new Promise((resume) => setTimeout(resume, 1000 * seconds * (1 + Math.random())));
  }

  async function askAgain(ask) {
    let answer = await ask();
    for (let tries = 0; tries < TRIES && REFUSED.has(answer.status); tries += 1) {
      say(true);
      await pause(answer);
      answer = await ask();
    }
    say(REFUSED.has(answer.status));
    return answer;
  }

  window.fetch = (resource, options) => {
    const isCallback = String(resource?.url ?? resource).includes(CALLBACK);
    const ask = () => fetched(resource, options);
    return isCallback ? askAgain(ask) : ask();
  };
})();

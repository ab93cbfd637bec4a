// Says on the screen that a callback was refused: Dash itself is silent about it. The words lie in
// both languages on the banner of the shell (dashboard/factory.py).
(() => {
  const CALLBACKS = "_dash-update-component";
  const WORDS = { 401: "unknown", 403: "refused" };
  const plain = window.fetch.bind(window);

  function show(kind) {
    const banner = document.getElementById("problem");
    const children = banner?.getAttribute(`data-${kind}`);
    if (children) window.dash_clientside.set_props("problem", { children, hidden: false });
  }

  window.fetch = async (...asked) => {
    const answer = await plain(...asked);
    const address = String(asked[0]?.url ?? asked[0]);
    if (answer.status in WORDS && address.includes(CALLBACKS)) show(WORDS[answer.status]);
    return answer;
  };
})();

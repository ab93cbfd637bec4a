// Tells readers aloud, translators and fonts in which language the document is, after every change
// of the address: the server does the same for the first one (dashboard/factory.py).
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.language = {
  tell(_path, search) {
    const asked = new URLSearchParams(search || "").get("lang");
    document.documentElement.lang = asked === "en" ? "en" : "zh-CN";
  },
};

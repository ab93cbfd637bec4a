// Callbacks of the browser, by name. Dash hands values over and takes answers by position; here a
// callback gets one object of what the Python side lets it read, and answers with one of what it
// changes. What it does not answer stays as it is.
//
//   occCallbacks.register("clock", {
//     tick({ "zone.data": zone }, trigger) { return { "time.children": "08:00" }; },
//   });
//
// A name is the component's id without its page, a dot, the property: "wall-hexmap" and "kiosk-hexmap"
// are both "hexmap". Components found by a pattern have the pattern's key for an id and are answered
// by a function of each one's id. `trigger` is the name of what has changed, without the property. To
// read or to answer what the Python side does not declare is an error.
window.dash_clientside = window.dash_clientside || {};
window.occCallbacks = (() => {
  function partOf(id) {
    return typeof id === "string" ? id.replace(/^[^-]*-/, "") : Object.keys(id).join("-");
  }

  // A second writer of a property is marked "search@..." by Dash.
  function nameOf({ id, property }) {
    return `${partOf(id)}.${property.replace(/@.*/, "")}`;
  }

  function asList(declared) {
    if (!declared) return [];
    return Array.isArray(declared) ? declared : [declared];
  }

  function readOnly(values, where) {
    return new Proxy(values, {
      get(target, name) {
        if (typeof name === "string" && !(name in target)) throw new Error(`${where} is not given ${name}`);
        return target[name];
      },
    });
  }

  /** Answers in the order in which Dash wants them. */
  function ordered(answers, outputs, where) {
    const same = window.dash_clientside.no_update;
    const left = new Set(Object.keys(answers));
    const pick = (output) => {
      const name = nameOf(output);
      left.delete(name);
      return name in answers ? answers[name] : same;
    };
    const picked = asList(outputs).map((output) => {
      if (!Array.isArray(output)) return pick(output);
      return output.map((each) => {
        const answer = pick(each);
        return typeof answer === "function" ? answer(each.id) : answer;
      });
    });
    const unknown = [...left].filter((name) => typeof answers[name] !== "function"); // a pattern may find nothing
    if (unknown.length) throw new Error(`${where} answers ${unknown}, which is no output of it`);
    return Array.isArray(outputs) ? picked : picked[0];
  }

  function named(where, callback) {
    return () => {
      const context = window.dash_clientside.callback_context;
      const given = [...asList(context.inputs_list), ...asList(context.states_list)];
      const values = Object.fromEntries(given.map((each) => [nameOf(each), each.value]));
      const trigger = context.triggered_id ? partOf(context.triggered_id) : null;
      const answers = callback(readOnly(values, where), trigger) ?? {};
      return asList(context.outputs_list).length ? ordered(answers, context.outputs_list, where) : undefined;
    };
  }

  return {
    register(namespace, callbacks) {
      window.dash_clientside[namespace] = Object.fromEntries(
        Object.entries(callbacks).map(([name, callback]) => [name, named(`${namespace}.${name}`, callback)]),
      );
    },
  };
})();

/* Data page: what comes in, what does not and why, and how the parts are. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, say, number, age, once } = twin;

  /** Why a reading, an order or a report was refused, and what to do about it. */
  twin.refusals = () => ({
    empty: [t("without a sample"), t("Send at least one sample.")],
    not_a_list: [t("not a list"), t("Send a list of samples, or an object with one under “readings”.")],
    ahead_of_clock: [t("ahead of the clock"), t("Set the clock of the sender; it runs ahead.")],
    bad_quality: [t("unknown quality"), t("Send good, uncertain or bad as quality.")],
    malformed_entry: [t("malformed entry"), t("Something else writes into the store; look for it.")],
    misplaced: [t("in the wrong partition"), t("Two versions write at once; stop the older one.")],
    no_values: [t("without values"), t("Leave out samples without values.")],
    not_a_number: [t("not a number"), t("Send numbers as numbers.")],
    not_an_object: [t("not an object"), t("Send one JSON object a sample.")],
    not_json: [t("not JSON"), t("Send JSON in UTF-8.")],
    operation_refused: [t("report of an operation refused"), t("See below what was got and what is wanted.")],
    order_refused: [t("order refused"), t("See below what was got and what is wanted.")],
    out_of_range: [t("out of range"), t("Look at the sensor's scaling.")],
    retired_machine: [t("machine retired"), t("Stop sending for it, or put it back into the plant file.")],
    time_unparsable: [t("unreadable time"), t("Send ISO 8601 with an offset.")],
    unreadable_document: [t("unreadable document"), t("Something else writes into the store; look for it.")],
    unknown_event: [t("unknown event"), t("Send failure or repair.")],
    unknown_key: [t("unknown key"), t("Compare the keys with the gateway's description.")],
    unknown_machine: [t("unknown machine"), t("Add the machine to the plant file, or mend its name.")],
    unknown_mode: [t("unknown failure mode"), t("Add the mode to its class, or mend its name.")],
    unknown_sensor: [t("unknown sensor"), t("Add the sensor to its class, or mend its name.")],
  });
  const reason = (code) => (twin.refusals()[code] || [code])[0];
  const states = () => ({ bad: t("not to be trusted"), refused: t("marked bad"), missing: t("missing"), silent: t("silent"), uncertain: t("uncertain") });

  const problem = (p) => ({
    part_silent: () => [t("{part} is silent for {age}.", { part: p.part, age: age(p.age_s) }), t("It starts again by itself; if it does not, look into its log.")],
    source_silent: () => [t("{source} sends nothing.", { source: p.source }), t("Look at its connection and its sender.")],
    readings_silent: () => [t("{source} sends no readings any more.", { source: p.source }), t("Look at its connection and its sender.")],
    source_behind: () => [t("Samples of {source} come {age} after their time.", { source: p.source, age: age(p.age_s) }), t("Its clock is slow, or its way here is.")],
    source_ahead: () => [t("Samples of {source} come {age} before their time.", { source: p.source, age: age(p.age_s) }), t("Set the clock of the sender; it runs ahead.")],
    worker_behind: () => [t("The twin is {age} behind in {n} of {of} partitions.", { age: age(p.age_s), n: p.n, of: p.of }), t("Sources wait meanwhile and nothing is lost; if it lasts, run more workers.")],
    store_full: () => [t("The store is {n} % full.", { n: number(100 * p.share, 0) }), t("Give it more memory, or keep less history.")],
    machines_silent: () => [t("{n} of {of} machines send nothing.", { n: p.n, of: p.of }), t("See the hatched tiles; look at their connection.")],
    refused: () => [t("{n} entries were rejected in the last ten minutes, mostly: {reason}.", { n: p.n, reason: reason(p.reason) }), (twin.refusals()[p.reason] || [])[1] || ""],
    sensors: () => [t("{n} of {of} sensors give nothing that can be believed.", { n: p.n, of: p.of }), t("See below which; have them checked.")],
  }[p.code]?.() || [p.code, ""]);

  const verdict = (found) => found.length === 0
    ? [h("p", { class: "verdict-head good" }, t("Everything arrives."))]
    : [h("p", { class: "verdict-head" }, t("Not everything arrives.")),
      h("ul", { class: "verdict-list" }, ...found.map((p) => { const [what, todo] = problem(p); return h("li", {}, h("strong", {}, what), " ", h("span", {}, todo)); }))];

  const bytes = (n) => n === undefined ? "—" : n >= 1e9 ? `${number(n / 1e9, 1)} GB` : `${number(n / 1e6, 0)} MB`;
  const cells = (...parts) => parts.map(([css, ...content]) => h("td", css ? { class: css } : {}, ...content));

  const hour = (drawn) => drawn.length ? ["spark", ...drawn] : ["num", "—"];  // a cell without a drawing is not there
  /** What a source sends besides readings: it is not silent, though it may send no reading at all. */
  const sends = (s) => Object.entries(s.sends || {}).map(([what, { n, age_s: seconds }]) => h("div", { class: "detail" }, what === "orders"
    ? t("Orders: {n}, the last {age} ago", { n: number(n, 0), age: age(seconds) }) : t("Reports of operations: {n}, the last {age} ago", { n: number(n, 0), age: age(seconds) })));
  const sourceRow = ([id, s]) => h("tr", { "data-id": id }, h("th", { scope: "row" }, id, s.type ? h("div", { class: "detail" }, kinds()[s.type] || s.type) : null, ...sends(s)), ...cells(
    ["num", s.rate === undefined || (!s.rate && !s.accepted && sends(s).length) ? "—" : number(s.rate, 0, s.rate < 10 ? 2 : 0)], hour(twin.spark(s.trend || [])), ["num", number(s.accepted, 0)],
    [s.rejected ? "num off" : "num", number(s.rejected, 0)], ["num", number(s.late, 0)], ["num", number(s.again, 0)], ["num", age(s.median_s)],
    ["num", s.most_s === undefined ? "—" : t("{lo} to {hi}", { lo: signed(s.least_s), hi: signed(s.most_s) })]));
  const signed = (seconds) => seconds < 0 ? `−${age(-seconds)}` : age(seconds);
  const kinds = () => ({ simulator: t("simulator"), replay: t("replay of a file"), gateway: t("gateway") });

  const refusedRow = (r) => h("tr", { "data-id": r.id }, h("td", { class: "num" }, r.time.replace("T", " ")), h("td", {}, r.source),
    h("td", {}, reason(r.reason), h("div", { class: "detail" }, r.detail)),
    h("td", { class: "wide" }, r.payload ? h("code", { class: "payload" }, r.payload) : h("span", { class: "detail" }, t("nothing"))));

  const sensorRow = (s) => h("tr", {}, h("td", { class: "machine" }, h("a", { href: `/machine/${encodeURIComponent(s.machine)}`, "data-nav": 1 }, pick(s.name))),
    ...cells(["wide", pick(s.sensor)], ["", states()[s.state]], ["num", s.age_s === undefined ? t("never") : age(s.age_s)]));

  const partRow = ([name, p]) => h("tr", {}, h("th", { scope: "row" }, name), ...cells(
    [p.age_s > 15 ? "num off" : "num", p.state === "waiting" ? t("starts again") : age(p.age_s)], ["num", bytes(p.rss)], [p.restarts ? "num off" : "num", number(p.restarts, 0)]));

  const QUALITIES = ["bad", "refused", "missing", "silent", "uncertain"];
  const qualities = (q, found = QUALITIES.filter((k) => q[k])) => [...found.map((k) => t("{n} {state}", { n: number(q[k], 0), state: states()[k] })),
    found.length ? t("of {n} sensors and inputs", { n: number(q.of, 0) }) : t("{n} sensors and inputs", { n: number(q.of, 0) }),
    q.gated === undefined ? "" : t("{n} of the readings were not believed", { n: q.gated ? twin.percent(q.gated) : "0 %" })].filter(Boolean);
  const memories = (m) => [m.max ? t("Store: {used} of {max}", { used: bytes(m.used), max: bytes(m.max) }) : t("Store: {used}, no limit set", { used: bytes(m.used) }),
    m.held_h === undefined ? t("No history is sealed yet.") : t("History reaches back {age}", { age: twin.duration(m.held_h) }),
    m.persistent ? t("Kept on disk") : t("Not kept on disk: a restart of the store forgets"), m.server];

  const clean = (value) => Array.isArray(value) ? value.map(clean)
    : value !== null && typeof value === "object" ? Object.fromEntries(Object.entries(value).filter(([, v]) => v !== null).map(([k, v]) => [k, clean(v)])) : value;

  twin.pages.data = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    const rows = (name, make) => once((list) => twin.keepRows(region(name), list.map(make)));
    const items = (name, make) => once((value) => region(name).replaceChildren(...make(value).map((text) => h("li", {}, text))));
    const paint = {
      verdict: once((found) => region("verdict").replaceChildren(...verdict(found))),
      sources: rows("sources", sourceRow), sensors: rows("sensors", sensorRow), parts: rows("parts", partRow),
      partitions: rows("partitions", (p) => h("tr", {}, h("th", { scope: "row" }, String(p.n)), ...cells(
        [p.entries > 1000 ? "num off" : "num", number(p.entries, 0)], ["num", p.entries ? age(p.age_s) : "—"], ["num", number(p.length, 0)]))),
      quality: items("quality", qualities), memory: items("memory", memories),
    };
    let state, bar, offered;

    /** Choices of the filters are what has been seen; rebuilt only when something new comes. */
    const filters = (sources, reasons) => {
      const all = ["", t("All")], now = JSON.stringify([sources, reasons]);
      if (now === offered) return;
      offered = now;
      bar = twin.filterBar(region("filters"), [
        { key: "source", label: t("Source"), options: [all, ...sources.map((s) => [s, s])] },
        { key: "reason", label: t("Reason"), options: [all, ...reasons.map((r) => [r, reason(r)])] },
      ], refused);
    };
    const refusedRows = once((list) => {
      const old = new Map([...region("refused").children].map((tr) => [tr.dataset.id, tr]));
      region("refused").replaceChildren(...list.map((r) => old.get(r.id) || refusedRow(r)));
    });
    const refused = () => {
      const f = bar.values;
      const found = state.refused.filter((r) => (!f.source || r.source === f.source) && (!f.reason || r.reason === f.reason));
      bar.say(state.refused.length ? t("{n} of the last {all} shown", { n: found.length, all: state.refused.length }) : "");
      for (const a of page.querySelectorAll("a[data-export]")) a.href = `/export/${a.dataset.export}.csv?${bar.query()}`;
      say(region("refused-empty"), found.length ? "" : state.refused.length ? t("Nothing rejected fits the filters.") : t("Nothing was rejected."));
      refusedRows(found);
    };
    return (now) => {
      state = clean(now);
      paint.verdict(state.verdict);
      paint.sources(Object.entries(state.sources));
      say(region("sources-empty"), Object.keys(state.sources).length ? "" : t("The plant file names no source."));
      paint.sensors(state.sensors);
      say(region("sensors-empty"), state.sensors.length ? "" : t("Every sensor of the machines that are heard is good."));
      paint.quality(state.quality);
      paint.memory(state.memory);
      paint.parts(Object.entries(state.parts));
      paint.partitions(state.partitions.map((p, n) => ({ ...p, n })));
      filters([...new Set([...Object.keys(state.sources), ...state.refused.map((r) => r.source)])], Object.keys(state.reasons));
      refused();
    };
  };
})();

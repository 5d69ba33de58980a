/* Track record: how forecasts turned out, by class, horizon and version of the model. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, number, duration, percent } = twin;
  const HORIZONS = { shift: () => t("Shift"), day: () => t("Day"), week: () => t("Week") };
  const stamp = (iso) => iso.slice(0, 16).replace("T", " ");

  const link = (root, change, words, current) => {
    const { class: c, horizon, version } = { class: root.dataset.class, horizon: root.dataset.horizon, version: root.dataset.version, ...change };
    const query = new URLSearchParams({ class: c, horizon, version });
    return h("a", { href: `/record?${query}`, "data-nav": "1", "aria-current": current ? "true" : null }, words);
  };
  const fact = (name, value, note = "") => h("p", {}, h("span", {}, name), h("b", {}, value), note ? h("small", {}, note) : null);
  const empty = (title, words) => h("div", { class: "empty" }, h("strong", {}, title), words);

  /* --- words --------------------------------------------------------------------------------- */
  const headline = (entry) => {
    const found = entry.headline;
    if (!found) return t("Too little has come to its end for a sentence");
    const [said, seen, low, high] = found;
    const values = { said: percent(said), seen: number(100 * seen, 0), low: number(100 * low, 0), high: number(100 * high, 0) };
    return t("When it said {said}, it happened {seen} of 100 times ({low} to {high})", values);
  };
  const heldText = (held) => (held ? t("{n} of the last {m} held", { n: held.held, m: held.of }) : t("none decided yet"));
  const skillText = ([skill, low, high]) => {
    if (skill === undefined || skill === null) return "—";
    const range = low === null ? "" : t(" ({lo} to {hi})", { lo: number(100 * low, 0), hi: number(100 * high, 0) });
    return `${number(100 * skill, 0)} %${range}`;
  };
  const failuresText = (scores) => {
    if (!scores) return t("none yet");
    return scores.provisional ? t("{n}, provisional", { n: scores.failures }) : number(scores.failures, 0);
  };
  const dueText = (state, horizon) =>
    state.due[horizon] ? t("The next forecasts are scored from {time} on.", { time: stamp(state.due[horizon]) }) : t("Forecasts are scored once the first has been issued and its time has passed.");

  /* --- parts --------------------------------------------------------------------------------- */
  const glanceRow = (root, id, entry) => {
    const day = entry.scores.day.all;
    return h("tr", {},
      h("th", { scope: "row" }, link(root, { class: id }, pick(entry.name), id === root.dataset.class)),
      h("td", {}, headline(entry)), h("td", {}, heldText(entry.held)),
      h("td", {}, !day ? "—" : day.provisional ? t("too few failures") : skillText(day.skill)), h("td", {}, failuresText(day)));
  };
  const choices = (root, state, entry) => {
    const versions = Object.keys(entry.scores[root.dataset.horizon]).filter((v) => v !== "all");
    const group = (label, items) => h("div", { class: "choice", role: "group", "aria-label": label }, h("span", {}, label), ...items);
    return [
      group(t("Class"), Object.entries(state.classes).map(([id, c]) => link(root, { class: id, version: "all" }, pick(c.name), id === root.dataset.class))),
      group(t("Within"), Object.entries(HORIZONS).map(([id, words]) => link(root, { horizon: id }, words(), id === root.dataset.horizon))),
      group(t("Model"), [link(root, { version: "all" }, t("all versions"), root.dataset.version === "all"),
        ...versions.map((v) => link(root, { version: v }, t("version {v}", { v }), v === root.dataset.version))]),
      h("a", { href: "/export/record.csv", download: "" }, t("Scores as CSV")),
    ];
  };
  const scoreFacts = (s) => [
    s.provisional ? h("p", { class: "notice" }, t("Provisional: so few failures say little, whatever the numbers.")) : "",
    fact(t("Brier score"), number(s.brier, 4), t("0 is perfect")),
    fact(t("of the base rate"), number(s.brier_base, 4), t("known only afterwards: a strict rival")),
    fact(t("Skill against it"), skillText(s.skill), t("100 % is perfect, 0 % no better; range by machine")),
    fact(t("Base rate"), percent(s.base)),
    fact(t("Logarithmic score"), number(s.log, 3)),
    fact(t("Slope"), s.platt[2] === null ? number(s.platt[1], 2) : `${number(s.platt[1], 2)} (${number(s.platt[2], 2)} – ${number(s.platt[3], 2)})`, t("1 is right; below 1 it says too much, above 1 too little")),
    fact(t("Forecasts scored"), number(s.n - s.censored, 0), t("{n} cut short by a service", { n: number(s.censored, 0) })),
    fact(t("Failures"), failuresText(s), t("on {n} machines", { n: s.machines })),
    ...(s.weeks.length > 1 ? twin.recordCharts.weeks(s.weeks) : []),
  ];
  const bandParts = (band) => {
    const decided = band.below + band.inside + band.above;
    if (!decided) return [empty(t("No range has passed yet"), "")];
    return [
      h("p", {}, h("b", {}, percent(band.inside / decided)), " ", t("of the 80 % ranges within the week held the failure: {below} failed sooner, {above} later.", { below: percent(band.below / decided), above: percent(band.above / decided) })),
      twin.recordCharts.places(band),
      h("p", { class: "quiet" }, t("Mean width {width}. {n} ranges, of which many are of one life; {served} more were cut short by a service.", { width: duration(band.width_h), n: number(decided, 0), served: number(band.served, 0) })),
      ...(band.pit.some((n) => n) ? [h("h3", {}, t("Where failures fell on the curve said")), twin.recordCharts.columns(band.pit, t("Tenths of the curve")),
        h("p", { class: "quiet" }, t("Even columns are right. High at the left: failures came sooner than said."))] : []),
    ];
  };
  twin.recordParts = { glanceRow, choices, scoreFacts, bandParts, empty, dueText, headline };
})();

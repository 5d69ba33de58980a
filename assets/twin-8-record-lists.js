/* Track record: single failures and forecasts, what was left out, and what a model was learnt from. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, number, duration, durations, percent } = twin;
  const LEADS = ["week", "three_days", "day", "shift"];
  const stamp = (iso) => iso.slice(0, 16).replace("T", " ");
  /** To the explorer at that moment, with what was forecast then. */
  const machineLink = ({ machine, name, window: [from, to] }, at, hours) => {
    const query = new URLSearchParams({ at, from, to, hours });
    return h("a", { href: `/forecast/${encodeURIComponent(machine)}?${query}`, "data-nav": "1" }, pick(name));
  };
  const fact = (name, value, note = "") => h("p", {}, h("span", {}, name), h("b", {}, value), note ? h("small", {}, note) : null);

  const outcomeText = (w) => ({ inside: t("within the range"), below: t("sooner"), above: t("later"), served: t("serviced first"), unknown: t("not known") }[w.outcome]);
  const datedRow = (w) => h("tr", {},
    h("td", {}, stamp(w.time)), h("td", {}, machineLink(w, w.time, 168)), h("td", {}, durations(w.range[0], w.range[2])),
    h("td", {}, w.after_h === null ? "—" : duration(w.after_h)), h("td", { class: ["below", "above"].includes(w.outcome) ? "strong" : "" }, outcomeText(w)));
  const said = (s) => {
    if (!s) return h("td", {}, "—");
    const range = s.q10 === null ? t("beyond the horizon") : s.q90 === null ? t("from {lo}", { lo: duration(s.q10) }) : durations(s.q10, s.q90);
    const p = s.p === undefined || s.p === null ? null : h("b", {}, percent(s.p), " ");
    return h("td", {}, h("span", {}, p, range, h("span", { class: "mark" }, s.inside ? t(" ✓ within") : t(" ✗ outside"))));
  };
  const failureRow = (f) => {
    const before = f.said.day || f.said.shift || { time: f.window[0] };
    return h("tr", {}, h("td", {}, stamp(f.time)), h("td", {}, machineLink(f, before.time, 24)), h("td", {}, pick(f.mode) || "—"), ...LEADS.map((lead) => said(f.said[lead])));
  };
  const leftFacts = (root, state, left) => [
    fact(t("Machine not heard of again"), number(left[`unknown_${root.dataset.horizon}`] || 0, 0)),
    fact(t("Machine stood failed"), number(left.standing || 0, 0)),
    fact(t("Failures reported too late"), number(left.late_labels || 0, 0)),
    fact(t("Failures taken back"), number(left.retracted_labels || 0, 0)),
    fact(t("Dated forecasts still open"), number(state.open, 0)),
    ...state.lost.filter((l) => l.horizon === root.dataset.horizon).map((l) => fact(t("Lost before they were scored"), t("{from} to {until}", { from: stamp(l.from), until: stamp(l.until) }))),
    h("p", { class: "quiet" }, t("A service before the horizon is neither a success nor a failure: such a forecast's weight goes to those of the same probability that ran longer.")),
    h("p", { class: "quiet" }, twin.recordParts.dueText(state, root.dataset.horizon)),
  ];
  const fittedFacts = (fitted) => (!fitted || !fitted.failures ? [h("p", {}, t("No failure model was fitted for this class."))] : [
    fact(t("Version"), fitted.version), fact(t("Lives"), number(fitted.lives, 0)), fact(t("Failures"), number(Object.values(fitted.failures).reduce((a, b) => a + b, 0), 0)),
    fact(t("Learnt by"), fitted.command || "—"), fitted.recalibrated ? fact(t("Recalibrated"), `a ${number(fitted.recalibrated[0], 2)}, b ${number(fitted.recalibrated[1], 2)}`) : null,
  ].filter(Boolean));

  twin.recordLists = { datedRow, failureRow, leftFacts, fittedFacts };
})();

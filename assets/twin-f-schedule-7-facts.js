/* Schedule: what a bar is, in words. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, plan, duration } = twin;

  const facts = (pairs) => h("dl", { class: "card-facts" }, ...pairs.filter(([, value]) => value).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  plan.titleOf = (model, bar) => (bar.kind === "service" ? t("Service of {name}", { name: bar.row.text }) : t("{order}, {step}", { order: bar.order.id, step: plan.stepText(model, bar) }));
  const times = (model, bar) => t("{from} to {to}", { from: model.say(bar.start), to: model.say(bar.end, model.say(bar.start, "day") === model.say(bar.end, "day") ? "time" : undefined) });
  const link = (row) => row.kind === "machine" && row.class ? h("a", { href: `/machine/${encodeURIComponent(row.id)}`, "data-nav": 1 }, row.text) : row.text;

  /** The order's step before or after: where it is, as a way to it. */
  const beside = (model, bar, by, go) => {
    const other = plan.stepBeside(model, bar, by), about = other && { machine: other.row.text, when: model.say(by < 0 ? other.end : other.start) };
    return other ? plan.asLink(by < 0 ? t("{machine}, until {when}", about) : t("{machine}, from {when}", about), () => go(other)) : "";
  };
  const lockedText = (model, locked, elsewhere) => (elsewhere
    ? t("locked by {who} on {machine}, {when}, where the next plan has it", { who: locked.who || "—", machine: model.rows.find((row) => row.id === elsewhere[0])?.text ?? elsewhere[0], when: model.say(model.s(elsewhere[1])) })
    : t("locked by {who}", { who: locked.who || "—" }));
  const heldText = (model, bar, locks, locked) => {
    if (!locked || locks.on(bar) !== undefined) return locks.text(bar);
    if (bar.pin !== "loosened") return lockedText(model, locked, locks.elsewhere(bar));
    return h("span", { class: "is-late" }, `▲ ${t("locked by {who} at another place, where it cannot be", { who: locked.who || "—" })}`);
  };
  const proposed = (model, bar, other) => {
    const at = plan.placeIn(other, model, bar);
    return at ? t("{machine}, from {when}", { machine: at.row.text, when: model.say(at.start) }) : other?.byKey.has(bar.key) ? t("where it is") : "";
  };
  /** What an operation is and why it is where it is. locked: by whom; go(bar): a way to another; other: the plan compared with. */
  plan.operationFacts = (model, bar, { locks, locked, go, other }) => facts([
    [t("Machine"), link(bar.row)], [t("When"), times(model, bar)], [t("Setup before"), bar.start > bar.setup ? duration((bar.start - bar.setup) / 3600) : ""],
    [t("Why then"), ["running", "done"].includes(bar.pin) ? "" : plan.whyText(model, bar, go)],
    [t("Step before"), beside(model, bar, -1, go)], [t("Step after"), beside(model, bar, 1, go)],
    [t("The proposed plan has it"), proposed(model, bar, other)],
    [t("Product"), bar.order.product ? `${plan.productText(model, bar.order)}${bar.order.quantity ? ` × ${bar.order.quantity}` : ""}` : ""],
    [t("Due"), bar.order.due === null || bar.order.due === undefined ? "" : h("span", { class: bar.late ? "is-late" : "" }, bar.late ? `▲ ${t("{when}, {time} late", { when: model.say(bar.order.due), time: duration(bar.order.late_h ?? null) })}` : model.say(bar.order.due))],
    [t("Priority"), bar.order.priority ? String(bar.order.priority) : ""],
    [t("Held"), heldText(model, bar, locks, locked)]]);
  /** What a service is. suggestion: it is one of those, with its currency. */
  plan.serviceFacts = (model, bar, suggestion) => facts([
    [t("Machine"), link(bar.row)], [t("When"), times(model, bar)], [t("Crew"), bar.crewRow?.text || ""], [t("Spare part"), twin.pick(bar.part) || ""],
    [t("State"), plan.serviceState(bar, suggestion)],
    [t("If nobody accepts it"), plan.isPlanned(bar, suggestion) || suggestion?.state === "vetoed" ? "" : t("It lapses when its time comes, and is suggested again for as long as it pays.")],
    [t("Saves"), suggestion?.saves ? plan.cash(suggestion.saves, suggestion.currency) : ""]]);
})();

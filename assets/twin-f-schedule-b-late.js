/* Schedule: orders that come late or are not placed at all, each with the reason; and pages that are empty. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, plan, duration } = twin;

  /** Why an order is late or left out; names(id) of a machine, else what was named. */
  const reasonText = (item, names) => {
    const by = item.by ? names(item.by) : "";
    return {
      machine_busy: by ? t("Its machine does order {name} before.", { name: by }) : t("Its machines are busy with other work until then."),
      closed: by ? t("{name} is closed meanwhile.", { name: by }) : t("Its machines are closed meanwhile."),
      service: by ? t("{name} is serviced meanwhile.", { name: by }) : t("A machine is serviced meanwhile."),
      breakdown: by ? t("{name} stands failed.", { name: by }) : t("A machine stands failed."),
      due_too_soon: t("It could not be done by then with every machine free."), planned_late: t("Nothing keeps it: it is cheaper so."), too_many: t("There are more orders than are planned at once; it is due later than they are."),
      not_in_plan: t("It was ordered after this plan was made; a newer one places it."), later: t("It is due after the plan's time."), not_released: t("It may not begin within the plan's time."),
      no_room: t("It finds no room within the plan's time."),
      too_long: t("It takes longer than the plan's time."),
      no_machine: t("No machine of the plant can do one of its steps."), unknown_product: t("The plant file has no such product."),
    }[item.reason] || (item.reason ? `${item.reason}${by ? `: ${by}` : ""}` : t("No reason is known."));
  };

  plan.reasonText = reasonText;
  /** Why an order may be in no plan without anybody having left it out. */
  plan.WAITS = ["not_in_plan", "later", "not_released"];

  /** tell: {show(order), names(id)} of the page. */
  plan.late = (region, tell) => twin.once(({ late, out: all }) => {
    const waits = (item) => plan.WAITS.includes(item.reason), out = all.filter((item) => !waits(item)), fresh = all.filter(waits);
    const show = (order) => { const b = h("button", { type: "button", class: "button small" }, t("Show")); b.setAttribute("aria-label", t("Show order {order} in the chart", { order })); b.addEventListener("click", () => tell.show(order)); return b; };
    const table = (caption, list, mark) => plan.wide(caption, h("table", { class: "plain-table late-table" }, h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...[t("Order"), mark ? "" : t("Late by"), t("Due"), t("Reason"), ""].map((text, n) => h("th", { scope: "col", class: n === 1 || n === 2 ? "num" : null }, text || h("span", { class: "hidden" }, t("Actions")))))),
      h("tbody", {}, ...list.map((item) => h("tr", {}, h("th", { scope: "row" }, item.order, h("div", { class: "detail" }, item.product || "")),
        h("td", { class: "num" }, mark ? mark() : h("span", { class: "is-late" }, `▲ ${duration(item.late_h)}`)), h("td", { class: "num", "data-label": t("Due") }, item.due || "—"),
        h("td", {}, reasonText(item, tell.names)), h("td", { class: "do" }, mark ? "" : show(item.order)))))));
    if (!late.length && !all.length) { region.replaceChildren(h("div", { class: "empty" }, h("strong", {}, t("Every order is placed and in time")), t("Orders that come late or cannot be placed stand here, with the reason."))); return; }
    region.replaceChildren(...(out.length ? [table(t("{n} left out", { n: out.length }), out, () => h("span", { class: "is-out" }, `■ ${t("left out")}`))] : []),
      ...(late.length ? [table(t("Orders late: {n}", { n: late.length }), [...late].sort((a, b) => (b.late_h ?? 0) - (a.late_h ?? 0)), null)] : []), ...(fresh.length ? [table(t("{n} not in this plan yet", { n: fresh.length }), fresh, () => "")] : []));
  });

  /** Instead of a chart: nothing ordered, no plan made yet. */
  plan.nothing = (state) => state.n_orders === 0
    ? h("div", { class: "empty" }, h("strong", {}, t("There is no open order")), t("Orders come from a file, from another system or by hand. As soon as there is one, the planner places it."), h("p", {}, h("a", { href: "/orders", "data-nav": 1 }, t("Orders"))))
    : h("div", { class: "empty" }, h("strong", {}, t("There is no plan yet")), t("The planner has {n} open orders and makes its first plan within a minute. If nothing comes, it may not be running.", { n: state.n_orders }));
})();

/* Schedule: the plan as a table: every bar a row, with what can be done about it. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, plan, duration } = twin;
  const PAGE = 100;

  const SORTS = {
    machine: (a, b) => a.row.n - b.row.n || a.start - b.start,
    order: (a, b) => (a.order?.id || "~").localeCompare(b.order?.id || "~", undefined, { numeric: true }) || a.start - b.start,
    start: (a, b) => a.start - b.start || a.row.n - b.row.n,
    late: (a, b) => (b.order?.late_h || 0) - (a.order?.late_h || 0) || a.start - b.start,
  };

  /** tell: {show(bar), locks, suggestionOf(bar), state()} of the page. */
  plan.table = (region, tell) => {
    let by = "machine", first = 0, model = null, shows = () => true;
    const head = (key, text) => {
      const button = h("button", { type: "button", class: "plain sort" }, text);
      button.addEventListener("click", () => { by = key; first = 0; paint(); region.querySelector(`[data-sort="${key}"] button`).focus(); });
      return h("th", { scope: "col", "data-sort": key, "aria-sort": by === key ? (key === "late" ? "descending" : "ascending") : "none", class: key === "start" ? "num" : null }, button);
    };
    const plainHead = (text, css = "num") => h("th", { scope: "col", class: css }, text);

    const row = (bar) => {
      const isOp = bar.kind === "operation", suggestion = isOp ? null : tell.suggestionOf(bar);
      const show = h("button", { type: "button", class: "button small" }, t("Show"));
      show.addEventListener("click", () => tell.show(bar));
      show.setAttribute("aria-label", t("Show {what} in the chart", { what: plan.sentence(model, bar, suggestion) }));
      const lockable = isOp && !["running", "done"].includes(bar.pin);
      return h("tr", { class: bar.late ? "late" : "" },
        h("th", { scope: "row" }, bar.row.text),
        h("td", {}, h("span", { class: "id" }, isOp ? bar.order.id : t("Service")), isOp ? h("div", { class: "detail" }, plan.productText(model, bar.order)) : h("div", { class: "detail" }, bar.crewRow?.text || "")),
        h("td", { class: "num" }, isOp ? `${bar.step + 1}/${bar.order.steps || bar.step + 1}` : ""),
        h("td", { class: "num" }, model.say(bar.start, "far")), h("td", { class: "num" }, model.say(bar.end, "far")),
        h("td", { class: "num" }, isOp && bar.order.due !== null ? model.say(bar.order.due, "far") : ""),
        h("td", {}, bar.late ? h("span", { class: "is-late" }, `▲ ${duration(bar.order.late_h ?? null)}`) : ""),
        h("td", {}, isOp ? tell.locks.text(bar) : plan.serviceState(bar, suggestion)),
        h("td", { class: "do" }, show, lockable ? plan.lockButton(tell.locks, bar, t("Lock")) : null));
    };
    const turn = (text, to, off) => {
      const button = h("button", { type: "button", class: "button small", disabled: off ? "" : null }, text);
      button.addEventListener("click", () => { first = to; paint(); region.querySelector(".table-place").scrollTop = 0; });
      return button;
    };

    const paint = () => {
      if (!model || region.hidden) return;
      const bars = model.bars.filter(shows).sort(SORTS[by]);
      first = Math.min(first, Math.max(0, Math.floor((bars.length - 1) / PAGE) * PAGE));
      const last = Math.min(bars.length, first + PAGE), scrolled = region.querySelector(".table-place")?.scrollTop || 0;
      const on = region.contains(document.activeElement) ? document.activeElement : null, held = on && (on.dataset.lock || on.getAttribute("aria-label"));
      region.replaceChildren(
        plan.wide(t("The plan as a table"), h("table", { class: "plain-table plan-table" },
          h("caption", { class: "hidden" }, t("Operations and services of the plan")),
          h("thead", {}, h("tr", {}, head("machine", t("Machine")), head("order", t("Order")), plainHead(t("Step")), head("start", t("Start")), plainHead(t("End")), plainHead(t("Due")),
            head("late", t("Late by")), plainHead(t("State"), ""), h("th", {}, h("span", { class: "hidden" }, t("Actions"))))),
          h("tbody", {}, ...bars.slice(first, last).map(row)))),
        h("div", { class: "pager" }, turn(t("Back"), first - PAGE, first === 0), h("span", { role: "status" }, bars.length ? t("{from} to {to} of {n}", { from: first + 1, to: last, n: bars.length }) : t("Nothing matches the filters")),
          turn(t("Next"), first + PAGE, last >= bars.length)));
      region.querySelector(".table-place").scrollTop = scrolled;
      if (held) [...region.querySelectorAll("button")].find((b) => (b.dataset.lock || b.getAttribute("aria-label")) === held)?.focus({ preventScroll: true });
    };
    return { set: (next, filter) => { model = next; shows = filter; paint(); }, paint, count: () => model?.bars.filter(shows).length ?? 0 };
  };
})();

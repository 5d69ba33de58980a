/* Cells of the list of orders: what, how far, by when, late or not. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, number, duration } = twin;

  const when = (iso, today) => (iso ? (iso.slice(0, 10) === today ? iso.slice(11, 16) : iso.slice(5, 16).replace("T", " ")) : "—");
  const states = () => ({ open: t("open"), done: t("done"), cancelled: t("cancelled") });
  const priorities = () => ({ 1: t("1, most urgent"), 2: "2", 3: t("3, usual"), 4: "4", 5: t("5, can wait") });
  const productName = (state, id) => pick(state.products?.[id]?.name) || id;
  const machineName = (state, id) => pick(state.machines?.[id]) || id;

  const isLate = (order) => order.state === "open" && (order.late_h > 0 || order.left_out || (order.overdue && order.late_h === undefined));
  const spare = (hours) => (hours > 0 ? t("{time} late", { time: duration(hours) }) : t("{time} to spare", { time: duration(-hours) }));
  /** Is it in time? In a word, and more words below. */
  const lateness = (order) => {
    if (order.state === "cancelled") return ["—", ""];
    const plan = order.proposed ? t("if the proposed plan is adopted") : "";
    if (order.left_out) return ["■ " + t("left out of the plan"), plan];
    if (order.late_h > 0) return [`▲ ${spare(order.late_h)}`, plan];
    if (order.late_h !== undefined) return [spare(order.late_h), plan];
    return order.overdue ? ["▲ " + t("overdue"), t("not planned yet")] : ["—", t("not planned yet")];
  };
  /** Why it comes late or not at all: the schedule page knows the words. */
  const why = (order, state) => (isLate(order) && order.why && twin.plan?.reasonText
    ? twin.plan.reasonText({ reason: order.why, by: order.by }, (id) => machineName(state, id)) : "");

  const stepName = (order, state, n) => pick(state.products?.[order.product]?.steps?.[n]) || t("step {n}", { n: n + 1 });
  /** The step under way, the next one, or how it ended. */
  const progressText = (order, state) => {
    const steps = order.steps || [], done = steps.filter(([s]) => s === "done").length;
    const of = t("{n} of {m} steps done", { n: done, m: steps.length });
    const at = steps.findIndex(([s]) => s === "running");
    if (at >= 0) {
      const [, machine, pieces, planned] = steps[at];
      const where = machine ? t("{step} on {machine}", { step: stepName(order, state, at), machine: machineName(state, machine) }) : stepName(order, state, at);
      return [of, pieces ? t("{where}, {n} of {m} pieces", { where, n: number(pieces, 0), m: number(order.quantity, 0) })
        : planned ? t("{where}, about {n} %", { where, n: number(100 * planned, 0) }) : where];
    }
    if (order.state === "open" && done) return [of, t("next: {step}", { step: stepName(order, state, done) })];
    if (order.state === "open") return [t("not begun"), order.ahead ? t("not before {time}", { time: when(order.release) }) : ""];
    return [of, ""];
  };
  const share = (order, [state, , pieces, planned]) => (state === "done" ? 1 : state === "running" ? Math.min(1, pieces / order.quantity || planned || 0) : 0);
  /** A field a step, filled as far as it is done. */
  const bar = (order) => h("div", { class: "steps-bar", "aria-hidden": "true" }, ...(order.steps || []).map((step) =>
    h("span", { class: `step-${step[0]}` }, h("i", { style: `width:${Math.round(100 * share(order, step))}%` }))));

  const two = (first, second, css = "") => [h("div", { class: css || null }, first), second ? h("div", { class: "detail" }, second) : null].filter(Boolean);

  const buttons = (id, order) => {
    const name = (label) => h("span", {}, label, h("span", { class: "hidden" }, ` ${id}`));
    if (order.state === "cancelled" && order.undo) {
      return [twin.button("action.undo", name(t("Open again")), (button) => twin.act("action.undo", { detail: { action: order.undo }, button, text: t("Order {order} is open again", { order: id }) }), { css: "button small" })];
    }
    if (order.state !== "open") return [];
    return [twin.button("order.change", name(t("Change")), () => twin.orders.askChange(id), { css: "button small" }),
      twin.button("order.cancel", name(t("Cancel order")), () => twin.orders.askCancel(id), { css: "button small" })];
  };

  /** One order's row; drawn anew only when something of it has changed. */
  const row = (id, order, state, today) => {
    const [first, second] = lateness(order), [far, detail] = progressText(order, state), late = isLate(order);
    const cell = (label, css, ...children) => h("td", { class: css || null, "data-label": label }, ...children);
    const end = order.state === "done" ? order.closed : order.end;
    return h("tr", { "data-id": id, class: order.state === "open" ? null : "closed" },
      h("th", { scope: "row", class: "order-id" }, order.state === "open" && order.end
        ? h("a", { href: `/schedule?order=${encodeURIComponent(id)}`, "data-nav": 1, title: t("Show in the schedule") }, id) : id, order.note ? h("div", { class: "detail note" }, order.note) : null),
      cell(t("Product"), "product", ...two(productName(state, order.product), t("{n} pieces", { n: number(order.quantity, 0) }))),
      cell(t("Priority"), "num", String(order.priority)),
      cell(t("Progress"), "progress", bar(order), ...two(order.state === "cancelled" ? t("cancelled") : far, order.reason || detail)),
      cell(t("Due"), "num", when(order.due, today)),
      cell(order.state === "done" ? t("Done") : t("Done by"), "num", when(end, today)),
      cell(t("In time?"), "in-time", ...two(first, second, late ? "is-late" : ""), late && why(order, state) ? h("div", { class: "detail" }, why(order, state)) : ""),
      h("td", { class: "do" }, ...buttons(id, order)));
  };

  twin.orders = { when, states, priorities, productName, isLate, row };
})();

/* Forms about an order: a new one, a changed one, one that is called off. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, orders } = twin;
  const QUANTITY_MAX = 1000000;

  let state = null;
  /** The page tells what it shows; forms ask about that. */
  orders.know = (next) => { state = next; };

  const shifted = (clock, hours) => {
    const at = new Date(`${clock.date}T${clock.time}Z`).getTime() + hours * 3600000;
    return new Date(Math.ceil(at / 3600000) * 3600000).toISOString().slice(0, 16);
  };
  const priority = (value) => ({ name: "priority", label: t("Priority"), kind: "select", value, options: Object.entries(orders.priorities()).map(([n, text]) => [Number(n), text]) });
  const quantity = (value) => ({ name: "quantity", label: t("Quantity"), kind: "number", unit: t("pieces"), required: true, min: 1, max: QUANTITY_MAX, step: 1, value });
  const due = (value) => ({ name: "due", label: t("Due"), kind: "datetime", required: true, value });
  const note = (value) => ({ name: "note", label: t("Note"), kind: "textarea", max: 2000, value });

  orders.askNew = () => {
    const products = Object.entries(state.products || {}).map(([id, product]) => [id, pick(product.name) || id]);
    if (!products.length) { twin.toast(t("The plant file names no product."), { alert: true }); return; }
    twin.ask({
      title: t("New order"), submit: t("Add the order"), verb: "order.add", text: t("Order added"),
      fields: [{ name: "product", label: t("Product"), kind: "select", options: products, value: products[0][0] }, quantity(100), due(shifted(state.clock, 48)),
        { name: "release", label: t("Release"), kind: "datetime", hint: t("Not begun before; left empty: now. In the plant's time") }, priority(3),
        { name: "id", label: t("Number"), max: 64, hint: t("Left empty: the next free one") }, note()],
    });
  };

  /** Only what is different is sent: two people may change different things of one order. */
  const changes = (order) => (values) => {
    const before = { quantity: order.quantity, due: order.due, release: order.release, priority: order.priority, note: order.note || "" };
    const given = { ...values, note: values.note || "" };
    return Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== before[name]));
  };
  orders.askChange = (id) => {
    const order = state?.orders?.[id];
    if (!order) return;
    const begun = (order.steps || []).some(([s]) => s !== "waiting");
    const free = begun ? [] : [quantity(order.quantity), { name: "release", label: t("Release"), kind: "datetime", value: order.release }];
    twin.ask({
      title: t("Change order {order}", { order: id }), intro: begun ? t("It was begun: its quantity and release stay.") : "",
      fields: [...free, due(order.due), priority(order.priority), note(order.note)],
      submit: t("Change"), verb: "order.change", fixed: { order: id }, detail: changes(order), text: t("Order {order} changed", { order: id }),
    });
  };

  orders.askCancel = (id) => {
    const order = state?.orders?.[id];
    if (!order) return;
    const running = (order.steps || []).some(([s]) => s === "running");
    twin.ask({
      title: t("Cancel order {order}?", { order: id }), intro: [t("{n} pieces of {product}", { n: twin.number(order.quantity, 0), product: orders.productName(state, order.product) }),
        ...(running ? [t("A step of it is under way.")] : [])],
      fields: [{ name: "reason", label: t("Reason"), required: true, max: 2000 }],
      submit: t("Cancel order"), verb: "order.cancel", fixed: { order: id }, text: t("Order {order} cancelled", { order: id }),
    });
  };
})();

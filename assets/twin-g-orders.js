/* Orders page: the list, its filters and sums, and what may be done about an order. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, say, orders } = twin;
  const FIRST = 40, MORE = 100;

  const sorts = {
    "": ([, a], [, b]) => a.n - b.n,
    priority: ([, a], [, b]) => a.priority - b.priority || a.n - b.n,
    late: ([, a], [, b]) => (b.left_out ? 1e9 : b.late_h ?? -1e9) - (a.left_out ? 1e9 : a.late_h ?? -1e9) || a.n - b.n,
  };
  const fits = (f, state) => ([id, order]) => {
    const wanted = f.state || "open";
    return (wanted === "all" || (wanted === "late" ? orders.isLate(order) : order.state === wanted))
      && (!f.product || order.product === f.product) && (!f.priority || String(order.priority) === f.priority)
      && twin.contains(f.text, id, order.product, state.products?.[order.product]?.name, order.note || "", order.who || "");
  };
  const sums = (every) => {
    const open = every.filter(([, o]) => o.state === "open"), late = open.filter(([, o]) => orders.isLate(o)).length;
    const running = open.filter(([, o]) => (o.steps || []).some(([s]) => s === "running")).length;
    if (!open.length) return [t("No order is open.")];
    const n = open.length === 1 ? t("1 order is open") : t("{n} orders are open", { n: open.length });
    const about = [n, t("{n} under way", { n: running })].join(t(", ")) + t(", ");
    return late ? [about, h("a", { href: "/orders?state=late&sort=late", "data-nav": 1 }, t("{n} will be late", { n: late }))] : [about, t("none will be late")];
  };
  const empty = (title, text) => h("div", { class: "empty" }, h("strong", {}, title), text);

  twin.pages.orders = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    const heads = [t("Order"), t("Product"), t("Priority"), t("Progress"), t("Due"), t("Done by"), t("In time?"), ""];
    const body = h("tbody", {});
    const table = h("table", { class: "orders-table", "aria-labelledby": "h-orders" }, h("thead", {}, h("tr", {}, ...heads.map((text, n) =>
      h("th", { scope: "col", class: [2, 4, 5].includes(n) ? "num" : null }, text || h("span", { class: "hidden" }, t("Actions")))))), body);
    region("do").append(
      twin.button("order.add", t("New order"), () => orders.askNew(), { css: "button primary" }),
      twin.button("order.import", t("Import orders.csv"), () => page.querySelector("[data-import]").click()),
      h("a", { href: "/orders/import", "data-nav": 1, "data-import": 1, hidden: "" }, t("Import orders.csv")));
    const rows = new Map();
    let state = null, bar = null, most = FIRST;
    const show = h("button", { type: "button", class: "button small", hidden: "" });
    show.addEventListener("click", () => { most += MORE; paint(); });
    region("more").before(show);

    const drawn = (id, order, today) => {
      const text = JSON.stringify([order, today, state.products?.[order.product], (order.steps || []).map(([, m]) => state.machines?.[m])]);
      if (rows.get(id)?.text !== text) rows.set(id, { text, tr: orders.row(id, order, state, today) });
      return rows.get(id).tr;
    };
    /** In place: the keyboard stays in the row it is in, though the row was drawn anew. */
    const put = (shown) => {
      if (shown.length === body.children.length && shown.every((tr, n) => tr === body.children[n])) return;
      const held = body.contains(document.activeElement) ? document.activeElement : null;
      const id = held?.closest("tr").dataset.id, act = held?.dataset.act;
      body.replaceChildren(...shown);
      if (!held || held.isConnected) { held?.focus(); return; }
      const next = shown.find((tr) => tr.dataset.id === id) || shown[0];
      (next?.querySelector(`[data-act="${act}"]`) || next?.querySelector("button"))?.focus();
    };
    const paint = () => {
      if (!state?.orders || !bar) return;
      orders.know(state);
      const every = Object.entries(state.orders), found = every.filter(fits(bar.values, state)).sort(sorts[bar.values.sort] || sorts[""]);
      twin.replace(region("sums"), sums(every));
      const shown = found.slice(0, most);
      put(shown.map(([id, order]) => drawn(id, order, state.clock.date)));
      for (const id of rows.keys()) if (!state.orders[id]) rows.delete(id);
      const place = region("orders");
      if (shown.length) { if (place.firstChild !== table) place.replaceChildren(table); }
      else if (bar.isActive()) place.replaceChildren(empty(t("Nothing matches the filters"), ""));
      else place.replaceChildren(empty(t("No order is open."), t("Add one by hand, import a file, or let your system send them to the gateway.")));
      show.hidden = found.length <= most;
      say(show, t("Show {n} more", { n: Math.min(MORE, found.length - most) }));
      say(region("more"), state.more && ["done", "cancelled", "all"].includes(bar.values.state) ? t("{n} older ones are in the CSV.", { n: state.more }) : "");
      say(table.querySelectorAll("th")[5], bar.values.state === "done" ? t("Done") : t("Done by"));
      bar.say(bar.isActive() ? t("{n} of {m} orders", { n: found.length, m: every.length }) : "");
      const { sort, ...asked } = Object.fromEntries(new URLSearchParams(bar.query()));
      const query = new URLSearchParams(asked).toString();
      for (const link of page.querySelectorAll("[data-export]")) link.href = `/export/${link.dataset.export}.csv${query ? `?${query}` : ""}`;
    };

    return (next) => {
      state = next;
      if (!bar && state.products) {
        const known = new Set([...Object.keys(state.products), ...Object.values(state.orders || {}).map((o) => o.product)]);
        bar = twin.filterBar(region("filters"), [
          { key: "state", label: t("State"), options: [["", t("open")], ["late", t("late")], ["done", t("done")], ["cancelled", t("cancelled")], ["all", t("all")]] },
          { key: "product", label: t("Product"), options: [["", t("all")], ...[...known].map((id) => [id, orders.productName(state, id)])] },
          { key: "priority", label: t("Priority"), options: [["", t("all")], ...Object.entries(orders.priorities())] },
          { key: "sort", label: t("Sort by"), options: [["", t("Due")], ["priority", t("Priority")], ["late", t("Lateness")]] },
          { key: "text", label: t("Search"), hint: t("Number, product or note") }], () => { most = FIRST; paint(); });
      }
      paint();
    };
  };
})();

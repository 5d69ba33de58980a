/* Import of orders from a file: what it says row by row, and then the good rows. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, say, number } = twin;
  const CHUNK_BYTES = 150000, CHUNK_ROWS = 1000, SHOWN_MAX = 300;
  const COLUMNS = ["order", "product", "quantity", "release", "due", "priority", "note"];
  const NUMBERS = new Set(["quantity", "priority"]);

  let products = {};
  const notice = (text, bad = false) => h("p", { class: bad ? "notice alert" : "notice", role: bad ? "alert" : "status" }, text);
  const ask = async (body) => {
    const answer = await fetch("/orders/preview", { method: "POST", headers: { "Content-Type": "text/csv" }, body }).catch(() => null);
    const told = answer ? await answer.json().catch(() => ({})) : {};
    if (answer?.ok) return told;
    throw new Error(told.says || (told.error === "role" ? twin.whyNot("order.import") : t("The server did not answer")));
  };
  /** As many actions as are needed: one holds so many rows, and so many bytes. */
  const chunks = (details) => {
    const found = [[]];
    let bytes = 0;
    for (const detail of details) {
      const size = new Blob([JSON.stringify(detail)]).size;
      if (found.at(-1).length && (bytes + size > CHUNK_BYTES || found.at(-1).length >= CHUNK_ROWS)) { found.push([]); bytes = 0; }
      found.at(-1).push(detail);
      bytes += size;
    }
    return found;
  };

  const names = () => ({ order: t("Order"), product: t("Product"), quantity: t("Quantity"), release: t("Release"), due: t("Due"), priority: t("Priority"), note: t("Note"), row: t("Row") });
  /** What will be taken, and where it is not, what was written with what is wrong with it. */
  const value = (row, column) => {
    const { detail, times, cells } = row;
    if (!detail) return cells[column] || "";
    if (column === "order") return detail.id || h("span", { class: "detail" }, t("the next number"));
    if (column === "release") return times.release ? times.release.replace("T", " ") : h("span", { class: "detail" }, t("now"));
    if (column === "product") return twin.orders.productName(products, detail.product);
    if (column === "due") return times.due.replace("T", " ");
    return String(detail[column] ?? "");
  };
  /** A row, and below it what is wrong with it. */
  const lines = (row) => {
    const faults = row.faults || [], wrong = new Set(faults.map(([column]) => column));
    const cell = (column) => h("td", { class: [wrong.has(column) ? "bad" : "", NUMBERS.has(column) ? "num" : ""].join(" ").trim() || null, "data-label": names()[column] }, value(row, column));
    const tr = h("tr", { class: row.detail ? null : "refused" }, h("th", { scope: "row", class: "num", "data-label": t("Row") }, String(row.row)), ...COLUMNS.map(cell));
    if (!faults.length) return [tr];
    const said = faults.map(([column, words]) => h("div", { class: "fault" }, h("span", {}, `${names()[column]}${t(": ")}`), words));
    return [tr, h("tr", { class: "said" }, h("td", {}), h("td", { colspan: COLUMNS.length }, ...said))];
  };

  const table = (rows) => {
    return h("div", { class: "wide", tabindex: 0, role: "region", "aria-label": t("What the file says") }, h("table", { class: "import-table" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "num" }, t("Row")), ...COLUMNS.map((c) => h("th", { scope: "col", class: NUMBERS.has(c) ? "num" : null }, names()[c])))), h("tbody", {}, ...rows.slice(0, SHOWN_MAX).flatMap(lines))));
  };

  twin.pages["orders-import"] = (page) => {
    const place = (name) => page.querySelector(`[data-list="${name}"]`);
    const preview = place("preview"), panel = preview.closest(".panel");
    const may = twin.may("order.import");
    const file = h("input", { type: "file", id: "orders-file", accept: ".csv,.txt,.tsv,text/csv", disabled: may ? null : "" });
    const text = h("textarea", { id: "orders-text", rows: 4, spellcheck: "false", disabled: may ? null : "" });
    const read = h("button", { type: "button", class: "button", disabled: may ? null : "" }, t("Look at it"));
    panel.hidden = true;

    const show = (...children) => { preview.replaceChildren(...children); panel.hidden = false; };
    const look = async (body) => {
      show(h("p", { class: "loading", role: "status" }, t("Reading the file")));
      try { judge(await ask(body)); } catch (error) { show(notice(error.message, true)); }
    };

    const judge = ({ rows, ignored }) => {
      const good = rows.filter((r) => r.detail), bad = rows.filter((r) => !r.detail);
      if (!rows.length) { show(notice(t("The file holds no order below its first line."), true)); return; }
      const said = [good.length === 1 ? t("1 order can be taken.") : t("{n} orders can be taken.", { n: number(good.length, 0) }),
        bad.length ? (bad.length === 1 ? t("1 row cannot: what is wrong stands in it.") : t("{n} rows cannot: what is wrong stands in them.", { n: number(bad.length, 0) })) : "",
        ignored.length ? t("Not used: {columns}.", { columns: ignored.join(t(", ")) }) : ""].filter(Boolean).join(" ");
      const only = h("input", { type: "checkbox", id: "only-bad" }), list = h("div", {}), more = h("p", { class: "quiet" }), after = h("div", { "aria-live": "polite" });
      const paint = () => {
        const shown = only.checked ? bad : rows;
        list.replaceChildren(table(shown));
        say(more, shown.length > SHOWN_MAX ? t("The first {n} of {m} rows are shown.", { n: SHOWN_MAX, m: number(shown.length, 0) }) : "");
      };
      only.addEventListener("change", paint);
      const go = twin.button("order.import", good.length === 1 ? t("Import 1 order") : t("Import {n} orders", { n: number(good.length, 0) }), (b) => bring(b, good, after), { css: "button primary" });
      show(h("p", { class: "import-sums", role: "status" }, said), bad.length ? h("div", { class: "field check" }, only, h("label", { for: "only-bad" }, t("Only rows that cannot be taken"))) : "",
        list, more, h("p", { class: "buttons" }, good.length ? go : ""), after);
      paint();
    };

    const bring = async (button, good, after) => {
      if (button.disabled || button.classList.contains("busy")) return;
      button.classList.add("busy");
      const done = [];
      try {
        for (const orders of chunks(good.map((r) => r.detail))) done.push(await twin.submit("order.import", { detail: { orders } }));
        button.disabled = true;
        const undo = twin.button("action.undo", t("Undo"), async (b) => {
          const told = [];
          for (const { id } of done) told.push(await twin.act("action.undo", { detail: { action: id }, button: b }));
          if (told.every(Boolean)) { after.replaceChildren(notice(t("Taken back: none of them is an order any more."))); button.disabled = false; }
        });
        after.replaceChildren(notice(good.length === 1 ? t("1 order was imported.") : t("{n} orders were imported.", { n: number(good.length, 0) })),
          h("p", { class: "buttons" }, h("a", { class: "button primary", href: "/orders", "data-nav": 1 }, t("To the orders")), undo));
        after.querySelector("a").focus();
      } catch (fault) {
        if (fault.error !== "name") after.replaceChildren(notice([fault.says, ...Object.values(fault.fields || {})].join(" "), true));
      } finally {
        button.classList.remove("busy");
      }
    };

    file.addEventListener("click", () => { file.value = ""; });  // the same file, mended, is another
    file.addEventListener("change", () => file.files[0] && look(file.files[0]));
    read.addEventListener("click", () => text.value.trim() && look(text.value));
    place("file").replaceChildren(
      h("div", { class: "field" }, h("label", { for: "orders-file" }, t("orders.csv, from a spreadsheet or another system")), file),
      h("div", { class: "field" }, h("label", { for: "orders-text" }, t("or rows copied from a spreadsheet, with the line of names")), text),
      h("p", { class: "buttons" }, read, h("a", { class: "button", href: "/export/orders-example.csv", download: "" }, t("Download an example"))),
      may ? "" : notice(twin.whyNot("order.import")));
    return (state) => { products = state; };
  };
})();

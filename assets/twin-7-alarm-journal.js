/* The journal: who did what, when, what came of it; and taking it back where that is possible. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, duration } = twin;

  const verb = (code) => twin.codeText("verbs", code), refusal = (code) => twin.codeText("refusals", code);

  const about = (line) => [
    line.sensor ? pick(line.sensor) : "",
    line.order || "",
    line.orders ? (line.orders === 1 ? t("1 order") : t("{n} orders", { n: line.orders })) : "",
    line.count > 1 ? t("and {n} more", { n: line.count - 1 }) : "",
    line.limit && line.verb !== "alarm.off" ? twin.alarmCells.limits()[line.limit] : "",
    line.mode ? pick(line.mode) : "",
    line.hours ? t("for {time}", { time: duration(line.hours) }) : "",
    line.about ? verb(line.about) : "",
    line.text ? (line.who ? `“${line.text}”` : twin.alarmCells.reasons()[line.text] || line.text) : "",
  ].filter(Boolean).join(t(", "));

  const undo = (line) => {
    if (line.undone) return h("span", { class: "detail" }, t("taken back by {name}", { name: line.undone }));
    if (line.refused) return h("span", { class: "detail" }, t("Refused"), t(": "), refusal(line.refused));
    if (line.can_undo) return twin.button("action.undo", t("Undo"), (button) => twin.act("action.undo", { machine: line.machine, detail: { action: line.id }, button }), { css: "button small" });
    if (!line.why_not || line.verb === "action.undo") return "";
    const why = refusal(line.why_not);
    return h("span", { class: "detail", title: why }, "—", h("span", { class: "hidden" }, ` ${why}`));
  };

  const row = (line) => h("tr", { class: line.undone || line.refused ? "undone" : null },
    h("td", { class: "num when" }, line.time.replace("T", " ")),
    h("td", { "data-label": t("Who") }, line.who || t("the plant")),
    h("td", { "data-label": t("What") }, verb(line.verb)),
    h("td", { "data-label": t("Machine") }, line.machine ? h("a", { href: `/machine/${encodeURIComponent(line.machine)}`, "data-nav": 1 }, pick(line.name)) : ""),
    h("td", { class: "why" }, about(line)),
    h("td", { class: "do" }, undo(line)));

  twin.alarmJournal = (region) => {
    const body = h("tbody", {});
    const names = [t("Time"), t("Who"), t("What"), t("Machine"), t("About"), t("Undo")];
    region.replaceChildren(h("table", { class: "alarm-table journal", "aria-label": t("Journal") },
      h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)))), body));
    const rows = new Map();
    return (lines) => {
      const shown = lines.map((line) => {
        const text = JSON.stringify(line), held = rows.get(line.n);
        if (held?.text === text) return held.tr;
        const tr = row(line);
        rows.set(line.n, { text, tr });
        return tr;
      });
      const alive = new Set(lines.map((line) => line.n));
      for (const n of rows.keys()) if (!alive.has(n)) rows.delete(n);
      if (shown.length !== body.children.length || shown.some((tr, n) => tr !== body.children[n])) body.replaceChildren(...shown);
    };
  };
})();

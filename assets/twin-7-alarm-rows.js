/* Lines of the alarms page: one alarm each, painted in place, so that a hand or the keyboard stays on it. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, say, duration } = twin;

  const { states, limits, reasons, calls, clock, value, limitText, leftText, leftWhat, why, shelfText, machineLink, cell, buttons } = twin.alarmCells;

  /** A row and its painter. */
  const make = (id, ask) => {
    const tr = h("tr", { tabindex: -1, "data-alarm": id },
      cell("badge"), cell("what", "what"), cell("state", "", t("State")), cell("value", "num", t("Value")),
      cell("since", "num", t("Since")), cell("why", "why", t("Cause and answer")), cell("left", "num", t("Time left")), cell("do", "do"));
    const f = (key) => tr.querySelector(`[data-f="${key}"]`);
    const put = (key, children) => f(key).replaceChildren(...children.filter(Boolean));
    const fixed = twin.once((alarm) => {
      tr.className = calls(alarm) ? "calls" : "";
      put("badge", [twin.badge(alarm.priority)]);
      put("what", [machineLink(alarm), h("div", { class: "detail" }, pick(alarm.sensor))]);
      put("state", [states()[alarm.state], alarm.by && !calls(alarm) ? h("div", { class: "detail" }, alarm.by) : null]);
      put("why", [h("div", {}, why(alarm)), alarm.response ? h("div", {}, pick(alarm.response)) : null,
        alarm.consequence ? h("div", { class: "detail" }, t("If nothing is done: {what}", { what: pick(alarm.consequence) })) : null]);
      put("do", buttons(id, alarm, ask));
    });
    const paint = (alarm, today) => {
      const { machine, name, line, sensor, priority, state, by, active, mode, response, consequence } = alarm;
      fixed({ machine, name, line, sensor, priority, state, by, active, mode, response, consequence });
      if (!f("value").firstChild) {
        for (const key of ["value", "since", "left"]) f(key).append(h("div", {}), h("div", { class: "detail" }));
      }
      const two = (key, first, second) => { say(f(key).children[0], first); say(f(key).children[1], second); };
      two("value", value(alarm), limitText(alarm));
      two("since", clock(alarm.since, today), alarm.age_h === undefined ? "" : duration(alarm.age_h));
      two("left", leftText(alarm), leftWhat(alarm));
    };
    return { tr, paint };
  };

  /** A row of what is put aside: by whom, why, and until when. */
  const aside = (id, ask) => {
    const tr = h("tr", { "data-alarm": id }, cell("badge"), cell("what", "what"), cell("now", "", t("Now")), cell("reason", "why", t("Reason")),
      cell("by", "", t("By")), cell("until", "num", t("Until")), cell("do", "do"));
    const f = (key) => tr.querySelector(`[data-f="${key}"]`);
    const fixed = twin.once((alarm) => {
      f("badge").replaceChildren(twin.badge(alarm.priority));
      f("what").replaceChildren(machineLink(alarm), h("div", { class: "detail" }, pick(alarm.sensor)));
      say(f("now"), alarm.active ? limits()[alarm.limit] || t("active") : t("normal"));
      say(f("reason"), reasons()[alarm.reason] || alarm.reason || "—");
      say(f("by"), alarm.by || t("the plant"));
      f("do").replaceChildren(...buttons(id, alarm, ask));
    });
    const paint = (alarm, today) => {
      const { machine, name, sensor, priority, state, by, reason, active, limit } = alarm;
      fixed({ machine, name, sensor, priority, state, by, reason, active, limit });
      const until = alarm.one_shot || !alarm.until ? "" : clock(alarm.until, today);
      say(f("until"), [until, shelfText(alarm)].filter(Boolean).join(" · ") || "—");
    };
    return { tr, paint };
  };

  const head = (texts) => h("thead", {}, h("tr", {}, ...texts.map(([text, css]) =>
    h("th", { scope: "col", class: css || null }, ...(css === "do" || !text.trim() ? [h("span", { class: "hidden" }, text)] : [text])))));
  const columns = {
    active: () => [[t("Priority")], [t("Machine")], [t("State")], [t("Value"), "num"], [t("Since"), "num"], [t("Cause and answer")], [t("Time left"), "num"], [t("What to do"), "do"]],
    aside: () => [[t("Priority")], [t("Machine")], [t("Now")], [t("Reason")], [t("By")], [t("Until"), "num"], [t("What to do"), "do"]],
  };

  /** A table that keeps its rows: paint(list of [id, alarm] or {group}). */
  twin.alarmTable = (region, label, isActive, ask) => {
    const body = h("tbody", {}), rows = new Map();
    const table = h("table", { class: `alarm-table ${isActive ? "active" : "aside"}`, "aria-label": label }, head(columns[isActive ? "active" : "aside"]()), body);
    region.replaceChildren(table);
    return (list, today) => {
      const shown = list.map((item) => {
        if (item.tr) return item.tr;
        const [id, alarm] = item;
        if (!rows.has(id)) rows.set(id, (isActive ? make : aside)(id, ask));
        rows.get(id).paint(alarm, today);
        return rows.get(id).tr;
      });
      const ids = new Set(list.filter((item) => !item.tr).map(([id]) => id));
      for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
      const at = [...body.children];
      if (at.length !== shown.length || shown.some((tr, n) => tr !== at[n])) {
        const held = body.contains(document.activeElement) ? document.activeElement : null;
        const place = held ? at.indexOf(held.closest("tr")) : -1;
        body.replaceChildren(...shown);
        if (held) (held.isConnected ? held : shown.filter((tr) => tr.dataset.alarm)[Math.min(place, shown.length - 1)])?.focus();
      }
      if (isActive && shown.length && !shown.some((tr) => tr.tabIndex === 0)) (shown.find((tr) => tr.dataset.alarm) || shown[0]).tabIndex = 0;
    };
  };
})();

/* What people do on the alarms page: forms, keys, tabs. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick } = twin;

  const nameOf = (alarm) => `${pick(alarm.name)}${t(", ")}${pick(alarm.sensor)}`;

  const ask = (twin.alarmAsk = {
    shelve: (id, alarm) => twin.ask({
      title: t("Shelve this alarm"), intro: nameOf(alarm), verb: "alarm.shelve", machine: alarm.machine, submit: t("Shelve"),
      fields: [
        { name: "hours", label: t("For how long"), kind: "select", value: 8, options: [
          ...[1, 2, 4, 8, 12, 24, 72].map((n) => [n, twin.duration(n)]), ...(alarm.active ? [[null, t("until it clears")]] : [])] },
        { name: "reason", label: t("Reason"), required: true, max: 200 }],
      detail: (values) => ({ alarm: id, hours: values.hours ?? null, reason: values.reason }),
    }),
    remove: (id, alarm) => twin.ask({
      title: t("Take this alarm out of service"), intro: nameOf(alarm), verb: "alarm.remove", machine: alarm.machine, submit: t("Out of service"),
      fields: [{ name: "reason", label: t("Reason"), required: true, max: 200, hint: t("It calls nobody until somebody puts it back in service.") }],
      detail: (values) => ({ alarm: id, reason: values.reason }),
    }),
  });

  /** Arrows move from row to row; A acknowledges, S shelves, Enter opens the machine. */
  twin.alarmKeys = (panel, alarmOf) => panel.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr[data-alarm]");
    if (!row || event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...panel.querySelectorAll("tr[data-alarm]")], id = row.dataset.alarm, alarm = alarmOf(id);
    const go = (to) => { if (!to) return; row.tabIndex = -1; to.tabIndex = 0; to.focus(); };
    const does = {
      ArrowDown: () => go(rows[rows.indexOf(row) + 1]), ArrowUp: () => go(rows[rows.indexOf(row) - 1]), Home: () => go(rows[0]), End: () => go(rows.at(-1)),
      a: () => twin.act("alarm.acknowledge", { machine: alarm.machine, detail: { alarms: [id] } }), s: () => ask.shelve(id, alarm), Enter: () => row.querySelector("a").click(),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (does && alarm) { event.preventDefault(); does(); }
  });

  /** One list at a time; which one is in the address. */
  twin.alarmTabs = (page) => {
    const buttons = [...page.querySelectorAll("[data-show]")];
    const show = (name, write) => {
      for (const button of buttons) {
        const is = button.dataset.show === name;
        button.setAttribute("aria-selected", is);
        button.tabIndex = is ? 0 : -1;
        page.querySelector(`[data-panel="${button.dataset.show}"]`).hidden = !is;
      }
      page.dataset.tab = name;
      if (!write) return;
      const query = new URLSearchParams(location.search);
      name === "active" ? query.delete("tab") : query.set("tab", name);
      const text = query.toString();
      history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
    };
    buttons.forEach((button, n) => {
      button.addEventListener("click", () => show(button.dataset.show, true));
      button.addEventListener("keydown", (event) => {
        const to = { ArrowRight: buttons[(n + 1) % buttons.length], ArrowLeft: buttons[(n || buttons.length) - 1], Home: buttons[0], End: buttons.at(-1) }[event.key];
        if (to) { event.preventDefault(); show(to.dataset.show, true); to.focus(); }
      });
    });
    show(page.dataset.tab, false);
  };
})();

/* Alarms page: lists by state, filters, a flood in groups. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, say } = twin;

  const SHOWN_MAX = 300;  // more rows than anybody reads, and as many as paint at once
  const LISTS = { shelved: "shelved", out: "out_of_service", suppressed: "suppressed_by_design" };
  const ACTIVE = ["unacknowledged", "returned_unacknowledged", "acknowledged"];
  /** What calls and lasts, what calls and is gone, what was acknowledged; each by priority, oldest first. */
  const inOrder = (list) => list.sort(([i, a], [j, b]) =>
    ACTIVE.indexOf(a.state) - ACTIVE.indexOf(b.state) || a.priority - b.priority || a.came - b.came || (i < j ? -1 : 1));

  const groupText = (n, sensor) => n === 1 ? pick(sensor) : t("{n} alarms, first out: {sensor}", { n, sensor: pick(sensor) });
  /** In a flood: by machine, each group under a line that names what came first. */
  const grouped = (list, groups, headers, ack) => groups.flatMap((group) => {
    const own = list.filter(([, alarm]) => alarm.machine === group.machine);
    if (!own.length) return [];
    own.sort(([, a], [, b]) => a.came - b.came);
    const text = groupText(own.length, group.first_name.sensor);
    const ids = own.filter(([, a]) => twin.alarmCells.calls(a)).map(([id]) => id);
    const key = JSON.stringify([group.machine, text, ids]);
    if (!headers.has(key)) headers.set(key, h("tr", { class: "group-head" }, h("td", { colspan: 8 },
      h("strong", {}, pick(group.name)), ` · ${text} · ${group.since.slice(11, 16)} `, ids.length > 1 ? ack(t("Acknowledge all of it"), () => ids) : null)));
    return [{ tr: headers.get(key) }, ...own];
  });

  const empty = (title, text) => h("div", { class: "empty" }, h("strong", {}, title), text);
  const emptyTexts = (name) => ({
    active: [t("No alarm is active"), t("Everything is within its limits.")], shelved: [t("Nothing is shelved"), t("A shelved alarm waits here and returns by itself.")],
    out: [t("No alarm is out of service"), ""], suppressed: [t("Nothing is suppressed"), t("Alarms of machines that stand failed or are being serviced wait here.")],
  }[name]);

  twin.pages.alarms = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    let state = null, shown = [], bar = null;
    const ack = (text, ids) => twin.button("alarm.acknowledge", text, (button) => ids().length && twin.act("alarm.acknowledge", { detail: { alarms: ids() }, button }), { css: "button small" });
    const calling = () => shown.filter(([, alarm]) => twin.alarmCells.calls(alarm)).map(([id]) => id);
    const all = ack(t("Acknowledge all shown"), calling);
    const more = h("p", { class: "quiet" });
    region("do-active").append(all);
    region("active").after(more);
    twin.alarmTabs(page);
    twin.alarmKeys(page.querySelector('[data-panel="active"]'), (id) => state?.alarms[id]);

    const tables = {}, headers = new Map();
    const table = (name) => (tables[name] ||= twin.alarmTable(region(name), page.querySelector(`#tab-${name}`).firstChild.textContent, name === "active", twin.alarmAsk));
    const paintList = (name, list, ids, today) => {
      if (!ids) { delete tables[name]; region(name).replaceChildren(empty(...(bar.isActive() ? [t("Nothing matches the filters"), ""] : emptyTexts(name)))); return; }
      table(name)(list, today);
    };
    const journal = twin.alarmJournal(region("journal")), figures = twin.alarmFigures(region("system"));
    const fits = ([, a]) => (!bar.values.line || a.line === bar.values.line) && (!bar.values.priority || String(a.priority) === bar.values.priority)
      && (!bar.values.state || a.state === bar.values.state) && twin.contains(bar.values.text, a.name, a.machine, a.sensor);
    const flood = twin.once(({ since, recent, groups }) => {
      const box = region("flood");
      box.hidden = !since;
      if (!since) { box.replaceChildren(); return; }
      box.replaceChildren(h("strong", {}, t("Alarm flood since {time}", { time: since.slice(11, 16) })), " · ", t("{n} alarms in the last 10 minutes", { n: recent }),
        h("ul", {}, ...groups.slice(0, 6).map((g) => h("li", {}, h("a", { href: `/machine/${encodeURIComponent(g.machine)}`, "data-nav": 1 }, pick(g.name)),
          ` · ${groupText(g.alarms.length, g.first_name.sensor)}`))));
    });

    const paint = () => {
      if (!state?.alarms || !bar) return;
      if (!state.known) { region("active").replaceChildren(h("p", { class: "loading" }, t("The desk has not spoken yet."))); return; }
      const today = state.clock.date, every = Object.entries(state.alarms);
      const of = (wanted) => every.filter(([, a]) => wanted.includes(a.state));
      const counts = { active: of(ACTIVE).length, ...Object.fromEntries(Object.entries(LISTS).map(([name, s]) => [name, of([s]).length])) };
      for (const el of page.querySelectorAll("[data-count]")) say(el, el.dataset.count in counts ? counts[el.dataset.count] : "");
      const fitting = inOrder(of(ACTIVE).filter(fits));
      shown = fitting.slice(0, SHOWN_MAX);
      say(more, fitting.length > SHOWN_MAX ? t("and {n} more: narrow the filters", { n: fitting.length - SHOWN_MAX }) : "");
      const groups = state.rates?.groups || [];
      const list = state.rates?.flood && groups.length ? grouped(shown, [...groups, ...rest(groups)], headers, ack) : shown;
      if (headers.size > 200) headers.clear();
      paintList("active", list, shown.length, today);
      for (const [name, s] of Object.entries(LISTS)) {
        const own = of([s]).filter(fits);
        own.sort(([, a], [, b]) => (a.left_h ?? 1e9) - (b.left_h ?? 1e9) || a.priority - b.priority);
        paintList(name, own, own.length, today);
      }
      all.hidden = calling().length < 2;
      say(all.firstChild, t("Acknowledge {n} shown", { n: calling().length }));
      bar.say(bar.isActive() ? t("{n} of {m} alarms", { n: every.filter(fits).length, m: every.length }) : "");
      flood({ since: state.rates?.flood || null, recent: state.rates?.recent, groups });
      journal(Object.values(state.journal || {}).filter((x) => (!bar.values.who || (bar.values.who === "people") === Boolean(x.who)) && twin.contains(bar.values.text, x.name || "", x.machine || "", x.sensor || "", x.who, x.text || "")).sort((a, b) => b.n - a.n));
      figures(state.rates || {});
      for (const link of page.querySelectorAll("[data-export]")) link.href = `/export/${link.dataset.export}.csv${bar.query() ? `?${bar.query()}` : ""}`;
    };
    /** Machines whose alarms are not in a group: they went before anybody saw them. */
    const rest = (groups) => {
      const known = new Set(groups.map((g) => g.machine)), found = new Map();
      for (const [, a] of shown) if (!known.has(a.machine) && !found.has(a.machine)) found.set(a.machine, { machine: a.machine, name: a.name, first_name: { sensor: a.sensor }, since: a.since });
      return [...found.values()];
    };

    return (next) => {
      state = next;
      if (!bar) {
        const words = twin.alarmCells.states();
        bar = twin.filterBar(region("filters"), [
          { key: "line", label: t("Line"), options: [["", t("all")], ...Object.entries(state.lines || {}).map(([id, name]) => [id, pick(name)])] },
          { key: "priority", label: t("Priority"), options: [["", t("all")], ...[1, 2, 3].map((p) => [String(p), `${twin.shapes[p]} P${p}`])] },
          { key: "state", label: t("State"), options: [["", t("all")], ...Object.entries(words)] },
          { key: "who", label: t("Who"), options: [["", t("all")], ["people", t("people")], ["plant", t("the plant")]] },
          { key: "text", label: t("Search"), hint: t("Machine or sensor") }], () => paint());
      }
      paint();
    };
  };
})();

/* Plant page: key figures, tiles, work list, when and how sure; filters shared by all of them. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, say, once } = twin;
  const FIRST = 10, MORE = 50;

  const codeWords = () => ({
    ok: t("normal"), idle: t("idle"), silent: t("no data"), service: t("being serviced"),
    p1: t("P1 act now"), p2: t("P2 plan today"), p3: t("P3 watch"),
  });
  const tile = (machine, wide) =>
    h("li", {}, h("a", { class: "tile", href: `/machine/${encodeURIComponent(machine.id)}`, "data-nav": 1, "data-machine": machine.id },
      h("span", {}, wide ? pick(machine.name) : machine.label)));
  const line = (item, wide) => {
    const n = item.groups.reduce((sum, group) => sum + group.machines.length, 0);
    return h("div", { class: "line" },
      h("div", { class: "line-head" },
        h("a", { href: `/line/${encodeURIComponent(item.id)}`, "data-nav": 1 }, pick(item.name)),
        h("span", {}, h("span", { "data-oee": item.id }), t("{n} machines", { n }))),
      h("div", { class: "groups" }, ...item.groups.map((group) =>
        h("div", { class: "group" },
          h("div", { class: "group-name" }, pick(group.name)),
          h("ul", { class: "tiles" }, ...group.machines.map((m) => tile(m, wide)))))));
  };
  /** All machines of the lines, with what filters ask of them. */
  const machinesOf = (lines) =>
    lines.flatMap((l) => l.groups.flatMap((g) => g.machines.map((m) => ({ id: m.id, name: m.name, line: l.id, class: g.id }))));

  /** Tiles by machine: only those whose colour or filter has changed are touched. */
  const tilePainter = (region) => {
    const places = new Map([...region.querySelectorAll(".tile")].map((a) => [a.dataset.machine, a]));
    const shown = new Map(), hidden = new Set();
    return (codes, machines, wanted) => {
      const words = codeWords();
      for (const m of machines) {
        const a = places.get(m.id), code = codes[m.id] || "silent";
        if (shown.get(a) !== code) {
          shown.set(a, code);
          a.className = `tile ${code}`;
          a.title = `${pick(m.name)}${t(": ")}${code.split(" ").map((c) => words[c]).join(t(", "))}`;
          a.setAttribute("aria-label", a.title);
        }
        const hide = !wanted.has(m.id);
        if (hide !== hidden.has(a)) { a.parentElement.hidden = hide; hide ? hidden.add(a) : hidden.delete(a); }
      }
      for (const group of region.querySelectorAll(".group, .line")) group.hidden = !group.querySelector("li:not([hidden])");
    };
  };

  /** Undefined instead of null, however the state came: in full, or as a difference. */
  const clean = (item) => Object.fromEntries(Object.entries(item).filter(([, v]) => v !== null));

  twin.pages.plant = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    const only = page.dataset.line;
    page.classList.toggle("one-line", Boolean(only));
    const kpis = new Map([...page.querySelectorAll("[data-kpi]")].map((card) => [card.dataset.kpi, twin.paintKpi(card)]));
    let state, known, machines, tiles, bar, most = FIRST;

    const build = (lines) => {
      const here = lines.filter((l) => !only || l.id === only);
      machines = machinesOf(here);
      region("lines").replaceChildren(...here.map((l) => line(l, Boolean(only))));
      tiles = tilePainter(region("lines"));
      const all = t("All"), classes = new Map(here.flatMap((l) => l.groups.map((g) => [g.id, pick(g.name)])));
      bar = twin.filterBar(region("filters"), [
        ...(only ? [] : [{ key: "line", label: t("Line"), options: [["", all], ...lines.map((l) => [l.id, pick(l.name)])] }]),
        { key: "class", label: t("Class"), options: [["", all], ...classes] },
        { key: "p", label: t("Priority"), options: [["", all], ["1", "■ P1"], ["2", "▲ P2"], ["3", "◆ P3"]] },
        { key: "why", label: t("Reason"), options: [["", all], ...Object.entries(twin.reasons())] },
        { key: "q", label: t("Search"), hint: t("Machine, part or sensor") },
      ], () => { most = FIRST; paint(); });
    };

    /** As dashboard/plant_lists.py chooses for the CSV. */
    const matches = (m, item, f) =>
      (!f.line || m.line === f.line) && (!f.class || m.class === f.class) && (!f.p || String(item?.priority) === f.p)
      && (!f.why || item?.reason === f.why) && twin.contains(f.q, m.id, m.name, item?.mode, ...(item?.drivers || []));

    const lineOee = once((found) => {
      for (const span of page.querySelectorAll("[data-oee]")) {
        const oee = found[span.dataset.oee];
        say(span, oee ? `${t("OEE {n}", { n: `${oee.most ? "≤ " : ""}${twin.number(oee.value, 0)} %` })} · ` : "");
      }
    });
    const suggested = twin.suggestedPainter(page);
    const list = once(({ items, rest, currency, horizon, services, pauses }) => {
      twin.keepRows(region("attention"), items.map((item) => twin.workRow(item, currency, horizon)));
      say(region("attention-empty"), rest);
      const dated = items.slice(0, MORE).filter((item) => item.lo_h !== undefined || services.some((s) => s.machine === item.machine));
      dated.length ? twin.whenChart(region("when"), { items: dated, services, pauses, horizon })
        : region("when").replaceChildren(h("p", { class: "empty" }, t("No stop is dated.")));
    });

    const words = (found, silent) => {
      const age = state.plan_age_s ?? undefined;
      if (age === undefined) return t("The planner has not spoken yet.");
      if (age > 0) return t("This list is {age} old.", { age: twin.age(age) });
      const none = bar.isActive() ? t("Nothing that needs attention fits the filters.") : t("Nothing needs attention.");
      return [found.length ? "" : none, silent ? t("{n} without data", { n: silent }) : ""].filter(Boolean).join(" · ");
    };

    const paint = () => {
      if (!state) return;
      const f = bar.values, byMachine = new Map(state.attention.map((item) => [item.machine, clean(item)]));
      const fitting = machines.filter((m) => matches(m, byMachine.get(m.id), f));
      const wanted = new Set(fitting.map((m) => m.id));
      tiles(state.tiles, machines, wanted);
      lineOee(state.line_oee || {});
      // Counted as on the tiles: who only sends nothing needs no decision, and is counted apart.
      const found = [...byMachine.values()].filter((item) => wanted.has(item.machine) && (item.reason !== "no_data" || f.why === "no_data"));
      const silent = fitting.filter((m) => (state.tiles[m.id] || "silent").includes("silent") && byMachine.get(m.id)?.reason !== "failed").length;
      bar.say(bar.isActive() ? t("{n} of {all} machines shown", { n: fitting.length, all: machines.length }) : "");
      say(region("attention-count"), found.length ? String(found.length) : "");
      const button = region("more"), left = found.length - most;
      button.hidden = left <= 0;
      say(button, t("Show {n} more", { n: Math.min(MORE, left) }));
      for (const a of page.querySelectorAll("a[data-export]")) a.href = `/export/${a.dataset.export}.csv?${bar.query({ line: only || f.line })}`;
      suggested({ value: state.suggested || {}, only, currency: state.currency });
      list({ items: found.slice(0, most), rest: words(found, silent), currency: state.currency, horizon: state.horizon_h,
        services: state.services || [], pauses: state.pauses || [] });
    };

    region("more").addEventListener("click", () => { most += MORE; paint(); });
    region("attention").addEventListener("click", (event) => {
      const button = event.target.closest("[data-plan]");
      const item = button && state.attention.find((i) => i.machine === button.dataset.plan);
      if (item) twin.planService(clean(item), state.clock, state.currency);
    });
    return (now) => {
      state = now;
      if (state.lines !== known) { known = state.lines; build(state.lines); }
      for (const [key, show] of kpis) show(state.kpis[key]);
      paint();
    };
  };
})();

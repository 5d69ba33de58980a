/* Schedule page: fetches a plan when it has changed, and has every view show the same of it. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, pick, say, once, plan } = twin;
  const DAY = 86400;

  const remember = (values) => {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(values)) value ? query.set(key, value) : query.delete(key);
    history.replaceState(history.state, "", location.pathname + (query.size ? `?${query}` : ""));
  };

  twin.pages.schedule = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    let state = null, model = null, bar = null, written = 0, blanks = 0, isFirst = true;
    /** An accepted suggestion is a planned service with an id of its own: plans made since name it so. */
    const suggestionOf = (b) => (b?.kind === "service" ? (state?.suggestions || []).find((s) => s.id === b.id || (s.state === "accepted" && s.said?.action === b.id)) || null : null);
    const names = (id) => (model?.rows.find((row) => row.id === id)?.text ?? id) || "—";

    /* --- chart, card, toolbar -------------------------------------------------------------- */
    const tools = h("div", { class: "gantt-tools" }), chartBox = h("div", { class: "gantt" }), cardBox = h("div", { class: "gantt-card", role: "group", "aria-label": t("What is selected") }), key = plan.legend();
    const none = h("div", { hidden: "" });
    region("chart").append(none, tools, chartBox, key);
    /** Beside the chart where there is room for both, else under it: what it says never moves a bar from under a hand. */
    const roomy = matchMedia("(min-width: 1251px)");
    const seat = () => (roomy.matches ? region("card").append(cardBox) : chartBox.after(cardBox));
    seat();
    roomy.addEventListener("change", seat, { signal: twin.left });
    /** The same bar in the plan drawn now: a card or a row may be older. */
    const drawn = (b) => model.byKey.get(b.key) || b;
    const fits = (b) => (!bar?.values.line || b.row.line === bar.values.line) && (!bar?.values.machine || b.row.id === bar.values.machine)
      && (!bar?.values.order || Boolean(b.order?.id.toLowerCase().includes(bar.values.order.toLowerCase())));
    const showsRow = (row) => {
      const { line, machine, order } = bar?.values || {};
      if (row.kind === "crew") return !machine && !order;
      return (!line || row.line === line) && (!machine || row.id === machine) && (!order || row.bars.some((b) => b.order?.id.toLowerCase().includes(order.toLowerCase())));
    };
    const chart = plan.chart(chartBox, {
      select: (b) => { chart.announce?.(b); card(); },
      zoomed: () => { clearTimeout(written); written = setTimeout(writeRange, 300); },
      looks: (g, c, ctx) => plan.looks({ g, ctx, state, model, other: chart.other, chart, suggestionOf, locks, order: bar?.values.order }),
      over: (ctx, c, g) => move.over(ctx, c, g),
    });
    const byHand = plan.handiwork(), adoption = plan.adoption();
    const locks = plan.locks({ done: byHand.keep, now: drawn, state: () => state, start: (b) => model.us(b.start), why: (b) => move.why(b), changed: () => { card(); table.paint(); if (model) chart.draw(); } });
    const move = plan.mover(chart, { suggestionOf, state: () => state, paint: () => card(), frozen: () => false, locks,
      keepService: (b, at, when, button) => {
        const s = suggestionOf(b), text = t("Service of {name} moved to {when}", { name: b.row.text, when });
        if (!plan.isPlanned(b, s)) return byHand.keep(twin.act("suggestion.accept", { machine: s.machine, detail: { suggestion: s.id, start: at }, button, text }), s.machine);
        return byHand.keep(twin.act("service.move", { machine: b.row.id, detail: { service: plan.serviceId(b, s), start: at, duration_h: (b.end - b.start) / 3600 }, button, text }), b.row.id);
      } });
    const only = (order) => { const input = page.querySelector("#filter-order"); input.value = order; input.dispatchEvent(new Event("input", { bubbles: true })); };
    const go = (given) => { const b = drawn(given); if (!showsRow(b.row)) clearFilters(); chart.scroll.focus({ preventScroll: true }); chart.select(b); };
    const card = plan.card(cardBox, chart, move, { go, state: () => state, suggestionOf, locks, only, accept: plan.acceptService });
    const now = () => chart.show(Math.max(0, chart.now - 3600), Math.min((chart.scroll.clientWidth < 500 ? 1 : 2) * DAY, model.span));
    plan.pointer(chart, move);
    plan.keyboard(chart, move, { fit: () => chart.show(0, model.span), now, lock: locks.toggle, undo: byHand.undo, step: (by) => { const b = plan.stepBeside(model, chart.selected, by); if (b) go(b); }, card: () => cardBox.querySelector("button, a")?.focus() });
    const ghosts = plan.toolbar(tools, chart, { now, spans: [[8, t("{n} h", { n: 8 })], [24, t("1 day")], [72, t("{n} days", { n: 3 })], [168, t("1 week")]], changed: () => fetcher.other() });
    const fetcher = plan.fetcher(page, { state: () => state, model: () => model, isHeld: move.active, compares: ghosts, none: () => { model = null; paintView(); },
      plan: (found) => {
        model = found;
        paint();
        chart.set(model);
        if (isFirst && !region("chart").hidden) { isFirst = false; readRange(); }
        card();
      },
      other: (found) => { chart.other = found; chart.draw(); card(); } });

    /* --- the other views -------------------------------------------------------------------- */
    const show = (b) => { views.show("chart"); chart.scroll.focus({ preventScroll: true }); if (!showsRow(b.row)) clearFilters(); chart.lay(); chart.select(b); };
    const clearFilters = () => page.querySelector(".filters .button")?.click();
    const table = plan.table(region("table"), { show, locks, suggestionOf, state: () => state });
    const lockedRows = once(() => table.paint());
    const compare = plan.compare(region("compare"), { state: () => state, adopt: adoption.adopt, show: (m) => { const b = model?.byKey.get(m.kind === "service" ? `service/${m.service}` : `${m.order}/${m.step}`); if (b) show(b); } });
    const late = plan.late(region("late"), { names, show: (order) => { const own = model.bars.filter((b) => b.order?.id === order); if (own.length) show(own.at(-1)); } });
    const notices = plan.notices(region("notices"));
    const views = plan.views(page, (name) => { remember({ view: name === "chart" ? "" : name }); paintView(); if (model && bar) find(); });
    const head = plan.headline(region, () => views.show("compare"));
    const suggestions = plan.suggestions(region("suggestions"), { near: () => state.plans.in_force?.made || null, currency: () => state.currency, adopt: adoption.adopt, until: (hours) => model?.say(model.s(state.now_us + hours * 3600e6), "far"),
      first: () => (state.suggestions || []).find((s) => s.state === "open" && s.kind === "service")?.id,
      compare: (version) => { views.show("compare"); compare.choose(version === state.plans.proposed?.version ? "proposed" : String(version)); },
      show: (s) => { const b = model?.bars.find((one) => suggestionOf(one)?.id === s.id); if (b) show(b); else twin.toast(t("The plan in force does not hold this service.")); } });

    const writeRange = () => {
      const range = model && page.isConnected && !region("chart").hidden && chart.range();
      if (range) remember({ from: model.iso(range[0]), h: String(Math.round((10 * range[1]) / 3600) / 10) });
    };
    const readRange = () => {
      const query = new URLSearchParams(location.search), from = plan.naive(query.get("from") || ""), hours = Number(query.get("h"));
      if (from && hours > 0) chart.show(Math.max(0, model.fromLocal(from / 1000)), hours * 3600);
      else { now(); if (chart.selected) chart.reveal(chart.selected); }
    };

    /* --- painting --------------------------------------------------------------------------- */
    const pointOut = plan.pointsOut(chart, { list: region("suggestions"), chartHidden: () => region("chart").hidden, suggestionOf, forget: () => remember({ suggestion: "" }) });
    /** Until a plan is there: that it is on its way, or why there is none. */
    const blank = () => (state.plans.in_force || state.plans.proposed ? h("p", { class: "loading" }, t("Loading the plan")) : plan.nothing(state));
    const paintView = () => {
      if (!state) return;
      none.hidden = Boolean(model);
      page.querySelector("a[data-export]").hidden = !model;
      for (const part of [tools, cardBox, chartBox, key]) part.hidden = !model;
      if (!model) {
        blanks += 1;
        for (const place of [none, region("table"), region("late")]) place.replaceChildren(blank());
      } else if (bar) {
        table.set(model, fits);
        chart.shows = showsRow;
        if (!region("chart").hidden && chart.model) { chart.lay(); if (isFirst) { isFirst = false; readRange(); } }
      }
      compare.paint();
    };
    const paint = () => {
      if (!state) return;
      adoption.watch(state.plans);
      locks.settle();
      plan.now = `${state.clock.date}T${state.clock.time}`;
      chart.now = model ? model.s(state.now_us) : 0;
      head({ plans: state.plans, currency: state.currency, saves: state.saves ?? null });
      notices(state.planner || { unreadable: [], compiling: false });
      suggestions(state.suggestions || [], state.n_crews, Boolean(state.plans.in_force || state.plans.proposed));
      const open = (state.suggestions || []).filter((s) => s.state === "open").length;
      say(region("n-suggestions"), open || "");
      pointOut();
      if (!model) { paintView(); return; }
      card();
      lockedRows([state.locks]);
      const { late: lateOnes, left_out: out } = model.data, byId = new Map(model.data.orders.map((o) => [o.id, o]));
      const full = (item) => { const o = byId.get(item.order); return { ...item, product: o ? plan.productText(model, o) : "", due: o && o.due !== null ? model.say(o.due, "far") : "" }; };
      late({ late: lateOnes.map(full), out: out.map(full), blanks });
      say(page.querySelector('[data-count="late"]'), lateOnes.length + out.filter((item) => !plan.WAITS.includes(item.reason)).length || "");
      chart.draw();
      compare.paint();
    };
    const find = () => { if (!region("chart").hidden) plan.findOrder(chart, bar.values.order, showsRow); };
    const filtersChanged = () => {
      if (!model) return;
      paintView();
      chart.draw();
      find();
      bar.say(bar.isActive() ? t("{n} of {all} bars", { n: model.bars.filter(fits).length, all: model.bars.length }) : "");
      page.querySelector("a[data-export]").href = `/export/schedule.csv${bar.query() ? `?${bar.query()}` : ""}`;
    };
    const build = () => {
      bar = twin.filterBar(region("filters"), [
        { key: "line", label: t("Line"), options: [["", t("all")], ...model.data.lines.map((l) => [l.id, pick(l.name)])] },
        { key: "machine", label: t("Machine"), options: [["", t("all")], ...model.rows.filter((r) => r.kind === "machine").map((r) => [r.id, r.text])] },
        { key: "order", label: t("Order"), hint: t("Number of an order") }], filtersChanged);
      filtersChanged();
    };

    return (next) => {
      state = next;
      if (!bar && model) build();
      paint();
      fetcher.plan().then(() => { if (!bar && model) { build(); paintView(); readRange(); } });
    };
  };
})();

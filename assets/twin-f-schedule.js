/* Schedule page: fetches a plan when it has changed, and has every view show the same of it. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, pick, say, once, plan } = twin;
  const DAY = 86400, AGAIN_MS = 3000, ADOPTED_MS = 4000;

  const remember = (values) => {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(values)) value ? query.set(key, value) : query.delete(key);
    history.replaceState(history.state, "", location.pathname + (query.size ? `?${query}` : ""));
  };

  twin.pages.schedule = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    let state = null, model = null, other = null, bar = null, fetched = "", waiting = false, written = 0, blanks = 0, fetchedAt = 0, isFirst = true;
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
    roomy.addEventListener("change", function moved() { page.isConnected ? seat() : roomy.removeEventListener("change", moved); });
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
    const locks = plan.locks({ done: (promise, machine) => done(promise, machine), state: () => state, start: (b) => model.us(b.start), why: (b) => move.why(b), changed: () => { card(); table.paint(); if (model) chart.draw(); } });
    const move = plan.mover(chart, { suggestionOf, state: () => state, paint: () => card(), frozen: () => false, locks,
      keepService: (b, at, when, button) => {
        const s = suggestionOf(b), text = t("Service of {name} moved to {when}", { name: b.row.text, when });
        if (!plan.isPlanned(b, s)) return done(twin.act("suggestion.accept", { machine: s.machine, detail: { suggestion: s.id, start: at }, button, text }), s.machine);
        return done(twin.act("service.move", { machine: b.row.id, detail: { service: plan.serviceId(b, s), start: at, duration_h: (b.end - b.start) / 3600 }, button, text }), b.row.id);
      } });
    /** What was done by hand on the chart, the last one last: Ctrl+Z takes it back, long after its message has gone. */
    const byHand = [];
    const done = async (promise, machine) => {
      const told = await promise;
      if (told?.undoable) byHand.push({ id: told.id, machine });
      return told;
    };
    const undo = async () => {
      const last = byHand.pop();
      if (!last) twin.toast(t("There is nothing to take back."), { alert: true });
      else await twin.act("action.undo", { machine: last.machine, detail: { action: last.id } });
    };
    const only = (order) => { const input = page.querySelector("#filter-order"); input.value = order; input.dispatchEvent(new Event("input", { bubbles: true })); };
    const go = (b) => { if (!showsRow(b.row)) clearFilters(); chart.scroll.focus({ preventScroll: true }); chart.select(b); };
    const card = plan.card(cardBox, chart, move, { go, state: () => state, suggestionOf, locks, only, accept: plan.acceptService });
    const now = () => chart.show(Math.max(0, chart.now - 3600), Math.min((chart.scroll.clientWidth < 500 ? 1 : 2) * DAY, model.span));
    plan.pointer(chart, move);
    plan.keyboard(chart, move, { fit: () => chart.show(0, model.span), now, lock: locks.toggle, undo, step: (by) => { const b = plan.stepBeside(model, chart.selected, by); if (b) go(b); }, card: () => cardBox.querySelector("button, a")?.focus() });
    const ghosts = plan.toolbar(tools, chart, { now, spans: [[8, t("{n} h", { n: 8 })], [24, t("1 day")], [72, t("{n} days", { n: 3 })], [168, t("1 week")]], changed: () => { compareWith(other); fetchOther(); } });
    /** The other plan, on the chart while it is asked for. */
    const compareWith = (found) => { other = found; chart.other = ghosts() ? other : null; chart.draw(); card(); };

    /* --- the other views -------------------------------------------------------------------- */
    const show = (b) => { views.show("chart"); chart.scroll.focus({ preventScroll: true }); if (!showsRow(b.row)) clearFilters(); chart.lay(); chart.select(b); };
    const clearFilters = () => page.querySelector(".filters .button")?.click();
    const table = plan.table(region("table"), { show, locks, suggestionOf, state: () => state });
    /** The planner may have made a newer one meanwhile: what was asked for is watched until it is so. */
    let awaited = null;
    const adopt = async (version, button) => {
      const told = await twin.act("plan.adopt", { detail: { version }, button, text: t("Plan {n} is put in force", { n: version }) });
      if (told) awaited = { version, until: performance.now() + ADOPTED_MS };
      return told;
    };
    const watchAdoption = () => {
      const { in_force: force, proposed } = state.plans;
      if (awaited && force?.version >= awaited.version) awaited = null;
      if (!awaited || performance.now() < awaited.until) return;
      twin.toast(t("Plan {n} is not in force: the planner has made plan {m} since.", { n: awaited.version, m: proposed?.version ?? "—" }), { alert: true });
      awaited = null;
    };
    const lockedRows = once(() => table.paint());
    const compare = plan.compare(region("compare"), { state: () => state, adopt, show: (m) => { const b = model?.byKey.get(m.kind === "service" ? `service/${m.service}` : `${m.order}/${m.step}`); if (b) show(b); } });
    const late = plan.late(region("late"), { names, show: (order) => { const own = model.bars.filter((b) => b.order?.id === order); if (own.length) show(own.at(-1)); } });
    const notices = plan.notices(region("notices"));
    const views = plan.views(page, (name) => { remember({ view: name === "chart" ? "" : name }); paintView(); if (model && bar) find(); });
    const suggestions = plan.suggestions(region("suggestions"), { near: () => state.plans.in_force?.made || null, currency: () => state.currency, adopt, until: (hours) => model?.say(model.s(state.now_us + hours * 3600e6), "far"),
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

    /* --- what is fetched -------------------------------------------------------------------- */
    const get = (which) => fetch(`/data/schedule/plan?which=${which}`).then((r) => (r.ok ? r.json() : null));
    const fetchPlan = async () => {
      if (waiting || fetched === state.stamp || move.active()) return;  // nothing moves under a hand
      // Steps begin and end all the time; another plan is shown at once, the same one anew every few seconds.
      const version = state.plans.in_force?.version ?? state.plans.proposed?.version;
      if (model && model.head.version === version && performance.now() - fetchedAt < AGAIN_MS) return;
      fetchedAt = performance.now();
      const which = state.plans.in_force ? "in_force" : state.plans.proposed ? "proposed" : null, stamp = state.stamp;
      if (!which) { fetched = stamp; model = null; paintView(); return; }
      waiting = true;
      const data = await get(which).catch(() => null);
      waiting = false;
      if (!page.isConnected || !data || move.active()) return;
      fetched = stamp;
      model = plan.model(data);
      other = chart.other = null;
      paint();
      chart.set(model);
      if (isFirst && !region("chart").hidden) { isFirst = false; readRange(); }
      card();
      fetchOther();
    };
    const fetchOther = async () => {
      if (!ghosts() || other || !state.plans.proposed || !state.plans.in_force) return;
      const data = await get("proposed").catch(() => null);
      if (data && page.isConnected) compareWith(plan.model(data));
    };

    /* --- painting --------------------------------------------------------------------------- */
    const head = once(({ plans, currency, saves }) => {
      const { in_force: force, proposed } = plans;
      const parts = [force ? t("Plan {n} is in force, made {when} because {why}.", { n: force.version, when: plan.when(force.made), why: plan.why(force.why) }) : proposed ? t("No plan is in force yet; plan {n} is proposed.", { n: proposed.version }) : ""];
      const link = h("button", { type: "button", class: "plain as-link" }, t("Compare"));
      link.addEventListener("click", () => views.show("compare"));
      region("plan-line").replaceChildren(parts[0], ...(proposed && force ? [" ", saves !== null && saves > 0.5 ? t("Plan {n} would save {money}.", { n: proposed.version, money: plan.cash(saves, currency) }) : t("Plan {n} is proposed.", { n: proposed.version }), " ", link] : []));
      region("terms").replaceChildren(...plan.termCards(force || proposed, currency));
    });
    /** A link from another page names a suggestion: it comes into view, once, and its bar is selected. */
    let pointed = new URLSearchParams(location.search).get("suggestion");
    const pointOut = () => {
      const item = pointed && [...region("suggestions").querySelectorAll("[data-suggestion]")].find((li) => li.dataset.suggestion === pointed);
      const own = item && model && chart.layout.at.size ? model.bars.find((one) => suggestionOf(one)?.id === pointed) || null : undefined;
      if (!item || own === undefined && !model) return;
      if (!chart.layout.at.size && !region("chart").hidden) return;
      pointed = null;
      remember({ suggestion: "" });
      item.parentElement.classList.add("all");
      item.classList.add("pointed-at");
      item.querySelector("details.why")?.setAttribute("open", "");
      item.scrollIntoView({ block: "nearest" });
      if (own && !region("chart").hidden) chart.select(own);
    };
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
      watchAdoption();
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
    /** Who names one order wants to see it: its first step that is not done, and from there its way. */
    const find = () => {
      const wanted = bar.values.order?.toLowerCase();
      const named = wanted && !region("chart").hidden && chart.layout.at.size ? model.bars.filter((b) => b.order?.id.toLowerCase().includes(wanted)) : [];
      const exactly = named.filter((b) => b.order.id.toLowerCase() === wanted), steps = (exactly.length ? exactly : named).sort((a, b) => a.step - b.step);
      if (!steps.length || new Set(steps.map((b) => b.order)).size > 1 || steps.includes(chart.selected)) return;
      chart.select(steps.find((b) => b.pin !== "done" && showsRow(b.row)) || steps[0]);
    };
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
      fetchPlan().then(() => { if (!bar && model) { build(); paintView(); readRange(); } });
    };
  };
})();

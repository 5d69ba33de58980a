/* Schedule: moving a bar by hand: what it costs is asked while it hangs, and it is locked where it is let go. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, plan } = twin;
  const GRID_S = 900, ASK_MS = 120, WAIT_MS = 20000;

  /** What a rule of the checker says, in plain words. */
  plan.faultText = (fault) => ({
    1: t("Not every step of the order has a machine that can do it."), 2: t("The machine is closed then, or the work is not on one of its machines."),
    3: t("Something else is on the machine then."), 4: t("The step before is not done and brought there by then."),
    5: t("No crew with the right skill is free then."), 6: t("The spare part is not there by then."), 7: t("What is at work, locked or too soon to be moved would have to give way."),
    8: t("It would not end within the plan's time."), 0: t("It would begin in the past."),
  }[fault.rule] || fault.what || t("It cannot be there."));

  /** Whether somebody has planned or accepted a service; and the id by which the desk knows it. */
  plan.isPlanned = (bar, suggestion) => (suggestion ? suggestion.state === "accepted" : Boolean(bar.pin));
  plan.serviceId = (bar, suggestion) => (suggestion?.state === "accepted" && suggestion.said ? suggestion.said.action : bar.id);

  /** Cost of a move in words: [what it costs, what it delays]. */
  plan.moveText = (answer, currency, when, obstacles = []) => {
    if (!answer.ok) return [t("Not possible here"), ...(obstacles.length ? obstacles : answer.faults.length ? new Set(answer.faults.map(plan.faultText)) : [t("There is no room for it.")])].slice(0, 4);
    const delta = answer.delta ?? 0;
    const money = Math.abs(delta) < 0.5 ? t("Costs nothing more") : delta > 0 ? t("Costs {money} more", { money: plan.cash(delta, currency) }) : t("Saves {money}", { money: plan.cash(-delta, currency) });
    const later = (answer.orders || []).filter((o) => o.hours > 0.01), sooner = (answer.orders || []).filter((o) => o.hours < -0.01);
    const list = (found, words) => found.length ? words(found.slice(0, 3).map((o) => `${o.order} ${twin.duration(Math.abs(o.hours))}`).join(t(", ")) + (found.length > 3 ? t(" and {n} more", { n: found.length - 3 }) : "")) : "";
    const first = answer.exact !== false ? "" : obstacles.length ? t("possible from {when} on: {why}", { when: when(answer.start), why: obstacles.slice(0, 2).join(t("; ")) }) : t("possible from {when} on", { when: when(answer.start) });
    return [money, first, list(later, (orders) => t("later: {orders}", { orders })) || t("no order comes later"), list(sooner, (orders) => t("sooner: {orders}", { orders })),
      answer.n_moves ? t("other bars that move: {n}", { n: answer.n_moves }) : "", answer.late_h ? t("{hours} of lateness in all", { hours: `${answer.late_h > 0 ? "+" : "−"}${twin.duration(Math.abs(answer.late_h))}` }) : ""].filter(Boolean);
  };

  /** tell: {state(), paint(), locks, keepService(bar, at, when, button)} of the page; suggestionOf(bar). */
  plan.mover = (chart, tell) => {
    let held = null, timer = 0, asking = null;
    const self = { suggestionOf: tell.suggestionOf, active: () => Boolean(held), held: () => held };

    /** Why a bar may not be moved; "": it may. */
    self.why = (bar) => {
      if (tell.frozen()) return t("Only the plan in force can be changed by hand.");
      if (bar.pin === "done") return t("This is done.");
      if (bar.pin === "running") return t("This is at work.");
      if (bar.pin === "frozen") return t("This begins too soon to be moved.");
      return bar.kind === "service" ? twin.whyNot(plan.isPlanned(bar, tell.suggestionOf(bar)) ? "service.move" : "suggestion.accept") : twin.whyNot("operation.lock");
    };
    const say = (us) => chart.model.say(chart.model.s(us));
    const ask = async () => {
      asking?.abort();
      const mine = (asking = new AbortController()), { bar, start, row } = held;
      const body = bar.kind === "service" ? { kind: "service", service: plan.serviceId(bar, tell.suggestionOf(bar)), machine: bar.row.id, start: chart.model.us(start), crew: bar.crewRow?.id ?? null }
        : { kind: "operation", order: bar.order.id, step: bar.step, machine: row.id, start: chart.model.us(start) };
      const late = setTimeout(() => mine.abort("late"), WAIT_MS);
      let answer;
      try {
        const reply = await fetch("/data/schedule/what-if", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: mine.signal });
        const told = await reply.json().catch(() => ({}));
        answer = reply.ok ? told : { says: told.says || t("The planner cannot say what this costs now.") };
      } catch (error) {
        if (mine.signal.aborted && mine.signal.reason !== "late") return;
        answer = { says: t("No connection. What it costs is not known.") };
      } finally {
        clearTimeout(late);
      }
      if (!held || mine !== asking) return;
      held.answer = answer;
      held.asking = false;
      tell.paint();
      chart.drawOver();
    };
    const changed = () => {
      Object.assign(held, { answer: null, asking: true });
      clearTimeout(timer);
      timer = setTimeout(ask, ASK_MS);
      tell.paint();
      chart.drawOver();
    };
    self.again = () => { if (held) changed(); };
    self.begin = (bar, byHand = false) => {
      const reason = self.why(bar);
      if (reason) { twin.toast(reason, { alert: true }); return; }
      if (chart.selected !== bar) chart.select(bar, !byHand);
      held = { bar, start: bar.start, row: bar.row, answer: null, asking: true, rows: chart.model.rowsFor(bar), byHand };
      changed();
    };
    /** Where it hangs now: a second of the plan, snapped to the quarter of an hour, and a row that can do it. */
    self.to = (start, row = null) => {
      const local = Math.round(chart.model.local(start) / GRID_S) * GRID_S, at = Math.max(0, Math.min(chart.model.span, chart.model.fromLocal(local)));
      const next = row && held.rows.includes(row) ? row : held.row;
      if (at === held.start && next === held.row) return;
      Object.assign(held, { start: at, row: next });
      changed();
    };
    const machine = (step) => {
      const order = chart.layout.items.map((i) => i.row).filter((row) => row && held.rows.includes(row)), n = order.indexOf(held.row);
      const next = order[n + step];
      if (next) self.to(held.start, next);
    };
    self.key = (key, far) => {
      const step = (far ? 4 : 1) * GRID_S;
      const does = { ArrowRight: () => self.to(held.start + step), ArrowLeft: () => self.to(held.start - step), ArrowDown: () => machine(1), ArrowUp: () => machine(-1),
        Enter: () => self.commit(), Escape: () => self.cancel() }[key];
      does?.();
      if (held && !held.byHand) chart.reveal({ ...held.bar, start: held.start, end: held.start + held.bar.end - held.bar.start, row: held.row });
      return Boolean(does);
    };
    self.cancel = () => { asking?.abort(); clearTimeout(timer); held = null; tell.paint(); chart.drawOver(); };
    /** Where it would be: where it was put, or the first time after at which it can be. */
    self.placed = () => {
      const { answer, start, bar } = held, at = answer?.ok && answer.start ? chart.model.s(answer.start) : start;
      return { start: at, end: answer?.ok && answer.end ? chart.model.s(answer.end) : at + bar.end - bar.start };
    };
    self.words = () => plan.moveText(held.answer, tell.state().currency, say, plan.obstacles(chart.model, held.bar, held.row, held.start, chart.now, tell.state().failed || {}));
    /** Keep it there: what the checker refuses is not sent. */
    self.commit = async (button = null) => {
      if (!held || held.asking) return;
      if (held.answer && held.answer.ok === false) { twin.toast(self.words().join(t(", ")), { alert: true }); return; }
      const { bar, row } = held, at = held.answer?.start ?? chart.model.us(held.start), when = say(at);
      const told = bar.kind === "service" ? await tell.keepService(bar, at, when, button)
        : await tell.locks.lock(bar, { machine: row, start: at, button, text: t("Order {order}, step {n}: locked on {machine}, {when}", { order: bar.order.id, n: bar.step + 1, machine: row.text, when }) });
      if (told) self.cancel();
    };
    /** The bar as it hangs, over the chart: its old place stays in view, rows that cannot take it fade. */
    self.over = (ctx, c, g) => {
      if (!held) return;
      const able = new Set(held.rows), closed = [];
      for (const [row, at] of chart.layout.at) if (held.bar.kind === "operation" && !able.has(row)) closed.push([g.left, at + g.top - chart.scroll.scrollTop, g.width - g.left, g.rowH]);
      ctx.globalAlpha = 0.6;
      plan.fillRects(ctx, c.panel, closed);
      ctx.globalAlpha = 1;
      for (const other of held.answer?.moves || []) {
        const at = chart.model.rows.find((r) => r.id === other.machine && r.kind === "machine");
        const box = at && chart.boxOf({ start: chart.model.s(other.start), end: chart.model.s(other.end), row: at }, at);
        if (box) plan.strokeRects(ctx, c.ink, 1.5, [box], [3, 2]);
      }
      const at = self.placed(), length = held.bar.end - held.bar.start, box = chart.boxOf({ ...at, row: held.row }, held.row);
      if (!box) return;
      const bad = held.answer?.ok === false;
      if (Math.abs(at.start - held.start) > 60) plan.strokeRects(ctx, c["ink-soft"], 1.5, [chart.boxOf({ start: held.start, end: held.start + length, row: held.row }, held.row)], [3, 3]);
      plan.fillRects(ctx, c.panel, [box]);
      ctx.globalAlpha = 0.85;
      plan.fillRects(ctx, bad ? plan.hatched(ctx, "bad", c.panel, c.ink, 1.5, 6) : c.focus, [box]);
      ctx.globalAlpha = 1;
      plan.strokeRects(ctx, c.ink, 2, [box]);
      ctx.fillStyle = c.panel;
      ctx.font = `700 ${g.font}px ${c.font}`;
      ctx.textBaseline = "middle";
      if (!bad && box[2] > 44) ctx.fillText(chart.model.say(at.start, "time"), Math.max(g.left, box[0]) + 6, box[1] + box[3] / 2);
    };
    return self;
  };
})();

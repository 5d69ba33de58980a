/* Schedule: what the chart's look depends on besides the plan; its tools, its key, the page's tabs and figures. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, plan, duration } = twin;
  const WEEK_H = 168, POINTS = 24;

  /** Probability of failure by seconds of the plan: of three horizons, an even hazard between them. */
  const riskOf = (p, shiftH, now) => {
    const at = [[0, 0], [shiftH, p[0]], [24, p[1]], [WEEK_H, p[2]]].filter(([hours], n, all) => !n || hours > all[n - 1][0]).map(([hours, x]) => [hours, -Math.log(1 - Math.min(0.9999, x))]);
    return Array.from({ length: POINTS + 1 }, (_, n) => {
      const hours = WEEK_H * (n / POINTS) ** 1.5, k = Math.max(1, at.findIndex(([to]) => to >= hours));
      const [[h0, a], [h1, b]] = [at[k - 1], at[k]], hazard = a + ((Math.max(a, b) - a) * (hours - h0)) / (h1 - h0);
      return [now + hours * 3600, 1 - Math.exp(-hazard)];
    });
  };
  /** Up to when a curve is true: a service of the machine begins a new life. */
  const until = (points, end) => {
    const kept = points.filter(([s]) => s <= end), next = points[kept.length];
    if (!kept.length || !next) return kept.length > 1 ? kept : null;
    const last = kept.at(-1), share = (end - last[0]) / (next[0] - last[0]);
    return [...kept, [end, last[1] + share * (next[1] - last[1])]];
  };
  const moved = new WeakMap();
  /** Bars that another plan has elsewhere, by row. */
  const movedOf = (model, other) => {
    if (moved.get(other)?.model !== model) {
      const found = new Map();
      for (const bar of other.bars) {
        const own = model.byKey.get(bar.key), start = model.s(other.us(bar.start)), end = model.s(other.us(bar.end));
        if (own && own.row.id === bar.row.id && Math.abs(own.start - start) < 60) continue;
        if (!found.has(bar.row.id)) found.set(bar.row.id, []);
        found.get(bar.row.id).push([start, end]);
      }
      moved.set(other, { model, found });
    }
    return moved.get(other).found;
  };

  plan.looks = ({ g, ctx, state, model, other, chart, suggestionOf, locks, order }) => {
    const curves = new Map((state.suggestions || []).filter((s) => s.state === "open" && s.curve?.length > 1).map((s) => [s.machine, s.curve]));
    const top = Math.round(g.rowH * 0.14), write = (c, text, x, y, room, colour) => { c.fillStyle = colour; c.fillText(plan.fit(c, text, room, 5), x, y); };
    return {
      write,
      risk: (row) => {
        if (row.kind !== "machine" || state.failed?.[row.id]) return null;
        const curve = curves.get(row.id), p = state.risk?.[row.id];
        const points = curve ? curve.map(([s, x]) => [model.s(s * 1e6), x]) : p ? riskOf(p, state.shift_h || 8, chart.now) : null;
        return points && until(points, row.bars.find((b) => b.kind === "service" && b.end > chart.now)?.start ?? Infinity);
      },
      failed: (row) => {
        const since = state.failed?.[row.id];
        if (since === undefined || since === null) return null;
        const from = model.s(since * 1e6);
        const planned = model.data.breakdowns[row.id]?.[1], usual = from + 3600 * (state.repair_h?.[row.id] || 0);
        return [from, chart.now, Math.max(chart.now, planned ?? usual)];
      },
      locked: (bar) => locks.on(bar) ?? (locks.is(bar) && !locks.elsewhere(bar)),
      /** Where work was locked that the plan drawn still has elsewhere. */
      lockGhosts: (rows) => Object.entries(state.locks || {}).flatMap(([key, held]) => {
        const bar = model.byKey.get(key), at = bar && rows.find(({ row }) => row.id === held.machine && row.kind === "machine"), start = bar && model.s(held.start_us);
        if (!at || (bar.row === at.row && Math.abs(bar.start - start) < 60)) return [];
        return [[g.x(start), at.y + top, (bar.end - bar.start) * g.pxPerS, g.rowH - 2 * top]];
      }),
      dims: (bar) => Boolean(order) && !bar.order?.id.toLowerCase().includes(order.toLowerCase()),
      serviceState: (bar) => (bar.pin === "running" ? "running" : bar.pin ? "accepted" : ["accepted", "vetoed"].includes(suggestionOf(bar)?.state) ? suggestionOf(bar).state : "open"),
      serviceText: (bar, is) => (is === "open" ? t("suggested") : is === "running" ? t("at work") : is === "vetoed" ? t("vetoed") : t("accepted")),
      ghosts: other ? (rows) => {
        const found = movedOf(model, other);
        return rows.flatMap(({ row, y }) => (found.get(row.id) || []).filter(([from, to]) => to > g.from && from < g.to).map(([from, to]) => [g.x(from), y + top - 2, Math.max(3, (to - from) * g.pxPerS), g.rowH - 2 * top + 4]));
      } : null,
    };
  };

  /** Zoom, spans, now, the other plan's places. Gives whether those are shown. */
  plan.toolbar = (region, chart, tell) => {
    const button = (label, title, onclick) => { const b = h("button", { type: "button", class: "button small", title, "aria-label": title }, label); b.addEventListener("click", onclick); return b; };
    const ghosts = h("input", { type: "checkbox", id: "gantt-ghosts" });
    ghosts.addEventListener("change", tell.changed);
    const span = (hours, text) => button(text, t("Show {span}", { span: text }), () => { const range = chart.range(); chart.show(range ? range[0] : 0, hours * 3600); });
    region.append(
      h("div", { class: "button-row", role: "group", "aria-label": t("Zoom") }, button("−", t("Zoom out"), () => chart.zoom(chart.pxPerS / 1.5)), button("+", t("Zoom in"), () => chart.zoom(chart.pxPerS * 1.5))),
      h("div", { class: "button-row", role: "group", "aria-label": t("How much time is shown") }, ...tell.spans.map(([hours, text]) => span(hours, text)), button(t("All"), t("Show the whole plan"), () => chart.show(0, chart.model.span))),
      button(t("Now"), t("Show now"), tell.now),
      h("label", { class: "check", for: "gantt-ghosts" }, ghosts, t("Show where the proposed plan has it")));
    return () => ghosts.checked;
  };

  const KEYS = () => [["work", t("work, toned by family")], ["setup", t("setup")], ["late", t("▲ its order is late")], ["held", t("too soon to move")], ["running", t("at work")], ["locked", t("locked")],
    ["suggested", t("service, suggested")], ["accepted", t("service, accepted")], ["failed", t("failed; dashed until its repair is expected")], ["closed", t("closed")], ["risk", t("probability of failure, row's height is 100 %")]];
  plan.legend = () => h("div", { class: "gantt-legend" }, h("ul", { class: "gantt-key" }, ...KEYS().map(([css, text]) => h("li", {}, h("i", { class: `gantt-k ${css}`, "aria-hidden": "true" }), text))),
    h("p", { class: "quiet" }, t("Drag a bar to see what another place costs. Wheel: scroll; on the time axis or with Ctrl: zoom.")),
    h("p", { class: "quiet keys-only", id: "gantt-keys" }, t("Keys: arrows go from bar to bar, comma and full stop to the step before and after, M moves one, L locks it, Ctrl+Z takes back, Enter goes to its buttons, + and − zoom, 0 shows all, N now.")));

  /** One view at a time; which one is in the address. */
  plan.views = (page, changed) => {
    const buttons = [...page.querySelectorAll("[data-show]")];
    const paint = (name) => {
      for (const b of buttons) {
        const is = b.dataset.show === name;
        b.setAttribute("aria-selected", is);
        b.tabIndex = is ? 0 : -1;
        page.querySelector(`[data-panel="${b.dataset.show}"]`).hidden = !is;
      }
      page.dataset.view = name;
    };
    const show = (name) => { if (page.dataset.view !== name) { paint(name); changed(name); } };
    buttons.forEach((b, n) => {
      b.addEventListener("click", () => show(b.dataset.show));
      b.addEventListener("keydown", (event) => {
        const to = { ArrowRight: buttons[(n + 1) % buttons.length], ArrowLeft: buttons[(n || buttons.length) - 1], Home: buttons[0], End: buttons.at(-1) }[event.key];
        if (to) { event.preventDefault(); show(to.dataset.show); to.focus(); }
      });
    });
    paint(page.dataset.view);
    return { show };
  };

  /** What a plan costs and how late it is, in six figures. */
  plan.termCards = (head, currency) => {
    if (!head?.terms) return [];
    const x = head.terms, cash = (value) => plan.cash(value, currency);
    const isForecast = x.risk !== null && x.risk !== undefined;
    const cards = [
      [isForecast ? t("Cost in all") : t("Cost in all but failures"), cash(x.total), head.bound ? t("lower bound: {money}", { money: cash(head.bound) }) : t("lower bound: not known")],
      [t("Orders late"), twin.number(x.late_jobs, 0), t("{time} in all, {money}", { time: duration(x.late_h), money: cash(x.tardiness) }), x.late_jobs > 0],
      [t("Failures and services"), cash(x.risk), isForecast ? t("expected, with the life thrown away") : t("no forecast yet")],
      [t("Energy"), cash(x.energy), `${twin.number(x.energy_kwh, 0)} kWh`],
      [t("Setup"), cash(x.changeover), t("{time} of setting up", { time: duration(x.setup_h) })],
      [t("All done in"), duration(x.makespan_h), t("operations: {n}, services: {m}", { n: head.n_operations, m: head.n_services })],
    ];
    return cards.map(([name, value, note, off]) => h("div", { class: "panel term" }, h("div", { class: "term-name" }, name), h("div", { class: "term-value" }, off ? h("span", { class: "is-late" }, `▲ ${value}`) : value), h("div", { class: "detail" }, note)));
  };
})();

/* Schedule: a plan as it was fetched, made ready to draw; and how times, money and names are said. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick } = twin;
  const DAY_S = 86400;
  const plan = (twin.plan = {});
  const locale = document.documentElement.lang;

  const texts = {};
  const format = (name, options) => (texts[name] ||= new Intl.DateTimeFormat(locale, { timeZone: "UTC", hourCycle: "h23", ...options }));
  const shapes = {
    time: { hour: "2-digit", minute: "2-digit" }, day: { weekday: "short", day: "numeric", month: "short" },
    short: { day: "numeric", month: "short" },
    moment: { weekday: "short", hour: "2-digit", minute: "2-digit" },
    far: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  };
  const said = (name, ms) => twin.spaced(format(name, shapes[name]).format(ms));

  /** A naive ISO time of the plant's zone, as ms that are printed as UTC. */
  plan.naive = (iso) => Date.parse(`${iso}Z`);
  /** "Tue 14:00"; with the date where it is not within six days of a moment, else of the plant's now. */
  plan.when = (iso, near = plan.now || null) => {
    if (!iso) return "—";
    const ms = plan.naive(iso);
    return said(near === null || Math.abs(ms - plan.naive(near)) < 6 * DAY_S * 1000 ? "moment" : "far", ms);
  };
  /** Money to what a decision needs: all of it up to 10,000, then three digits. */
  plan.cash = (value, currency, sign = false) => {
    if (value === null || value === undefined) return "—";
    const large = Math.abs(value) >= 10000;
    return new Intl.NumberFormat(locale, { style: "currency", currency, notation: large ? "compact" : "standard",
      ...(large ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0, minimumFractionDigits: 0 }), signDisplay: sign ? "exceptZero" : "auto" }).format(value);
  };
  plan.hours = (hours) => twin.duration(Math.abs(hours));
  plan.whys = () => ({
    first: t("there was none before"), clock: t("time has passed"), risk: t("a risk has changed"), breakdown: t("a machine has failed"),
    rush: t("a rush order came"), order: t("orders have changed"), veto: t("a suggestion was vetoed"), lock: t("somebody locked or moved work"),
    accepted: t("a suggestion was accepted"), service: t("a service was planned, moved, called off or done"), allowed: t("a veto was withdrawn or has run out"),
    drift: t("work runs ahead or behind"), repair: t("a machine works again"), adopted: t("another plan was put in force"),
    chosen: t("it was chosen from the trade-offs"),
  });
  plan.why = (code) => plan.whys()[code] || code || t("no reason is known");
  plan.pins = () => ({ running: t("at work"), frozen: t("too soon to move"), locked: t("locked"), loosened: t("its lock cannot be kept"), done: t("done"), accepted: t("accepted") });

  /** A table that may be wider than its place: scrolled by the keyboard too. */
  plan.wide = (label, table) => twin.h("div", { class: "table-place", tabindex: 0, role: "region", "aria-label": label }, table);

  const rowsOf = (data) => data.rows.map((row, n) => ({ ...row, n, text: pick(row.name), bars: [], closed: data.calendars[row.calendar] || [] }));

  const operations = (data, rows) => data.ops.order.map((order, n) => {
    const { ops } = data;
    return { kind: "operation", n, order: data.orders[order], step: ops.step[n], row: rows[ops.row[n]], setup: ops.setup[n], start: ops.start[n], end: ops.end[n],
      family: ops.family[n], late: Boolean(ops.late[n]), pin: ops.pin[n], key: `${data.orders[order].id}/${ops.step[n]}` };
  }).filter((bar) => bar.row);
  /** A service stands in its machine's row and, as the same bar, in its crew's. */
  const services = (data, rows) => data.services.filter((s) => rows[s.row]).map((s) => ({
    ...s, kind: "service", row: rows[s.row], crewRow: rows[s.crew] || null, setup: s.start, key: `service/${s.id}`, late: false }));

  /** Bars by row and start; t(s) of seconds since the plan's beginning, as the plant's clocks show it. */
  plan.model = (data) => {
    const rows = rowsOf(data), bars = [...operations(data, rows), ...services(data, rows)];
    for (const bar of bars) {
      bar.row.bars.push(bar);
      bar.crewRow?.bars.push(bar);
    }
    const families = [...new Set(data.ops.family)].sort();
    for (const bar of bars) bar.tone = Math.max(0, families.indexOf(bar.family)) % 4;
    for (const row of rows) row.bars.sort((a, b) => a.setup - b.setup || a.start - b.start);
    const byKey = new Map(bars.map((bar) => [bar.key, bar]));
    const offsetAt = (s) => { let minutes = data.offsets[0]?.[1] ?? 0; for (const [from, m] of data.offsets) if (from <= s) minutes = m; return minutes * 60; };
    const local = (s) => Math.round(data.t0 / 1e6) + s + offsetAt(s);
    /** The inverse: of an hour that occurs twice the first. */
    const fromLocal = (l) => { const s = l - Math.round(data.t0 / 1e6); const first = s - offsetAt(s); return s - offsetAt(first); };
    return {
      data, rows, bars, byKey, head: data.head, span: data.span_s, start: data.start_s, end: data.end_s, local, fromLocal,
      us: (s) => data.t0 + s * 1e6, s: (us) => (us - data.t0) / 1e6,
      /** "Tue 14:00"; with the date where that weekday may be another week's. */
      say: (s, name = Math.abs(s - data.start_s) < 6 * DAY_S ? "moment" : "far") => said(name, local(s) * 1000),
      iso: (s) => new Date(local(s) * 1000).toISOString().slice(0, 16),
      productOf: (bar) => data.products[bar.order?.product],
      /** Rows whose machine can do the bar's work; of a service, its own. */
      rowsFor: (bar) => {
        if (bar.kind === "service") return [bar.row];
        const known = data.products[bar.order.product]?.steps[bar.step]?.rows;
        return (known?.length ? known.map((n) => rows[n]) : rows.filter((r) => r.class && r.class === bar.row.class)).filter(Boolean);
      },
    };
  };

  /** Name of a step, else its number. */
  plan.stepText = (model, bar) => {
    const name = model.productOf(bar)?.steps[bar.step]?.name, n = bar.step + 1, m = bar.order.steps || n;
    return name ? t("step {n} of {m}, {name}", { n, m, name: pick(name) }) : t("step {n} of {m}", { n, m });
  };
  plan.productText = (model, order) => order.product ? pick(model.data.products[order.product]?.name || order.product) : "";

  /** How a service stands, in a word. */
  plan.serviceState = (bar, suggestion) => ({ open: t("suggested"), accepted: t("accepted"), vetoed: t("vetoed") }[suggestion?.state] || plan.pins()[bar.pin] || t("nobody has accepted it"));

  /** One bar in a sentence: for who cannot see it, and for who points at it. */
  plan.sentence = (model, bar, suggestion = null) => {
    const times = t("{from} to {to}", { from: model.say(bar.start), to: model.say(bar.end, model.say(bar.start, "day") === model.say(bar.end, "day") ? "time" : undefined) });
    if (bar.kind === "service") return [t("Service of {name}", { name: bar.row.text }), times, bar.crewRow ? bar.crewRow.text : "",
      plan.serviceState(bar, suggestion)].filter(Boolean).join(t(", "));
    return [t("Order {order}", { order: bar.order.id }), plan.stepText(model, bar), bar.row.text, times, bar.start > bar.setup ? t("setup of {time} before", { time: twin.duration((bar.start - bar.setup) / 3600) }) : "",
      bar.late ? t("its order is late by {time}", { time: twin.duration(bar.order.late_h ?? null) }) : "", plan.pins()[bar.pin] || ""].filter(Boolean).join(t(", "));
  };
})();

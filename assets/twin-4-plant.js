/* Plant page: key figures, tiles, work list, when and how sure. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, svg, say, number, duration, durations, money, once, shapes } = twin;

  const LISTED_MAX = 10;

  /** Path of a trend in a box of 100 × 24; a missing value breaks the line. */
  const sparkPath = (values) => {
    const known = values.filter((v) => v !== null);
    const low = Math.min(...known);
    const span = Math.max(...known) - low || 1;
    let pen = "M";
    return values.map((v, n) => {
      if (v === null) { pen = "M"; return ""; }
      const point = `${pen}${((100 * n) / Math.max(1, values.length - 1)).toFixed(1)} ${(22 - (20 * (v - low)) / span).toFixed(1)}`;
      pen = "L";
      return point;
    }).join("");
  };
  const spark = (values) =>
    values.filter((v) => v !== null).length < 2
      ? []
      : [svg("svg", { viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { d: sparkPath(values) }))];

  /** Why there is no forecast: nobody sends, or nothing was learnt. */
  const unknown = (k) => k.silent === k.of ? t("no data") : t("no failure model yet");
  const forecast = (k, note) => k.value === undefined ? unknown(k) : k.for < k.of ? note + t(", ") + t("of {n} machines", { n: k.for }) : note;
  /** A number stays with the word after it. */
  const keep = (text) => text.replace(/([\d■▲◆]) (?=\S)/g, "$1\u00a0");

  const kpiTexts = {
    running: (k) => ({ value: number(k.value, 0), unit: t("of {n}", { n: k.of }), note: k.idle ? t("target {n}, {idle} idle", { n: k.aim, idle: k.idle }) : t("target {n}", { n: k.aim }) }),
    stops: (k) => ({ value: number(k.value, 1), note: forecast(k, t("80 %: {lo} to {hi}", { lo: number(k.lo, 0, 1), hi: number(k.hi, 0, 1) })) }),
    lost: (k) => ({ value: number(k.value, 1), note: forecast(k, t("limit {n}", { n: number(k.aim, 1) })) }),
    attention: (k) => ({ value: number(k.value, 0), note: k.value === undefined ? "" : [1, 2, 3].map((p) => `${shapes[p]} ${k[`p${p}`]}`).join("  ") }),
    complete: (k) => ({ value: number(k.value, 1), note: k.silent ? t("{n} without data", { n: k.silent }) : t("target {n}", { n: number(k.aim, 0) }) }),
  };

  const paintKpi = (card, key) => once((figure) => {
    const part = (name) => card.querySelector(`[data-f="${name}"]`);
    for (const [name, text] of Object.entries(kpiTexts[key](figure))) say(part(name), keep(text));
    part("off").hidden = !figure.off;
    card.classList.toggle("off", Boolean(figure.off));
    part("trend").replaceChildren(...spark(figure.trend || []));
  });

  const codeWords = () => ({
    ok: t("normal"), idle: t("idle"), silent: t("no data"),
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
        h("span", {}, t("{n} machines", { n }))),
      h("div", { class: "groups" }, ...item.groups.map((group) =>
        h("div", { class: "group" },
          h("div", { class: "group-name" }, pick(group.name)),
          h("ul", { class: "tiles" }, ...group.machines.map((m) => tile(m, wide)))))));
  };

  /** Colours of tiles: only those that changed are touched. */
  const paintTiles = (region) => {
    const shown = new Map();
    return (codes, names) => {
      const words = codeWords();
      for (const a of region.querySelectorAll(".tile")) {
        const code = codes[a.dataset.machine] || "silent";
        if (shown.get(a) === code) continue;
        shown.set(a, code);
        a.className = `tile ${code}`;
        a.title = `${names.get(a.dataset.machine)}${t(": ")}${code.split(" ").map((c) => words[c]).join(t(", "))}`;
        a.setAttribute("aria-label", a.title);
      }
    };
  };

  const names = (lines) =>
    new Map(lines.flatMap((l) => l.groups.flatMap((g) => g.machines.map((m) => [m.id, pick(m.name)]))));

  const reasonText = (item) => ({
    risk: () => t("Failure likely"), limit: () => t("Beyond a limit"), bad_sensor: () => t("Sensor not to be trusted"),
    failed: () => t("Failed, stands still"), changed: () => t("Behaves unlike its twin"), no_data: () => t("No data"),
  }[item.reason]?.() || item.reason);

  const expected = (item, horizon) =>
    item.reason === "no_data" || item.p_week === undefined ? "—" : item.mid_h === undefined ? `> ${duration(horizon)}` : duration(item.mid_h);
  const range = (item, horizon) => {
    if (item.reason === "no_data" || item.lo_h === undefined) return "—";
    return item.hi_h === undefined
      ? t("from {lo}", { lo: duration(item.lo_h) })
      : durations(item.lo_h, item.hi_h);
  };

  const row = (item, currency, horizon) => {
    const detail = item.withheld && item.reason !== "failed" ? t("No data, last forecast withheld") : (item.drivers || []).slice(0, 2).map(pick).join(t(", "));
    const why = item.reason === "risk" && item.mode ? pick(item.mode) : reasonText(item);
    const stake = item.reason !== "failed" ? money(item.cost_wait, currency) : item.cost_h ? t("{money}/h", { money: money(item.cost_h, currency) }) : "—";
    return h("tr", {},
      h("td", {}, twin.badge(item.priority)),
      h("td", { class: "machine" }, h("a", { href: `/machine/${encodeURIComponent(item.machine)}`, "data-nav": 1 }, pick(item.name))),
      h("td", { class: "why" }, h("div", { title: why }, why), detail ? h("div", { class: "detail", title: detail }, detail) : null),
      h("td", { class: "num" }, expected(item, horizon), h("div", { class: "narrow detail" }, range(item, horizon))),
      h("td", { class: "num detail range" }, range(item, horizon)),
      h("td", { class: "num stake" }, stake));
  };

  /** Bars over the next days: where the stop lies, with what certainty, and by when to act. */
  const whenChart = (items, horizon, W) => {
    const left = Math.min(150, 0.3 * W), right = 12, pitch = 22;
    const H = items.length * pitch + 26;
    const x = (hours) => left + ((W - left - right) * Math.min(hours, horizon)) / horizon;
    const days = Math.round(horizon / 24);
    const step = days > 8 ? 5 : 1;
    const parts = [];
    for (let d = 0; d <= days; d += step) {
      parts.push(svg("line", { class: "grid", x1: x(24 * d), x2: x(24 * d), y1: 2, y2: H - 22 }));
      parts.push(svg("text", { x: x(24 * d), y: H - 6, "text-anchor": "middle" }, d === 0 ? t("now") : t("{n} d", { n: d })));
    }
    items.forEach((item, n) => {
      const y = 14 + n * pitch;
      const hi = item.hi_h ?? horizon;
      const label = pick(item.name);
      parts.push(svg("text", { class: "name", x: left - 14, y: y + 4, "text-anchor": "end" }, label.length > left / 7.5 ? `${label.slice(0, left / 7.5 - 1)}…` : label));
      if (item.lo_h !== undefined)
        parts.push(svg("rect", { class: "range", x: x(item.lo_h), y: y - 5, width: Math.max(3, x(hi) - x(item.lo_h)), height: 10 }));
      if (item.mid_h !== undefined)
        parts.push(svg("rect", { class: `mark p${item.priority}`, x: x(item.mid_h) - 3, y: y - 8, width: 6, height: 16 }));
      if (item.service_by_h !== undefined && item.service_by_h <= horizon)
        parts.push(svg("path", { class: "service", d: `M${x(item.service_by_h)} ${y + 5} l-5 -9 h10 z` }));
    });
    return svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": t("When each stop is expected, over the next {n} days", { n: days }) }, ...parts);
  };

  twin.pages.plant = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    const only = page.dataset.line;
    page.classList.toggle("one-line", Boolean(only));
    const kpis = new Map([...page.querySelectorAll("[data-kpi]")].map((card) => [card.dataset.kpi, paintKpi(card, card.dataset.kpi)]));
    let tiles = paintTiles(region("lines"));
    const lines = once((all) => {
      region("lines").replaceChildren(...all.filter((l) => !only || l.id === only).map((l) => line(l, Boolean(only))));
      tiles = paintTiles(region("lines"));
    });
    const attention = once(({ items: all, silent, currency, horizon, age }) => {
      const items = all.slice(0, LISTED_MAX);
      const rest = [all.length > LISTED_MAX ? t("and {n} more, see the tiles", { n: all.length - LISTED_MAX }) : items.length ? "" : t("Nothing needs attention."),
        silent ? t("{n} without data", { n: silent }) : ""].filter(Boolean);
      twin.replace(region("attention"), items.map((item) => row(item, currency, horizon)));
      say(region("attention-empty"), age === undefined ? t("The planner has not spoken yet.")
        : age > 0 ? t("This list is {age} old.", { age: twin.age(age) })
        : rest.join(" · "));
      const dated = items.filter((item) => item.lo_h !== undefined);
      region("when").replaceChildren(...(dated.length ? [whenChart(dated, horizon, width())]
        : [h("p", { class: "quiet" }, t("No stop is dated."))]));
    });
    /** In the chart's own units, of which a line of text always has as many. */
    const width = () => ((region("when").clientWidth || 560) * 14) / parseFloat(getComputedStyle(document.documentElement).fontSize);
    return (state) => {
      lines(state.lines);
      tiles(state.tiles, names(state.lines));
      for (const [key, paint] of kpis) paint(state.kpis[key]);
      // Counted as on the tiles: who only sends nothing needs no decision, and is counted apart.
      const items = state.attention.filter((item) => item.reason !== "no_data" && (!only || item.line === only));
      const here = state.lines.filter((l) => !only || l.id === only).flatMap((l) => l.groups.flatMap((g) => g.machines));
      const silent = here.filter((m) => (state.tiles[m.id] || "silent").includes("silent")).length;
      attention({ silent, items: items.map((i) => Object.fromEntries(Object.entries(i).filter(([, v]) => v !== null))), currency: state.currency, horizon: state.horizon_h, age: state.plan_age_s });
    };
  };
})();

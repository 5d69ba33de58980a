/* Figure of the explorer: lines, bands, marks, events and fans as plotly takes them. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, number } = twin;
  const Z = { 50: 0.6744897501960817, 80: 1.2815515655446004, 95: 1.959963984540054 };

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const ms = (iso) => Date.parse(`${iso.length <= 10 ? `${iso}T00:00` : iso}Z`);
  const iso = (at) => new Date(at).toISOString().slice(0, 23);

  /** Outline of a band: one closed polygon a run without gap, so that none is drawn across one. */
  const outline = (x, low, high) => {
    const xs = [], ys = [];
    for (let i = 0; i < x.length;) {
      if (low[i] === null || high[i] === null) { i++; continue; }
      let j = i;
      while (j < x.length && low[j] !== null && high[j] !== null) j++;
      if (xs.length) { xs.push(xs.at(-1)); ys.push(null); }
      for (let k = i; k < j; k++) { xs.push(x[k]); ys.push(high[k]); }
      for (let k = j - 1; k >= i; k--) { xs.push(x[k]); ys.push(low[k]); }
      i = j;
    }
    return { x: xs.length ? xs : [null], y: ys.length ? ys : [null] };
  };
  const around = (middle, half, sign) => middle.map((m, i) => (m === null || half[i] === null ? null : m + sign * half[i]));
  const solid = (list) => (list.length ? list : [null]);

  const line = (axis, x, y, ink, width, more = {}) => ({
    type: "scatter", mode: "lines", x: solid(x), y: solid(y), yaxis: axis, connectgaps: false, showlegend: false,
    line: { color: ink, width }, hovertemplate: `%{y} ${more.name || ""}<extra></extra>`, ...more });
  const fill = (axis, x, low, high, ink, opacity) => ({
    type: "scatter", mode: "lines", ...outline(x, low, high), yaxis: axis, fill: "toself", fillcolor: ink, opacity,
    line: { width: 0, color: ink }, hoverinfo: "skip", showlegend: false });
  const marks = (axis, x, y, symbol, ink, name) => ({
    type: "scatter", mode: "markers", x: solid(x), y: solid(y), yaxis: axis, showlegend: false, name,
    marker: { symbol, size: 7, color: ink, line: { width: 1.5, color: ink } }, hovertemplate: `${name}<extra></extra>` });

  const levelAt = (one, x) => {
    let i = one.bx.findIndex((b) => b >= x);
    if (i < 0) i = one.bx.length - 1;
    while (i > 0 && one.level[i] === null) i--;
    return one.level[i] ?? null;
  };

  const sensorTraces = (one, axis, ink, isRaw) => {
    const meta = { sensor: one.id };
    const few = isRaw && one.each;
    return [
      fill(axis, one.bx, around(one.level, one.half, -1), around(one.level, one.half, 1), ink.band, 1),
      line(axis, one.bx, one.level, ink.estimate, 1.5, { name: t("estimate"), meta }),
      line(axis, one.x, one.y, ink.measured, 1, { name: t("measured"), meta, dots: few, marker: { size: 3.5, color: ink.measured } }),
      marks(axis, one.uncertain.x, one.uncertain.y, "circle-open", ink.soft, t("uncertain")),
      marks(axis, one.gated.x, one.gated.y, "x-thin", ink.limit, t("not believed")),
      marks(axis, one.bad, one.bad.map((x) => levelAt(one, x)), "square-open", ink.soft, t("bad: its source says so")),
    ];
  };

  const fanTraces = (fan, axis, ink, n) => {
    const of = (z) => fan.sd.map((s) => (s === null ? null : z * s));
    const bands = [95, 80, 50].map((p) => fill(axis, fan.x, around(fan.mean, of(Z[p]), -1), around(fan.mean, of(Z[p]), 1), ink.fan, 0.16));
    const crossed = fan.crossings.filter((c) => c.when[0] && c.when[0] !== fan.x[0]);
    return [...bands,
      line(axis, fan.x, fan.mean, ink.fan, 2, { name: [t("forecast"), n].join(" "), line: { color: ink.fan, width: 2, dash: "dash" } }),
      ...crossed.map((c) => line(axis, [c.when[0], c.when[2] || fan.until], [c.value, c.value], ink.ink, 5, { name: t("limit reached, 80 of 100"), opacity: 0.6 })),
      ...crossed.filter((c) => c.when[1]).map((c) => marks(axis, [c.when[1]], [c.value], "diamond", ink.ink, t("limit reached, middle")))];
  };

  const eventText = (event) => ({
    alarm_on: () => t("alarm"), failure: () => t("failure"), repair: () => t("repair"), service_planned: () => t("service planned"),
    service_done: () => t("service done"), bad_sensor: () => t("bad sensor"), changed: () => t("machine changed") }[event.kind] || (() => event.kind))();

  /** Traces and layout of what is shown; sensors one below the other on one time axis. */
  const figure = (shown, answer, fans, width) => {
    const ink = { band: color("--band"), estimate: color("--estimate"), measured: color("--measured"), soft: color("--ink-soft"),
      limit: color("--limit"), ink: color("--ink"), line: color("--line"), fan: color("--focus") };
    const n = answer.sensors.length, room = 0.1 / n, tall = (1 - room * n) / n;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize), small = 0.8 * rem;
    const data = [], shapes = [], annotations = [];
    const text = (extra) => annotations.push({ showarrow: false, font: { size: 0.86 * rem, color: ink.soft }, ...extra });
    const layout = {
      margin: { l: (width < 500 ? 3.1 : 4.1) * rem, r: 12, t: 1.7 * rem, b: 2.9 * rem }, height: Math.max(21, n * 17 + 3) * rem, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: color("--well"),
      font: { color: ink.soft, size: 0.86 * rem, family: color("--font") }, hovermode: "x", dragmode: "zoom", showlegend: false, uirevision: "keep",
      hoverlabel: { bgcolor: color("--panel"), font: { color: ink.ink }, bordercolor: ink.soft },
      xaxis: { type: "date", range: [answer.from, answer.to], autorange: false, gridcolor: ink.line, linecolor: ink.soft, anchor: n > 1 ? `y${n}` : "y",
        zeroline: false, nticks: width < 500 ? 4 : 9, hoverformat: "%Y-%m-%d %H:%M:%S" },
      shapes, annotations };
    answer.sensors.forEach((one, i) => {
      const sensor = shown.sensors[one.id], axis = i ? `y${i + 1}` : "y", key = i ? `yaxis${i + 1}` : "yaxis";
      const top = 1 - i * (tall + room);
      layout[key] = { domain: [Math.max(0, top - tall), top], fixedrange: true, gridcolor: ink.line, zeroline: false, nticks: 5, automargin: false };
      data.push(...sensorTraces(one, axis, ink, answer.raw));
      fans.forEach((fan, k) => { if (fan.sensor === one.id) data.push(...fanTraces(fan, axis, ink, k + 1)); });
      text({ text: `<b>${sensor.name.replace(/[<&]/g, " ")}</b> ${sensor.unit}`, xref: "paper", yref: "paper", x: 0, y: top, xanchor: "left", yanchor: "bottom", font: { size: 0.95 * rem, color: ink.ink } });
      const seen = [...one.y, ...fans.filter((f) => f.sensor === one.id).flatMap((f) => f.mean)].filter((v) => v !== null);
      const low = Math.min(...seen), high = Math.max(...seen), near = Math.max(high - low, 1e-9);
      Object.entries(sensor.limits).forEach(([, value]) => {
        if (value === null || !seen.length || value < low - near || value > high + near) return;
        shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, yref: axis, y0: value, y1: value, line: { color: ink.limit, width: 1.5, dash: "dot" } });
        text({ text: t("limit {value}", { value: number(value, 0, 3) }), xref: "paper", yref: axis, x: 1, y: value, xanchor: "right", yanchor: "bottom", font: { size: small, color: ink.limit } });
      });
    });
    let last = -Infinity;
    const apart = (ms(answer.to) - ms(answer.from)) * (width < 500 ? 0.16 : 0.06);
    answer.events.forEach((event) => {
      shapes.push({ type: "line", x0: event.x, x1: event.x, yref: "paper", y0: 0, y1: 1, line: { color: ink.soft, width: 1, dash: "dot" } });
      if (ms(event.x) - last < apart) return;
      last = ms(event.x);
      const inside = width < 500; // beside the sensor's name there is no room for it
      text({ text: eventText(event), x: event.x, yref: "paper", y: 1, yanchor: inside ? "top" : "bottom", xshift: inside ? 3 : 0, textangle: 0, xanchor: "left", font: { size: small, color: ink.soft } });
    });
    fans.forEach((fan, k) => {
      shapes.push({ type: "line", x0: fan.at, x1: fan.at, yref: "paper", y0: 0, y1: 1, line: { color: ink.fan, width: 1.5 } });
      text({ text: `<b>${k + 1}</b>`, x: fan.at, yref: "paper", y: 1, yanchor: "top", xanchor: "left", xshift: 3, font: { size: 0.86 * rem, color: ink.fan } });
    });
    return { data, layout };
  };

  twin.explorer = { figure, ms, iso };
})();

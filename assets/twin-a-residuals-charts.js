/* Charts of residuals, each with the bounds that innovations of a fitting twin keep to. SVG, no colour. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, svg, number } = twin;
  const W = 420, H = 210, LEFT = 40, RIGHT = 10, TOP = 8, BOTTOM = 24;

  const plot = (x0, x1, y0, y1, label) => {
    const x = (v) => LEFT + ((W - LEFT - RIGHT) * (v - x0)) / (x1 - x0 || 1);
    const y = (v) => TOP + ((H - TOP - BOTTOM) * (y1 - v)) / (y1 - y0 || 1);
    const parts = [];
    const grid = (values, places) => values.forEach((v) => parts.push(
      svg("line", { class: "grid", x1: LEFT, x2: W - RIGHT, y1: y(v), y2: y(v) }),
      svg("text", { x: LEFT - 5, y: y(v) + 4, "text-anchor": "end" }, number(v, places))));
    const under = (pairs) => pairs.forEach(([v, text], n) => parts.push(
      svg("text", { x: x(v), y: H - 7, "text-anchor": n === 0 ? "start" : n === pairs.length - 1 ? "end" : "middle" }, text)));
    const band = (low, high) => parts.push(svg("rect", { class: "bound", x: LEFT, width: W - LEFT - RIGHT, y: y(Math.min(high, y1)), height: Math.max(0.5, y(Math.max(low, y0)) - y(Math.min(high, y1))) }));
    const done = () => svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": label }, ...parts);
    return { x, y, parts, grid, under, band, done };
  };
  const path = (xs, ys, at) => xs.map((v, n) => `${n ? "L" : "M"}${at.x(v).toFixed(1)} ${at.y(ys[n]).toFixed(1)}`).join("");
  const spread = (values) => values.filter((v) => v !== null);

  const acf = ({ r, bound }, label) => {
    const most = Math.max(0.2, bound * 1.5, ...spread(r).map(Math.abs)), top = [0.2, 0.4, 0.6, 0.8, 1].find((v) => v >= most) || 1;
    const low = Math.min(...spread(r), -bound) < -top / 2 ? -top : -top / 2;
    const at = plot(0.3, r.length + 0.7, low, top, label);
    at.band(-bound, bound);
    at.grid([low, 0, top / 2, top], 1);
    r.forEach((v, n) => v !== null && at.parts.push(svg("line", { class: Math.abs(v) > bound ? "bar out" : "bar", x1: at.x(n + 1), x2: at.x(n + 1), y1: at.y(0), y2: at.y(v) })));
    at.under([[1, t("lag {n}", { n: 1 })], ...[10, 20, 30].filter((n) => n < r.length).map((n) => [n, String(n)]), [r.length, String(r.length)]]);
    return at.done();
  };

  const nis = ({ times, mean, bounds }, label) => {
    const top = Math.max(2, bounds[1] * 1.3, Math.min(6, Math.max(...mean, 0) * 1.05));
    const at = plot(0, Math.max(1, mean.length - 1), 0, top, label);
    at.band(...bounds);
    at.grid([0, 1, ...(top > 3 ? [Math.floor(top)] : [2])], 0);
    const shown = mean.map((v) => Math.min(v, top)), places = mean.map((_, n) => n);
    at.parts.push(svg("path", { class: "line", d: path(places, shown, at) }));
    shown.forEach((v, n) => { if (mean[n] < bounds[0] || mean[n] > bounds[1]) at.parts.push(svg("circle", { class: "dot", cx: at.x(n), cy: at.y(v), r: 2.6 })); });
    const short = (time) => time.slice(5, 16).replace("T", " ");
    if (times.length) at.under([[0, short(times[0])], [mean.length - 1, short(times[times.length - 1])]]);
    return at.done();
  };

  const qq = ({ normal, found, low, high }, label) => {
    const most = Math.max(3, ...spread(normal).map(Math.abs)), reach = Math.min(8, Math.max(most, ...spread(found).map(Math.abs)));
    const at = plot(-most, most, -reach, reach, label), held = (v) => Math.max(-reach, Math.min(reach, v));
    const ticks = reach > 4.5 ? [-6, -3, 0, 3, 6].filter((v) => Math.abs(v) <= reach) : [-4, -2, 0, 2, 4].filter((v) => Math.abs(v) <= reach);
    at.grid(ticks, 0);
    const back = [...normal.keys()].reverse().map((n) => `L${at.x(normal[n]).toFixed(1)} ${at.y(held(low[n])).toFixed(1)}`).join("");
    if (normal.length) at.parts.push(svg("path", { class: "bound", d: `${path(normal, high.map(held), at)}${back}Z` }));
    normal.forEach((v, n) => at.parts.push(svg("circle", { class: found[n] < low[n] || found[n] > high[n] ? "dot" : "dot in", cx: at.x(v), cy: at.y(held(found[n])), r: 2.4 })));
    at.under([[-2, "−2"], [0, "0"], [2, "2"]]);
    return at.done();
  };

  const pit = ({ counts, bounds }, label) => {
    const top = Math.max(bounds[1] * 1.4, ...counts) || 1, at = plot(0, counts.length, 0, top, label);
    counts.forEach((v, n) => at.parts.push(svg("rect", { class: v < bounds[0] || v > bounds[1] ? "column out" : "column", x: at.x(n) + 1, width: at.x(1) - at.x(0) - 2, y: at.y(v), height: at.y(0) - at.y(v) })));
    for (const bound of bounds) at.parts.push(svg("line", { class: "edge", x1: LEFT, x2: W - RIGHT, y1: at.y(bound), y2: at.y(bound) }));
    const size = 10 ** Math.floor(Math.log10(top)), step = [0.2, 0.5, 1, 2].map((m) => m * size).find((v) => top / v < 5);
    at.grid([0, 1, 2, 3, 4].map((n) => n * step).filter((v) => v <= top && v === Math.round(v)), 0);
    at.under([[0, "0"], [counts.length / 2, "0.5"], [counts.length, "1"]]);
    return at.done();
  };

  twin.residualCharts = { acf, nis, qq, pit };
})();

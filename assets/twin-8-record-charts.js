/* Charts of the track record: what was said against what was seen, counts, weeks. Ink alone: nothing here is an alarm. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, svg, percent, number } = twin;
  const SIZE = 300, LEFT = 46, TOP = 8, FOOT = 40;
  const TICKS = [0, 0.01, 0.05, 0.2, 0.4, 0.6, 1];

  /** Both axes by the square root: most forecasts are small, and the diagonal stays one. */
  const x = (p) => LEFT + SIZE * Math.sqrt(p);
  const y = (p) => TOP + SIZE * (1 - Math.sqrt(p));
  const text = (at, down, words, attributes = {}) => svg("text", { x: at, y: down, ...attributes }, words);
  const tick = (p) => `${number(100 * p, 0)} %`;

  const axes = () => TICKS.flatMap((p) => [
    svg("line", { class: "grid", x1: x(p), x2: x(p), y1: y(0), y2: y(1) }),
    svg("line", { class: "grid", x1: x(0), x2: x(1), y1: y(p), y2: y(p) }),
    text(x(p), y(0) + 15, tick(p), { "text-anchor": "middle" }),
    text(LEFT - 5, y(p) + 4, tick(p), { "text-anchor": "end" }),
  ]);

  const point = ([said, seen, low, high, n]) => svg("g", {},
    svg("line", { class: "range", x1: x(said), x2: x(said), y1: y(low), y2: y(high) }),
    svg("circle", { class: "dot", cx: x(said), cy: y(seen), r: Math.min(8, 2.5 + Math.log10(n)) }),
    svg("title", {}, t("Said {said}, seen {seen} ({low} to {high}), {n} forecasts",
      { said: percent(said), seen: percent(seen), low: percent(low), high: percent(high), n: number(n, 0) })));

  const rows = (bins) => bins.map(([said, seen, low, high, n]) => h("tr", {},
    h("td", { class: "num" }, percent(said)), h("td", { class: "num" }, percent(seen)),
    h("td", { class: "num" }, t("{lo} to {hi}", { lo: percent(low), hi: percent(high) })), h("td", { class: "num" }, number(n, 0))));

  const table = (bins) => h("details", {},
    h("summary", {}, t("As a table")),
    h("table", { class: "record-table" },
      h("thead", {}, h("tr", {}, ...[t("Said"), t("Seen"), t("95 % range"), t("Forecasts")].map((words) => h("th", { scope: "col", class: "num" }, words)))),
      h("tbody", {}, ...rows(bins))));

  const reliability = (bins) => [
    svg("svg", { viewBox: `0 0 ${SIZE + LEFT + 24} ${SIZE + TOP + FOOT}`, class: "square", role: "img", "aria-label": t("Said against seen; the same numbers are in the table below") },
      ...axes(),
      svg("line", { class: "ideal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
      ...bins.map(point),
      text(x(0.25), y(0) + 33, t("said"), { "text-anchor": "middle", class: "axis" }),
      text(12, y(0.25), t("seen"), { "text-anchor": "middle", class: "axis", transform: `rotate(-90 12 ${y(0.25)})` })),
    h("p", { class: "quiet" }, t("On the dashed line it happens as often as it was said. Bars: 95 % ranges of independent stretches of time; forecasts of one machine repeat each other.")),
    table(bins),
  ];

  /** Shares as columns, with the level that an honest forecast has. */
  const columns = (counts, label) => {
    const total = counts.reduce((a, b) => a + b, 0), wide = 300 / counts.length, most = Math.max(0.25, ...counts.map((n) => n / total));
    const bar = (n, i) => svg("rect", { class: "column", x: i * wide + 1, width: wide - 2, y: 80 - 78 * (n / total / most), height: 78 * (n / total / most) }, svg("title", {}, percent(n / total)));
    const level = 80 - 78 / counts.length / most;
    return svg("svg", { viewBox: "0 0 300 84", class: "strip", role: "img", "aria-label": `${label}: ${counts.map((n) => percent(n / total)).join(", ")}` },
      ...counts.map(bar), svg("line", { class: "ideal", x1: 0, x2: 300, y1: level, y2: level }), svg("line", { class: "base", x1: 0, x2: 300, y1: 80.5, y2: 80.5 }));
  };

  /** Where failures fell against the range said, as one bar of three parts. */
  const places = ({ below, inside, above }) => {
    const total = below + inside + above, at = (n) => (300 * n) / total;
    const parts = [["out", 0, below], ["in", below, inside], ["out", below + inside, above]];
    return svg("svg", { viewBox: "0 0 300 26", class: "strip", role: "img", "aria-label": t("{inside} within the range, {below} before it, {above} after it", { inside: percent(inside / total), below: percent(below / total), above: percent(above / total) }) },
      ...parts.map(([css, from, n]) => svg("rect", { class: css, x: at(from), width: at(n), y: 4, height: 14 })),
      ...[0.1, 0.9].map((p) => svg("line", { class: "ideal", x1: 300 * p, x2: 300 * p, y1: 0, y2: 22 })));
  };

  /** Brier score week by week against that of the base rate: lower is better. */
  const weeks = (found) => {
    const most = Math.max(...found.flatMap(([, , brier, base]) => [brier, base])) || 1;
    const at = (i) => 6 + (288 * i) / (found.length - 1), down = (value) => 78 - 70 * (value / most);
    const line = (column, css) => svg("polyline", { class: css, points: found.map((week, i) => `${at(i)},${down(week[column])}`).join(" ") });
    const words = found.map(([begin, , brier, base]) => `${begin}: ${number(brier, 3)} / ${number(base, 3)}`).join("; ");
    return [svg("svg", { viewBox: "0 0 300 84", class: "strip", role: "img", "aria-label": `${t("Brier score by week, and that of the base rate")}: ${words}` },
      svg("line", { class: "base", x1: 0, x2: 300, y1: 80.5, y2: 80.5 }), line(3, "rival"), line(2, "ours"),
      ...found.map((week, i) => svg("circle", { class: "dot", cx: at(i), cy: down(week[2]), r: 2.5 }, svg("title", {}, `${week[0]}: ${number(week[2], 4)}`)))),
    h("p", { class: "quiet" }, t("By week, {from} to {to}: solid the forecasts, dashed the base rate. Lower is better.", { from: found[0][0], to: found.at(-1)[0] }))];
  };

  twin.recordCharts = { weeks, reliability, columns, places };
})();

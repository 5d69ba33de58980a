/* Small charts as plain SVG: lines, bands, limits, a cursor. They follow the theme by their classes. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { svg, t, number } = twin;
  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;
  const STEPS_S = [1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000];
  const two = (n) => String(n).padStart(2, "0");

  /** A moment of the plant's clock (ms, naive) as its axis says it. */
  const clock = (ms, step_s) => {
    const d = new Date(ms);
    if (step_s >= 86400) return `${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
    const text = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
    return step_s < 60 ? `${text}:${two(d.getUTCSeconds())}` : text;
  };
  const timeTicks = (from, to, most) => {
    const step = STEPS_S.find((s) => (to - from) / 1000 / s <= most) || STEPS_S.at(-1);
    const ticks = [];
    for (let at = Math.ceil(from / 1000 / step) * step; at * 1000 <= to; at += step) ticks.push([at * 1000, clock(at * 1000, step)]);
    return ticks;
  };
  const hourTicks = (from, to, most, since) => {
    const step = [0.25, 1, 2, 4, 6, 12, 24, 48, 72, 96, 168].find((s) => (to - from) / s <= most) || 336;
    const ticks = [];
    for (let at = Math.ceil(from / step) * step; at <= to + 1e-9; at += step) ticks.push([at, at === 0 ? (since ? "0" : t("now")) : at < 0 ? `−${twin.duration(-at)}` : twin.duration(at)]);
    return ticks;
  };
  /** Steps of 1, 2 or 5 times a power of ten. */
  const valueTicks = (low, high, most) => {
    const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw * 0.999);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const ticks = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-6; n++) ticks.push([n * step, number(n * step, digits)]);
    return ticks;
  };

  const extent = ({ lines = [], bands = [], from, to }) => {
    let low = Infinity, high = -Infinity;
    const take = (at, value) => {
      if (value === null || value === undefined || at < from || at > to) return;
      if (value < low) low = value;
      if (value > high) high = value;
    };
    for (const { t: at, y } of lines) for (let i = 0; i < at.length; i++) take(at[i], y[i]);
    for (const { t: at, lo, hi } of bands) for (let i = 0; i < at.length; i++) { take(at[i], lo[i]); take(at[i], hi[i]); }
    return [low, high];
  };
  /** What is shown from top to bottom: the data, each limit that is near, and those that must be seen. */
  const rangeOf = (model) => {
    if (model.range) return model.range;
    let [low, high] = extent(model);
    if (low > high) return null;
    if (low === high) { low -= Math.abs(low) * 0.05 || 1; high += Math.abs(high) * 0.05 || 1; }
    const near = model.near ?? (high - low) / 2;
    const top = high + near, bottom = low - near;
    for (const { value, must } of model.limits || []) {
      if (value > high && (must || value < top)) high = value;
      if (value < low && (must || value > bottom)) low = value;
    }
    const room = 0.07 * (high - low);
    return [Math.max(low - room, model.floor ?? -Infinity), high + room];
  };

  const lineOf = (at, y, x, yAt) => {
    let d = "", pen = "M";
    for (let i = 0; i < at.length; i++) {
      if (y[i] === null || y[i] === undefined) { pen = "M"; continue; }
      d += `${pen}${x(at[i]).toFixed(1)} ${yAt(y[i]).toFixed(1)}`;
      pen = "L";
    }
    return d;
  };
  /** One closed outline a run without gap: nothing is known across a gap, so nothing is drawn. */
  const bandOf = ({ t: at, lo, hi }, x, yAt) => {
    let d = "", run = [];
    const close = () => {
      if (run.length > 1) {
        d += `M${run.map((i) => `${x(at[i]).toFixed(1)} ${yAt(hi[i]).toFixed(1)}`).join("L")}`;
        d += `L${run.reverse().map((i) => `${x(at[i]).toFixed(1)} ${yAt(lo[i]).toFixed(1)}`).join("L")}Z`;
      }
      run = [];
    };
    for (let i = 0; i < at.length; i++) (lo[i] === null || lo[i] === undefined ? close() : run.push(i));
    close();
    return d;
  };

  /** Draw a model {x, from, to, lines, bands, limits, marks, range, percent, label} into a place. */
  const draw = (place, model) => {
    const W = place.clientWidth, H = place.clientHeight, k = rem();
    if (!W || !H) return;
    const RIGHT = 10, TOP = 8, BOTTOM = 20 * k;
    place.model = model;
    const range = rangeOf(model);
    if (!range) {
      place.replaceChildren(twin.h("p", { class: "chart-empty" }, t("No samples in this span")));
      return;
    }
    const [low, high] = range, { from, to } = model;
    const values = model.percent ? [0, 0.25, 0.5, 0.75, 1].map((v) => [v, `${100 * v} %`]) : model.ticks || valueTicks(low, high, Math.max(2, Math.floor(H / (30 * k)))).map(([v, text]) => [v, model.inPercent ? `${Math.round(100 * v)} %` : text]);
    const LEFT = Math.max(34, 12 + 6.4 * Math.max(...values.map(([, text]) => text.length))) * k;
    const x = (value) => LEFT + ((W - LEFT - RIGHT) * (value - from)) / (to - from || 1);
    const clamp = (value) => Math.min(high, Math.max(low, value));
    const y = (value) => TOP + ((H - TOP - BOTTOM) * (high - clamp(value))) / (high - low);
    const most = Math.max(2, Math.floor((W - LEFT) / (model.x === "hours" ? 62 * k : 74 * k)));
    const parts = [];
    for (const [value, text] of values) {
      parts.push(svg("line", { class: "grid", x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value) }), svg("text", { x: LEFT - 5, y: y(value) + 4, "text-anchor": "end" }, text));
    }
    for (const [value, text] of (model.x === "hours" ? hourTicks : timeTicks)(from, to, most, model.since)) {
      const at = x(value), anchor = at > W - 26 ? "end" : at < LEFT + 14 ? "start" : "middle";
      parts.push(svg("line", { class: "grid", x1: at, x2: at, y1: TOP, y2: H - BOTTOM }), svg("text", { x: Math.min(at, W - 2), y: H - 5, "text-anchor": anchor }, text));
    }
    for (const band of model.bands || []) parts.push(svg("path", { class: band.css, d: bandOf(band, x, y) }));
    let told = Infinity;
    for (const { value, css, text } of model.limits || []) {
      if (value <= high && value >= low) {
        parts.push(svg("line", { class: `limit-line ${css || ""}`, x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value) }));
        const at = y(value) > TOP + 14 ? y(value) - 4 : y(value) + 12;
        if (!text || Math.abs(at - told) < 13 * k) continue;
        parts.push(svg("text", { class: "limit-text", x: LEFT + 4, y: at }, text));
        told = at;
      }
    }
    for (const line of model.lines || []) parts.push(svg("path", { class: line.css, d: lineOf(line.t, line.y, x, y) }));
    for (const { at, css } of model.marks || []) if (at >= from && at <= to) parts.push(svg("line", { class: css || "mark-line", x1: x(at), x2: x(at), y1: TOP, y2: H - BOTTOM }));
    const cursor = svg("line", { class: "cursor", y1: TOP, y2: H - BOTTOM, x1: -9, x2: -9 });
    place.cursor = (ms) => { const at = ms === null ? -9 : x(ms); cursor.setAttribute("x1", at); cursor.setAttribute("x2", at); };
    place.timeAt = (px) => from + ((px - LEFT) / (W - LEFT - RIGHT)) * (to - from);
    const root = svg("svg", { viewBox: `0 0 ${W} ${H}`, width: W, height: H, role: "img", "aria-label": model.label || "" }, ...parts, cursor);
    place.replaceChildren(root);
  };

  /** The place of the value nearest to a moment in rising times. */
  const nearest = (times, ms) => {
    let low = 0, high = times.length - 1;
    while (high - low > 1) { const mid = (low + high) >> 1; if (times[mid] < ms) low = mid; else high = mid; }
    return high < 0 ? -1 : Math.abs(times[low] - ms) <= Math.abs(times[high] - ms) ? low : high;
  };

  twin.charts = { draw, nearest, clock };
})();

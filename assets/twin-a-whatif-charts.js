/* Charts of the what-if page: one fan a scenario, and the curves of failure in one. SVG, no colour. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, svg, number, percent, duration } = twin;
  const Z = { 50: 0.67449, 80: 1.28155, 95: 1.95996 };
  const LETTERS = "ABCD";
  const DASHES = ["", "9 4", "2 3", "12 3 2 3", "1 5"];

  /** Baseline, or the scenario's letter and name. */
  const title = (course, n) => (n === 0 ? t("Baseline") : course.name ? `${LETTERS[n - 1]} · ${course.name}` : LETTERS[n - 1]);

  const line = (xs, ys, x, y) => xs.map((v, n) => `${n ? "L" : "M"}${x(v).toFixed(1)} ${y(ys[n]).toFixed(1)}`).join("");
  const area = (xs, low, high, x, y) =>
    line(xs, high, x, y) + [...xs.keys()].reverse().map((n) => `L${x(xs[n]).toFixed(1)} ${y(low[n]).toFixed(1)}`).join("") + "Z";

  /** Round steps that cut [low, high] into about four. */
  const ticks = (low, high) => {
    const raw = (high - low) / 4 || 1, size = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].find((m) => m * size >= raw) * size;
    const out = [];
    for (let v = Math.ceil(low / step) * step; v <= high + 1e-9 * step; v += step) out.push(v);
    return out;
  };

  const timeTicks = (last, W) => {
    const unit = last > 48 ? 24 : 1, most = Math.max(2, Math.floor(W / 75));
    const step = [1, 2, 4, 7, 14, 30, 90].map((n) => n * unit).find((s) => last / s <= most) || last;
    const out = [];
    for (let v = 0; v <= last + 1e-9; v += step) out.push(v);
    return out;
  };

  const frame = (W, H, left, right, top, bottom, last, low, high, yText) => {
    const x = (v) => left + ((W - left - right) * v) / last;
    const y = (v) => top + ((H - top - bottom) * (high - v)) / (high - low);
    const parts = ticks(low, high).flatMap((v) => [
      svg("line", { class: "grid", x1: left, x2: W - right, y1: y(v), y2: y(v) }),
      svg("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, yText(v))]);
    for (const v of timeTicks(last, W - left - right))
      parts.push(svg("text", { x: x(v), y: H - 6, "text-anchor": v === 0 ? "start" : x(v) > W - right - 18 ? "end" : "middle" }, v === 0 ? t("now") : duration(v)));
    return { x, y, parts };
  };

  /** Range of values that all fans share, so that they can be compared by eye. */
  const shared = (courses) => {
    let low = Infinity, high = -Infinity;
    for (const c of courses) c.mean.forEach((m, n) => { low = Math.min(low, m - Z[95] * c.sd[n]); high = Math.max(high, m + Z[95] * c.sd[n]); });
    const room = (high - low) * 0.25;
    for (const c of courses) for (const limit of c.limits)
      if (limit !== null && limit > low - 2 * room && limit < high + 2 * room) { low = Math.min(low, limit - room / 3); high = Math.max(high, limit + room / 3); }
    return [low, high === low ? low + 1 : high];
  };

  const crossText = (course) => {
    const { lo_h: lo, mid_h: mid, hi_h: hi, share } = course.crossing;
    if (course.limits.every((x) => x === null)) return t("This sensor has no limit.");
    if (share < 0.005) return t("Limit not reached within the horizon.");
    if (mid === 0) return t("Beyond its limit now.");
    if (mid === null) return t("Limit reached within the horizon with a probability of {p}.", { p: percent(share) });
    const range = hi === null ? t("{lo} or later", { lo: duration(lo) }) : twin.durations(lo, hi);
    return t("Limit reached in {mid} (80 %: {range}).", { mid: duration(mid), range });
  };

  /** One scenario's fan; the baseline's mean is in every other as a thin line. */
  const fan = (course, n, base, sensor, [low, high], W) => {
    const H = 190, last = course.hours[course.hours.length - 1];
    const { x, y, parts } = frame(W, H, 46, 10, 8, 22, last, low, high, (v) => number(v, 0, sensor.decimals));
    const clip = `fan-clip-${n}`;
    parts.push(svg("clipPath", { id: clip }, svg("rect", { x: 46, y: 8, width: W - 56, height: H - 30 })));
    const inside = ["95", "80", "50"].map((level) => svg("path", { class: `fan-band b${level}`,
      d: area(course.hours, course.mean.map((m, i) => m - Z[level] * course.sd[i]), course.mean.map((m, i) => m + Z[level] * course.sd[i]), x, y) }));
    if (n) inside.push(svg("path", { class: "fan-base", d: line(base.hours, base.mean, x, y) }));
    inside.push(svg("path", { class: "fan-mean", d: line(course.hours, course.mean, x, y) }));
    for (const limit of course.limits) if (limit !== null && limit >= low && limit <= high)
      inside.push(svg("line", { class: "fan-limit", x1: 46, x2: W - 10, y1: y(limit), y2: y(limit) }));
    if (course.service_h !== null && course.service_h !== undefined)
      inside.push(svg("line", { class: "fan-service", x1: x(course.service_h), x2: x(course.service_h), y1: 8, y2: H - 22 }),
        svg("text", { x: x(course.service_h) + 4, y: 20 }, t("service")));
    parts.push(svg("g", { "clip-path": `url(#${clip})` }, ...inside));
    const says = crossText(course);
    return h("figure", { class: "fan", "data-course": n },
      h("figcaption", {}, h("b", {}, title(course, n))),
      svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${title(course, n)}: ${twin.pick(sensor.name)}. ${says}` }, ...parts),
      h("p", { class: "quiet" }, says));
  };

  /** A fan is not wider than 620 px at letters of 14 px; the style sheet has the same limit. */
  const fans = (found, width) => {
    const sensor = found.sensors.find((s) => s.id === found.sensor), range = shared(found.courses);
    const n = found.courses.length, columns = width > 1300 && n > 3 ? 4 : width > 760 && n > 2 ? 3 : width > 480 && n > 1 ? 2 : 1;
    const W = Math.max(240, Math.min(620, (width - (columns - 1) * 12) / columns));
    return { columns, figures: found.courses.map((c, i) => fan(c, i, found.courses[0], sensor, range, W)) };
  };

  /** All curves of failure; the 80 % interval of the one that is looked at, and its paths alone. */
  const chances = (found, chosen, width) => {
    const known = found.courses.filter((c) => c.p);
    if (!known.length) return [h("p", { class: "empty" }, t("No failure model for this class: levels and limits alone are forecast."))];
    const W = Math.max(300, width), H = 240, right = 26, seen = found.courses[chosen] || found.courses[0];
    const most = Math.max(...known.flatMap((c) => c.p), ...seen.hi) * 1.03;
    const top = [0.02, 0.05, 0.1, 0.25, 0.5, 1].find((v) => v >= most) || 1;
    const last = seen.hours[seen.hours.length - 1];
    const { x, y, parts } = frame(W, H, 46, right, 8, 22, last, 0, top, (v) => `${number(100 * v, 0, top < 0.1 ? 1 : 0)} %`);
    parts.push(svg("path", { class: "chance-band", d: area(seen.hours, seen.lo, seen.hi, x, y) }));
    parts.push(svg("clipPath", { id: "chance-clip" }, svg("rect", { x: 46, y: 8, width: W - 46 - right, height: H - 30 })),
      svg("path", { class: "chance-read", "clip-path": "url(#chance-clip)", d: line(seen.hours, seen.read, x, y) }));
    const ends = [];
    found.courses.forEach((c, n) => {
      parts.push(svg("path", { class: `chance-line${n === chosen ? " chosen" : ""}`, "stroke-dasharray": DASHES[n], d: line(c.hours, c.p, x, y) }));
      ends.push({ n, at: y(c.p[c.p.length - 1]) });
    });
    ends.sort((a, b) => a.at - b.at).forEach((e, i, all) => { if (i) e.at = Math.max(e.at, all[i - 1].at + 13); });
    const over = Math.max(0, ends[ends.length - 1].at - (H - 24));
    for (const e of ends) parts.push(svg("text", { class: "chance-end", x: W - right + 5, y: e.at - over + 4 }, e.n ? LETTERS[e.n - 1] : "0"));
    const key = found.courses.map((c, n) => h("li", {},
      svg("svg", { viewBox: "0 0 34 8", width: 34, height: 8, "aria-hidden": "true" }, svg("line", { class: "chance-line", x1: 0, x2: 34, y1: 4, y2: 4, "stroke-dasharray": DASHES[n] })),
      n ? title(c, n) : `0 · ${title(c, 0)}`));
    key.push(h("li", {}, svg("svg", { viewBox: "0 0 34 8", width: 34, height: 8, "aria-hidden": "true" }, svg("line", { class: "chance-read", x1: 0, x2: 34, y1: 4, y2: 4 })),
      t("{scenario}: the paths alone, not scaled to the failure model", { scenario: title(seen, chosen) })));
    return [
      svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": t("Probability of having failed, by scenario; shaded: 80 % interval of {scenario}", { scenario: title(seen, chosen) }) }, ...parts),
      h("ul", { class: "chance-key" }, ...key)];
  };

  twin.whatIfCharts = { fans, chances, title, crossText, LETTERS };
})();

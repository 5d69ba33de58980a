/* Trade-offs: the front as a scatter of two measures; every point can be reached by pointer and by key. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, svg } = twin;
  const SIZE = 7, AROUND = 13, EDGES = { left: 84, right: 16, top: 30, bottom: 46 };

  /** Whether another point is as good in both measures, and better in one. */
  const isBeaten = (p, points, x, y) => points.some((q) => q[x] <= p[x] && q[y] <= p[y] && (q[x] < p[x] || q[y] < p[y]));
  const spread = (values) => {
    const low = Math.min(...values), high = Math.max(...values), room = 0.08 * (high - low) || Math.abs(high) * 0.1 || 1;
    return [Math.max(low >= 0 ? 0 : -Infinity, low - room), high + room];
  };

  /** Draws points and the plan in force; `pick(id)` is told what is pointed at or focused, `choose(id)` what is pressed. */
  twin.drawFront = (place, { points, now, nowName, x, y, chosen, currency, pick, choose }) => {
    const held = place.contains(document.activeElement) ? document.activeElement.dataset.point : null;
    const W = place.clientWidth, H = place.clientHeight;
    if (!W || !H || !points.length) return;
    const all = now ? [...points, now] : points;
    const [x0, x1] = spread(all.map((p) => p[x])), [y0, y1] = spread(all.map((p) => p[y]));
    const at = (p) => [EDGES.left + ((W - EDGES.left - EDGES.right) * (p[x] - x0)) / (x1 - x0), EDGES.top + ((H - EDGES.top - EDGES.bottom) * (y1 - p[y])) / (y1 - y0)];
    const names = twin.tradeNames(), parts = [];
    let placeName = () => {};
    const up = twin.tradeTicks(y, y0, y1, Math.max(2, H / 60)), across = twin.tradeTicks(x, x0, x1, Math.max(2, W / 130));
    for (const value of up.at) {
      const [, py] = at({ [x]: x0, [y]: value });
      parts.push(svg("line", { class: "grid", x1: EDGES.left, x2: W - EDGES.right, y1: py, y2: py }), svg("text", { x: EDGES.left - 6, y: py + 4, "text-anchor": "end" }, twin.tradeText(y, value, currency, up.digits)));
    }
    for (const value of across.at) {
      const [px] = at({ [x]: value, [y]: y0 });
      parts.push(svg("line", { class: "grid", x1: px, x2: px, y1: EDGES.top, y2: H - EDGES.bottom }), svg("text", { x: px, y: H - EDGES.bottom + 16, "text-anchor": "middle" }, twin.tradeText(x, value, currency, across.digits)));
    }
    parts.push(svg("text", { class: "axis-name", x: W - EDGES.right, y: H - 8, "text-anchor": "end" }, `${names[x]} →`),
      svg("text", { class: "axis-name", x: 0, y: 14 }, `↑ ${names[y]}`));
    const over = (p) => (chosen.includes(p.id) ? 2 : isBeaten(p, points, x, y) ? 0 : 1);
    for (const p of [...points].sort((a, b) => over(a) - over(b))) {
      const [cx, cy] = at(p), is = chosen.includes(p.id);
      const label = [x, y].map((name) => `${names[name]}${t(": ")}${twin.tradeText(name, p[name], currency)}`).join(t(", "));
      const dot = svg("circle", { class: `front-point ${["beaten", "", "chosen"][over(p)]}`.trim(), cx, cy, r: is ? SIZE + 2 : SIZE, tabindex: 0, role: "button", "aria-pressed": is ? "true" : "false", "aria-label": label, "data-point": p.id });
      for (const kind of ["pointerenter", "focus"]) dot.addEventListener(kind, () => pick(p.id));
      dot.addEventListener("click", () => choose(p.id));
      dot.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(p.id); }
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const order = [...points].sort((a, b) => a[x] - b[x]), to = order[order.indexOf(p) + step];
        if (to) place.querySelector(`[data-point="${CSS.escape(to.id)}"]`)?.focus();
      });
      parts.push(dot);
    }
    if (now) {
      const [px, py] = at(now), far = AROUND + 4, side = (dx, dy, anchor) => ({ x: px + dx, y: py + 4 + dy, anchor });
      const sides = [...(px > W / 2 ? [side(-far, 0, "end"), side(far, 0, "start")] : [side(far, 0, "start"), side(-far, 0, "end")]), side(0, far + 8, "middle"), side(0, -far - 4, "middle")];
      const name = svg("text", { class: "front-now-name" }, nowName);
      parts.push(svg("path", { class: "front-now", d: `M${px} ${py - AROUND}L${px + AROUND} ${py}L${px} ${py + AROUND}L${px - AROUND} ${py}Z` }), name);
      placeName = () => {
        const wide = name.getComputedTextLength(), spots = points.map(at);
        for (const s of sides) if (s.anchor === "middle") s.x = Math.min(W - wide / 2, Math.max(s.x, EDGES.left + wide / 2));
        const left = ({ x: tx, anchor }) => tx - { start: 0, middle: wide / 2, end: wide }[anchor];
        /** How many plans a name there would hide; one that leaves the chart hides all. */
        const hides = (s) => (left(s) < EDGES.left || left(s) + wide > W || s.y < EDGES.top || s.y > H - EDGES.bottom ? Infinity
          : spots.filter(([cx, cy]) => cx > left(s) - SIZE && cx < left(s) + wide + SIZE && cy > s.y - 14 - SIZE && cy < s.y + 4 + SIZE).length);
        const best = sides.reduce((a, b) => (hides(b) < hides(a) ? b : a));
        for (const [key, value] of Object.entries({ x: best.x, y: best.y, "text-anchor": best.anchor })) name.setAttribute(key, value);
      };
    }
    place.replaceChildren(svg("svg", { width: W, height: H, viewBox: `0 0 ${W} ${H}`, role: "group", "aria-label": t("{y} against {x}", { x: names[x], y: names[y] }) }, ...parts));
    placeName();
    if (held) place.querySelector(`[data-point="${CSS.escape(held)}"]`)?.focus();
  };
})();

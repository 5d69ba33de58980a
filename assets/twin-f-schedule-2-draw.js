/* Schedule: the Gantt chart's layer. Plain shapes in a few strokes: equal bars are filled together. */
(() => {
  "use strict";
  const { plan } = window.plantTwin;
  const TAU = 2 * Math.PI;

  /** Colours of the theme in force. */
  plan.colours = (element) => {
    const style = getComputedStyle(element), of = (name) => style.getPropertyValue(`--${name}`).trim();
    return Object.fromEntries(["panel", "well", "edge", "line", "ink", "ink-soft", "tile", "tile-ink", "bar", "normal", "band", "hatch", "focus", "p1", "p1-ink", "p2", "estimate", "limit"]
      .map((name) => [name, of(name)]).concat([["font", of("font") || "sans-serif"]]));
  };
  const patterns = new Map();
  /** Hatching at 45 degrees, a tile of it. */
  plan.hatched = (ctx, key, ground, line, width = 1.4, gap = 6) => {
    const name = `${key}|${ground}|${line}`;
    if (!patterns.has(name)) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = gap;
      const c = tile.getContext("2d");
      if (ground) { c.fillStyle = ground; c.fillRect(0, 0, gap, gap); }
      c.strokeStyle = line;
      c.lineWidth = width;
      for (const shift of [-gap, 0, gap]) { c.beginPath(); c.moveTo(shift, gap); c.lineTo(shift + gap, 0); c.stroke(); }
      if (patterns.size > 40) patterns.clear();
      patterns.set(name, ctx.createPattern(tile, "repeat"));
    }
    return patterns.get(name);
  };

  const dotted = (ctx, ground, line, wide) => {
    const name = `dotted|${ground}|${line}|${wide}`;
    if (!patterns.has(name)) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = 4;
      const c = tile.getContext("2d");
      c.fillStyle = ground;
      c.fillRect(0, 0, 4, 4);
      c.fillStyle = line;
      c.fillRect(0, 0, wide, 1);
      patterns.set(name, ctx.createPattern(tile, "repeat"));
    }
    return patterns.get(name);
  };
  /** How a family of products is told from another: tones, dots, lines; no hue, and hatching means other things. */
  const tones = (ctx, c) => [c.tile, c.normal, dotted(ctx, c.tile, c.hatch, 1), dotted(ctx, c.well, c.normal, 4)];

  const fill = (ctx, style, rects) => {
    if (!rects.length) return;
    ctx.fillStyle = style;
    ctx.beginPath();
    for (const [x, y, w, h] of rects) ctx.rect(x, y, w, h);
    ctx.fill();
  };
  const stroke = (ctx, style, width, rects, dash = []) => {
    if (!rects.length) return;
    ctx.strokeStyle = style;
    ctx.lineWidth = width;
    ctx.setLineDash(dash);
    ctx.beginPath();
    for (const [x, y, w, h] of rects) ctx.rect(x + width / 2, y + width / 2, Math.max(0, w - width), Math.max(0, h - width));
    ctx.stroke();
    ctx.setLineDash([]);
  };

  /** An open-ended spanner, r the half of its size. */
  const wrench = (ctx, x, y, r, colour) => {
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate(-Math.PI / 4);
    ctx.strokeStyle = colour;
    ctx.lineWidth = r * 0.42;
    ctx.beginPath();
    ctx.moveTo(0, r);
    ctx.lineTo(0, -r * 0.15);
    ctx.moveTo(r * 0.42, -r);
    ctx.arc(0, -r * 0.6, r * 0.5, -0.28 * Math.PI, 1.28 * Math.PI);
    ctx.stroke();
    ctx.restore();
  };
  const lock = (ctx, x, y, r, colour) => {
    ctx.fillStyle = ctx.strokeStyle = colour;
    ctx.lineWidth = r * 0.3;
    ctx.fillRect(x - r * 0.75, y - r * 0.1, r * 1.5, r * 1.1);
    ctx.beginPath();
    ctx.arc(x, y - r * 0.1, r * 0.48, Math.PI, TAU);
    ctx.stroke();
  };
  const triangle = (ctx, x, y, r) => { ctx.moveTo(x, y - r); ctx.lineTo(x + r, y + r * 0.8); ctx.lineTo(x - r, y + r * 0.8); ctx.closePath(); };

  /** Every row's background: closed times, then risk as an area that rises with its probability. */
  const grounds = (ctx, g, c, rows, riskOf) => {
    const closed = [], x0 = g.left, x1 = g.width;
    for (const { row, y } of rows) for (const [from, to] of row.closed) {
      const a = Math.max(x0, g.x(from)), b = Math.min(x1, g.x(to));
      if (b - a > 0.6) closed.push([a, y, b - a, g.rowH]);
    }
    fill(ctx, c.bar, closed);
    ctx.fillStyle = plan.hatched(ctx, "risk", "", c["ink-soft"], 1, 5);
    ctx.globalAlpha = 0.75;
    for (const { row, y } of rows) {
      const points = riskOf(row);
      if (!points || g.x(points.at(-1)[0]) < x0) continue;
      ctx.beginPath();
      ctx.moveTo(Math.max(x0, g.x(points[0][0])), y + g.rowH);
      for (const [s, p] of points) ctx.lineTo(Math.max(x0, Math.min(x1 + 4000, g.x(s))), y + g.rowH - p * (g.rowH - 2));
      ctx.lineTo(Math.min(x1 + 4000, g.x(points.at(-1)[0])), y + g.rowH);
      ctx.fill();
    }
    ctx.globalAlpha = 1;
  };

  /** Bars in view, sorted by how they are drawn. */
  const sorted = (g, rows, model, looks) => {
    const found = { body: [[], [], [], []], faded: [], setup: [], done: [], late: [], marks: [], frozen: [], running: [], service: [], texts: [] };
    const top = Math.round(g.rowH * 0.14), high = g.rowH - 2 * top;
    for (const { row, y } of rows) for (const bar of row.bars) {
      if (bar.setup > g.to) break;
      if (bar.end < g.from) continue;
      const x = g.x(bar.start), w = Math.max(1.5, g.x(bar.end) - x - 0.5), box = [x, y + top, w, high];
      if (bar.kind === "service") { found.service.push([bar, box, row]); continue; }
      if (bar.setup < bar.start) found.setup.push([g.x(bar.setup), y + top + high * 0.55, Math.max(1, x - g.x(bar.setup)), high * 0.45]);
      if (looks.dims(bar)) { found.faded.push(box); continue; }
      if (bar.pin === "done") found.done.push(box);
      else found.body[bar.tone].push(box);
      if (bar.late) { found.late.push([x, y + top + high - 3, w, 3]); if (w > 9) found.marks.push([x + w - 6, y + top + 6]); }
      if (bar.pin === "running") found.running.push(box);
      else if (bar.pin === "frozen" && w > 4) found.frozen.push([x, y + top, 3, high]);
      if (w > 34) found.texts.push([bar, box]);
    }
    return found;
  };

  const services = (ctx, g, c, found, looks) => {
    for (const [bar, [x, y, w, h], row] of found) {
      const state = looks.serviceState(bar), open = state === "open" || state === "vetoed";
      fill(ctx, c.well, [[x, y, w, h]]);
      stroke(ctx, c.ink, 2, [[x, y, w, h]], open ? [5, 3] : []);
      if (!open) fill(ctx, c.ink, [[x, y, Math.min(5, w), h]]);
      if (w > 18) wrench(ctx, x + (open ? 11 : 15), y + h / 2, Math.min(7, h * 0.36), c.ink);
      if (w > (row.kind === "crew" ? 70 : 100)) looks.write(ctx, row.kind === "crew" ? bar.row.text : looks.serviceText(bar, state), x + (open ? 21 : 25), y + h / 2, w - 28, c.ink);
    }
  };

  /** Machines that stand failed: since when, to now; and how long a repair usually takes. */
  const breakdowns = (ctx, g, c, rows, looks) => {
    for (const { row, y } of rows) {
      const failed = looks.failed(row);
      if (!failed) continue;
      const [from, now, until] = failed.map(g.x), a = Math.max(g.left, from);
      if (Math.max(now, until) < g.left || from > g.width) continue;  // not in view: no mark of it at the edge either
      if (now > g.left) fill(ctx, plan.hatched(ctx, "failed", c.p1, c["p1-ink"], 1, 9), [[a, y + 2, Math.max(3, now - a), g.rowH - 4]]);
      stroke(ctx, c.p1, 2, [[Math.max(a, now), y + 2, Math.max(3, until - Math.max(a, now)), g.rowH - 4]], [4, 3]);
    }
  };

  /** An order's number: what cannot be told apart is cut. Dots and lines end before it: they would strike it through. */
  const label = (ctx, c, bar, x, y, h, room) => {
    const text = plan.fit(ctx, bar.order.id, room, 3, true);
    if (!text) return;
    if (bar.tone > 1 && bar.pin !== "done") {
      ctx.fillStyle = bar.tone === 2 ? c.tile : c.well;
      ctx.fillRect(x - 3, y + 2, ctx.measureText(text).width + 6, h - (bar.late ? 5 : 4));
    }
    ctx.fillStyle = c["tile-ink"];
    ctx.fillText(text, x, y + h / 2);
  };

  /** All bars of the rows in view. looks: what depends on the page's state. */
  plan.drawBars = (ctx, g, c, rows, model, looks) => {
    grounds(ctx, g, c, rows, looks.risk);
    g.grid(ctx, c);
    const found = sorted(g, rows, model, looks);
    if (looks.ghosts) stroke(ctx, c["ink-soft"], 1, looks.ghosts(rows), [2, 2]);
    fill(ctx, plan.hatched(ctx, "setup", c.panel, c["ink-soft"], 1, 4), found.setup);
    tones(ctx, c).forEach((tone, n) => { fill(ctx, tone, found.body[n]); });
    for (const body of found.body) stroke(ctx, c.hatch, 1, body);
    ctx.globalAlpha = 0.4;
    fill(ctx, c.tile, found.faded);
    ctx.globalAlpha = 1;
    stroke(ctx, c.hatch, 1, found.done);
    stroke(ctx, c.ink, 2, found.running);
    fill(ctx, c["ink-soft"], found.frozen);
    fill(ctx, c.p2, found.late);
    for (const [bar, [x, y, w, h]] of found.texts) {
      const locked = looks.locked(bar), from = Math.max(g.left, x) + 5 + (locked ? 12 : 0), room = x + w - from - (bar.late ? 14 : 4);
      if (locked) lock(ctx, Math.max(g.left, x) + 9, y + h / 2, 4.5, c["tile-ink"]);
      if (room > 24) label(ctx, c, bar, from, y, h, room);
    }
    ctx.fillStyle = c.p2;
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = 0.8;
    ctx.beginPath();
    for (const [x, y] of found.marks) triangle(ctx, x, y, 4.2);
    ctx.fill();
    ctx.stroke();
    for (const [x, y, w, h] of looks.lockGhosts(rows)) { stroke(ctx, c.ink, 1.5, [[x, y, w, h]], [4, 3]); lock(ctx, x + Math.min(9, w / 2), y + h / 2, 4.5, c.ink); }
    services(ctx, g, c, found.service, looks);
    breakdowns(ctx, g, c, rows, looks);
  };
  Object.assign(plan, { fillRects: fill, strokeRects: stroke, drawWrench: wrench });
})();

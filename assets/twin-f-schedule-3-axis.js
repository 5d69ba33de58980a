/* Schedule: the chart's time axis, its grid, its row labels. */
(() => {
  "use strict";
  const { plan } = window.plantTwin;
  const DAY = 86400;
  const STEPS = [900, 1800, 3600, 7200, 10800, 21600, 43200, DAY, 2 * DAY, 7 * DAY];

  /** Marks of the plant's clock between two seconds: [s, is a day's beginning], least apart in px. */
  const ticks = (model, from, to, pxPerS, least) => {
    const step = STEPS.find((s) => s * pxPerS >= least) || STEPS.at(-1), found = [];
    const week = step === 7 * DAY ? 4 * DAY : 0;  // the epoch was a Thursday; weeks begin on Mondays
    const first = Math.floor((model.local(from) - week) / step) * step + week;
    for (let l = first, s = model.fromLocal(l); s <= to; l += step, s = model.fromLocal(l)) if (s >= from) found.push([s, l % DAY === 0]);
    return { step, found };
  };

  plan.grid = (ctx, c, g, model) => {
    const { found } = ticks(model, g.from, g.to, g.pxPerS, 64);
    for (const days of [false, true]) {
      ctx.strokeStyle = days ? c.edge : c.line;
      ctx.lineWidth = days ? 1.5 : 1;
      ctx.beginPath();
      for (const [s, isDay] of found) if (isDay === days) { const x = Math.round(g.x(s)) + 0.5; ctx.moveTo(x, g.top); ctx.lineTo(x, g.height); }
      ctx.stroke();
    }
  };

  /** Two rows of words: days, and hours within them. */
  plan.drawAxis = (ctx, c, g, model, now) => {
    ctx.fillStyle = c.panel;
    ctx.fillRect(g.left, 0, g.width - g.left, g.top);
    const { step, found } = ticks(model, g.from, g.to, g.pxPerS, 64);
    ctx.font = `${g.font}px ${c.font}`;
    ctx.textBaseline = "middle";
    ctx.fillStyle = c["ink-soft"];
    ctx.textAlign = step >= DAY ? "left" : "center";
    for (const [s] of found) {
      const x = g.x(s), text = step >= DAY ? "" : model.say(s, "time");
      if (x > g.left + (step >= DAY ? 0 : 18) && x < g.width - 14) ctx.fillText(text, x, g.top * 0.74);
    }
    ctx.textAlign = "left";
    ctx.fillStyle = c.ink;
    const days = ticks(model, g.from - 7 * DAY, g.to, g.pxPerS, 96);
    const marks = days.step >= DAY ? days.found : ticks(model, g.from - DAY, g.to, g.pxPerS, Math.max(96, DAY * g.pxPerS)).found;
    marks.filter(([, isDay]) => isDay).forEach(([s], n, all) => {
      const end = n + 1 < all.length ? g.x(all[n + 1][0]) : g.width, x = Math.max(g.left + 6, g.x(s) + 6), room = end - x - 8;
      if (room < 30) return;
      ctx.fillText(model.say(s, room > ctx.measureText(model.say(s, "day")).width ? "day" : "short"), x, g.top * 0.28, room);
    });
    ctx.strokeStyle = c.edge;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const [s, isDay] of found) { const x = Math.round(g.x(s)) + 0.5; if (isDay) { ctx.moveTo(x, g.top * 0.08); ctx.lineTo(x, g.top * 0.5); } ctx.moveTo(x, g.top * 0.93); ctx.lineTo(x, g.top); }
    ctx.moveTo(g.left, g.top - 0.5);
    ctx.lineTo(g.width, g.top - 0.5);
    ctx.stroke();
    const x = g.x(now);
    if (x < g.left || x > g.width) return;
    ctx.fillStyle = c.ink;
    ctx.beginPath();
    ctx.moveTo(x - 6, g.top - 8);
    ctx.lineTo(x + 6, g.top - 8);
    ctx.lineTo(x, g.top);
    ctx.fill();
    ctx.fillRect(Math.round(x) - 1, g.top - 1, 2, g.height - g.top);
  };

  const fitted = new Map();
  /** As much of a text as a width holds, nothing if that is too little to tell it by; measured once.
   *  last: its end is kept, as of numbers that begin alike. */
  plan.fit = (ctx, text, room, least = 2, last = false) => {
    const key = `${ctx.font}|${Math.floor(room)}|${last}|${text}`;
    if (!fitted.has(key)) {
      if (fitted.size > 5000) fitted.clear();
      const said = (n) => (n === text.length ? text : last ? `…${text.slice(-n)}` : `${text.slice(0, n)}…`);
      let n = text.length;
      while (n > 1 && ctx.measureText(said(n)).width > room) n -= 1;
      fitted.set(key, n === text.length || n >= least ? said(n) : "");
    }
    return fitted.get(key);
  };

  /** Names of lines and rows at the left, over whatever scrolled under them. */
  plan.drawLabels = (ctx, c, g, layout, selected) => {
    ctx.fillStyle = c.panel;
    ctx.fillRect(0, 0, g.left, g.height);
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    for (const item of layout) {
      if (item.y + item.h < g.top || item.y > g.height) continue;
      ctx.font = `${item.row ? "" : "700 "}${g.font}px ${c.font}`;
      if (item.row && item.row === selected) { ctx.fillStyle = c.bar; ctx.fillRect(0, item.y, g.left, item.h); }
      ctx.fillStyle = item.row ? c.ink : c["ink-soft"];
      ctx.fillText(plan.fit(ctx, item.text, g.left - (item.row ? 18 : 10)), item.row ? 12 : 4, item.y + item.h / 2 + (item.row ? 0 : 2));
    }
    ctx.fillStyle = c.panel;
    ctx.fillRect(0, 0, g.left, g.top);
    ctx.strokeStyle = c.edge;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(g.left - 0.5, 0);
    ctx.lineTo(g.left - 0.5, g.height);
    ctx.moveTo(0, g.top - 0.5);
    ctx.lineTo(g.left, g.top - 0.5);
    ctx.stroke();
  };
})();

/* Schedule: the Gantt chart: scrolled, zoomed, pointed at. One canvas for the plan, one over it. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, plan } = twin;
  const LEAST_PX_S = 1 / 3600, MOST_PX_S = 240 / 3600, DAY = 86400;

  /** Where rows lie, from the top of all of them: a heading a line, then its machines; crews last. */
  const place = (model, shows, rowH) => {
    const items = [];
    let y = 0, group = null;
    for (const row of model.rows) {
      if (!shows(row)) continue;
      const name = row.kind === "crew" ? t("Crews") : twin.pick(model.data.lines.find((l) => l.id === row.line)?.name || row.line || t("Other machines"));
      if (name !== group) { items.push({ text: name, at: y, h: Math.round(rowH * 0.85) }); y += Math.round(rowH * 0.85); group = name; }
      items.push({ row, text: row.text, at: y, h: rowH });
      y += rowH;
    }
    return { items, height: y, at: new Map(items.filter((i) => i.row).map((i) => [i.row, i.at])) };
  };

  /** Into a region. tell: {select(bar), zoomed(), looks()} of the page. */
  plan.chart = (region, tell) => {
    const base = h("canvas", { "aria-hidden": "true" }), over = h("canvas", { "aria-hidden": "true" });
    const pin = h("div", { class: "gantt-pin" }, base, over), space = h("div", { class: "gantt-space" });
    const scroll = h("div", { class: "gantt-scroll", tabindex: 0, role: "listbox", "aria-label": t("Bars of the plan"), "aria-describedby": "gantt-keys" }, pin, space);
    region.append(scroll);
    const self = { scroll, pin, over, model: null, layout: { items: [], height: 0, at: new Map() }, selected: null, hover: null, shows: () => true, pxPerS: 0, now: 0 };
    const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
    let g = null, colours = null, dirty = 0;

    const size = (canvas, w, H) => {
      const ratio = devicePixelRatio || 1;
      if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(H * ratio)) {
        canvas.width = Math.round(w * ratio);
        canvas.height = Math.round(H * ratio);
        canvas.style.width = `${w}px`;
        canvas.style.height = `${H}px`;
      }
      const ctx = canvas.getContext("2d");
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      return ctx;
    };
    const geometry = () => {
      const width = scroll.clientWidth, height = scroll.clientHeight, unit = rem(), left = Math.round(Math.min(11 * unit, 0.3 * width));
      const rowH = Math.round(1.9 * unit), top = Math.round(2.9 * unit), from = scroll.scrollLeft / self.pxPerS, px = self.pxPerS;
      const at = { width, height, left, top, rowH, font: Math.round(0.86 * unit), pxPerS: px, from, to: from + (width - left) / px, x: (s) => left + (s - from) * px, s: (x) => from + (x - left) / px };
      at.grid = (ctx, c) => plan.grid(ctx, c, at, self.model);
      return at;
    };
    const rowsInView = () => self.layout.items.map((i) => ({ ...i, y: i.at + g.top - scroll.scrollTop })).filter((i) => i.y + i.h > g.top && i.y < g.height);

    const paint = () => {
      dirty = 0;
      if (!self.model || !scroll.clientWidth) return;
      g = geometry();
      self.g = g;
      colours ||= plan.colours(scroll);
      const ctx = size(base, g.width, g.height), c = colours, items = rowsInView(), rows = items.filter((i) => i.row);
      ctx.fillStyle = c.panel;
      ctx.fillRect(0, 0, g.width, g.height);
      ctx.font = `${g.font}px ${c.font}`;
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      ctx.save();
      ctx.beginPath();
      ctx.rect(g.left, g.top, g.width - g.left, g.height - g.top);
      ctx.clip();
      ctx.fillStyle = c.well;
      for (const { y } of rows) ctx.fillRect(g.left, y, g.width - g.left, g.rowH);
      plan.drawBars(ctx, g, c, rows, self.model, tell.looks(g, c, ctx));
      ctx.strokeStyle = c.panel;
      ctx.lineWidth = 1;
      ctx.beginPath();
      for (const { y } of rows) { ctx.moveTo(g.left, y + 0.5); ctx.lineTo(g.width, y + 0.5); }
      ctx.stroke();
      ctx.restore();
      plan.drawAxis(ctx, c, g, self.model, self.now);
      plan.drawLabels(ctx, c, g, items, self.selected?.row);
      paintOver();
    };
    self.boxOf = (bar, row = bar.row) => {
      const at = self.layout.at.get(row);
      if (at === undefined || !g) return null;
      const top = Math.round(g.rowH * 0.14), x = g.x(bar.start);
      return [x, at + g.top - scroll.scrollTop + top, Math.max(2, (bar.end - bar.start) * g.pxPerS), g.rowH - 2 * top];
    };
    const paintOver = () => { colours ||= plan.colours(scroll); if (g) plan.drawOver(size(over, g.width, g.height), colours, g, self, tell.over); };
    self.draw = () => { dirty ||= requestAnimationFrame(paint); };
    self.drawOver = () => requestAnimationFrame(paintOver);

    /** Room to scroll in: the plan's length and all rows. */
    const fitSpace = () => {
      const left = Math.round(Math.min(11 * rem(), 0.3 * scroll.clientWidth));
      space.style.width = `${left + self.model.span * self.pxPerS}px`;
      space.style.height = `${self.layout.height + Math.round(2.9 * rem())}px`;
    };
    const least = () => Math.max(LEAST_PX_S, (scroll.clientWidth - Math.min(11 * rem(), 0.3 * scroll.clientWidth)) / self.model.span);
    /** So many pixels a second, the time under x staying where it is. */
    self.zoom = (pxPerS, x = null) => {
      if (!self.model || !scroll.clientWidth) return;
      g = geometry();
      const at = x === null ? (g.left + g.width) / 2 : Math.max(g.left, x), s = g.s(at);
      self.pxPerS = Math.min(MOST_PX_S, Math.max(least(), pxPerS));
      fitSpace();
      scroll.scrollLeft = s * self.pxPerS - (at - g.left);
      self.draw();
      tell.zoomed();
    };
    /** Show so many seconds from a moment on. */
    self.show = (from, seconds) => {
      if (!scroll.clientWidth) return;
      self.pxPerS = Math.min(MOST_PX_S, Math.max(least(), (scroll.clientWidth - Math.min(11 * rem(), 0.3 * scroll.clientWidth)) / seconds));
      fitSpace();
      scroll.scrollLeft = from * self.pxPerS;
      self.draw();
      tell.zoomed();
    };
    self.range = () => (self.pxPerS ? [scroll.scrollLeft / self.pxPerS, (geometry().width - geometry().left) / self.pxPerS] : null);
    self.lay = () => { self.layout = place(self.model, self.shows, Math.round(1.9 * rem())); fitSpace(); self.draw(); };
    /** A plan in place of another; what was in view stays in view. */
    self.set = (model) => {
      const seen = self.model && self.range(), from = seen && self.model.us(seen[0]);
      self.model = model;
      self.selected = self.selected ? model.byKey.get(self.selected.key) || null : null;
      self.hover = null;
      if (!self.pxPerS) self.pxPerS = (scroll.clientWidth - 11 * rem()) / (2 * DAY);
      self.lay();
      if (seen) scroll.scrollLeft = model.s(from) * self.pxPerS;
      self.draw();
    };
    self.barAt = (x, y) => {
      const item = g && x > g.left && y > g.top && rowsInView().find((i) => i.row && y >= i.y && y < i.y + i.h);
      if (!item) return null;
      const s = g.s(x), slack = 3 / g.pxPerS;
      return item.row.bars.findLast((bar) => bar.setup - slack <= s && bar.end + slack >= s) || null;
    };
    self.rowAt = (y) => rowsInView().find((i) => i.row && y >= i.y && y < i.y + i.h)?.row || null;
    self.timeAt = (x) => g.s(x);
    /** Scroll so that a bar is seen. */
    self.reveal = (bar) => {
      if (g) g = geometry();  // what was scrolled or zoomed since the last picture counts
      const box = self.boxOf(bar), at = self.layout.at.get(bar.row);
      if (!box) return;
      if (box[0] < g.left + 10 || box[0] + Math.min(box[2], 80) > g.width - 10) scroll.scrollLeft = bar.start * self.pxPerS - (g.width - g.left) / 3;
      if (at < scroll.scrollTop) scroll.scrollTop = at - g.rowH;
      else if (at + g.rowH > scroll.scrollTop + g.height - g.top) scroll.scrollTop = at - g.height + g.top + 2 * g.rowH;
      self.draw();
    };
    self.select = (bar, reveal = true) => {
      self.selected = bar;
      if (bar && reveal) self.reveal(bar);
      self.draw();
      tell.select(bar);
    };

    scroll.addEventListener("scroll", () => { self.draw(); tell.zoomed(); }, { passive: true });
    scroll.addEventListener("wheel", (event) => {
      const onAxis = g && event.clientY - scroll.getBoundingClientRect().top < g.top;
      if (!(event.ctrlKey || event.metaKey || onAxis)) return;
      event.preventDefault();
      self.zoom(self.pxPerS * Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), event.clientX - scroll.getBoundingClientRect().left);
    }, { passive: false });
    new ResizeObserver(() => { if (self.model && scroll.clientWidth) { if (!self.pxPerS || self.pxPerS < least()) self.pxPerS = least(); self.lay(); } }).observe(scroll);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const recolour = () => { colours = null; self.draw(); };
    const themed = new MutationObserver(recolour);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    dark.addEventListener("change", recolour, { signal: twin.left });
    twin.left.addEventListener("abort", () => themed.disconnect());
    return self;
  };
})();

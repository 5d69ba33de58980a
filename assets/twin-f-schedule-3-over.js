/* Schedule: what lies over the chart: the bar pointed at, the one selected with its order's way, a move. */
(() => {
  "use strict";
  const { t, plan } = window.plantTwin;

  const outlined = (ctx, chart, bar, colour, width, row) => {
    const box = chart.boxOf(bar, row);
    if (box) plan.strokeRects(ctx, colour, width, [[box[0] - width, box[1] - width, box[2] + 2 * width, box[3] + 2 * width]]);
  };
  /** From the end of a bar to the beginning of the next, with a head: along the gap between two rows, so that no name is struck through. */
  const join = ([x, y, w, high], [X, Y, W, H], rowH, ways, heads) => {
    const gap = (rowH - H) / 2, down = Y >= y, from = x + Math.max(w / 2, w - 4), to = X + Math.min(W / 2, 6);
    const edge = Y === y || !down ? Y + H : Y, along = edge === Y ? Y - gap : Y + H + gap, turn = Math.sign(edge - along);
    ways.moveTo(from, Y === y || down ? y + high : y);
    ways.lineTo(from, along);
    ways.lineTo(to, along);
    ways.lineTo(to, edge);
    heads.moveTo(to - 4, edge - turn);
    heads.lineTo(to + 4, edge - turn);
    heads.lineTo(to, edge + 5 * turn);
    heads.closePath();
  };
  /** Where an order goes: its steps outlined, and joined in their order. */
  const way = (ctx, c, chart, order) => {
    const steps = chart.model.bars.filter((bar) => bar.order === order).sort((a, b) => a.step - b.step);
    for (const bar of steps) if (bar !== chart.selected) outlined(ctx, chart, bar, c.ink, 1.2);
    const boxes = steps.map((bar) => chart.boxOf(bar)).filter(Boolean), ways = new Path2D(), heads = new Path2D();
    for (let n = 1; n < boxes.length; n += 1) join(boxes[n - 1], boxes[n], chart.g.rowH, ways, heads);
    ctx.lineJoin = "round";
    for (const [colour, width] of [[c.panel, 5], [c.ink, 1.8]]) { ctx.strokeStyle = colour; ctx.lineWidth = width; ctx.stroke(ways); }
    ctx.fillStyle = c.ink;
    ctx.fill(heads);
  };
  const dueLine = (ctx, c, g, order) => {
    if (order.due === null || order.due === undefined) return;
    const x = Math.round(g.x(order.due)) + 0.5, said = t("{order} due", { order: order.id });
    const text = x < g.left ? `‹ ${said}` : x > g.width ? `${said} ›` : said;
    ctx.strokeStyle = ctx.fillStyle = c.ink;
    ctx.lineWidth = 1.2;
    ctx.setLineDash([6, 4]);
    ctx.beginPath();
    ctx.moveTo(x, g.top);
    ctx.lineTo(x, g.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.font = `700 ${g.font}px ${c.font}`;
    ctx.textBaseline = "middle";
    const wide = ctx.measureText(text).width + 10, at = Math.max(g.left, Math.min(x, g.width - wide));  // it stays in view
    ctx.fillRect(at, g.top, wide, g.font + 6);
    ctx.fillStyle = c.panel;
    ctx.fillText(text, at + 5, g.top + g.font / 2 + 3);
  };

  /** From a bar to where the other plan has it. */
  const elsewhere = (ctx, c, chart, bar) => {
    const other = plan.placeIn(chart.other, chart.model, bar), from = chart.boxOf(bar), to = other && chart.boxOf(other);
    if (!from || !to) return;
    ctx.strokeStyle = c.focus;
    ctx.lineWidth = 2;
    ctx.setLineDash([5, 3]);
    ctx.strokeRect(...to);
    ctx.beginPath();
    ctx.moveTo(from[0] + from[2] / 2, from[1] + from[3] / 2);
    ctx.lineTo(to[0] + to[2] / 2, to[1] + to[3] / 2);
    ctx.stroke();
    ctx.setLineDash([]);
  };
  /** more(ctx, c, g): what else hangs over it. */
  plan.drawOver = (ctx, c, g, chart, more) => {
    const { selected, hover } = chart;
    ctx.clearRect(0, 0, g.width, g.height);
    ctx.save();
    ctx.beginPath();
    ctx.rect(g.left, g.top, g.width - g.left, g.height - g.top);
    ctx.clip();
    if (hover && hover !== selected) outlined(ctx, chart, hover, c["ink-soft"], 2);
    if (selected?.order) {
      way(ctx, c, chart, selected.order);
      dueLine(ctx, c, g, selected.order);
    }
    if (selected) {
      elsewhere(ctx, c, chart, selected);
      outlined(ctx, chart, selected, c.focus, 3);
    }
    if (selected?.crewRow) outlined(ctx, chart, selected, c.focus, 2, selected.crewRow);
    more?.(ctx, c, g);
    ctx.restore();
  };
})();

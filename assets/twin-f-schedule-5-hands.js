/* Schedule: the chart under a pointer and under the keyboard. Every bar can be reached and moved by either. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, plan } = twin;
  const NEAR_PX = 4, EDGE_PX = 28;
  const WALK = ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Home", "End"];

  /** Drag a bar to move it, drag elsewhere to pan; a click selects. Touch scrolls as everywhere, a tap selects. */
  plan.pointer = (chart, move) => {
    const { scroll } = chart;
    let held = null, edge = 0;
    const at = (event) => { const box = scroll.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    const follow = (hand, x, y) => {
      if (!move.active()) move.begin(hand.bar, true);
      Object.assign(hand, { atX: x, atY: y });
      move.to(chart.timeAt(x) - hand.grip, chart.rowAt(y));
      edge ||= requestAnimationFrame(run);
    };
    /** A bar held at the edge takes the chart along. */
    const run = () => {
      edge = 0;
      if (!held?.bar || !held.moved || !move.active()) return;
      const { g } = chart, past = (at, low, high) => Math.max(-EDGE_PX, Math.min(EDGE_PX, at < low + EDGE_PX ? at - low - EDGE_PX : at > high - EDGE_PX ? at - high + EDGE_PX : 0)) / 2;
      const dx = past(held.atX, g.left, g.width), dy = past(held.atY, g.top, g.height), before = [scroll.scrollLeft, scroll.scrollTop];
      scroll.scrollLeft += dx;
      scroll.scrollTop += dy;
      if (before[0] !== scroll.scrollLeft || before[1] !== scroll.scrollTop) { follow(held, held.atX, held.atY); chart.draw(); }
    };
    scroll.addEventListener("pointermove", (event) => {
      const [x, y] = at(event);
      if (held) {
        const dx = x - held.x, dy = y - held.y;
        if (!held.moved && Math.hypot(dx, dy) < NEAR_PX) return;
        if (held.bar) {
          if (held.moved && !move.active()) held.bar = held.left = null;  // given up by Esc: the hand holds nothing any more
          else follow(held, x, y);
        } else if (held.left !== null) {
          scroll.scrollLeft = held.left - dx;
          scroll.scrollTop = held.top - dy;
        }
        held.moved = true;
        return;
      }
      const bar = chart.barAt(x, y);
      if (bar === chart.hover) return;
      chart.hover = bar;
      scroll.style.cursor = bar ? (move.why(bar) ? "pointer" : "grab") : "default";
      scroll.title = bar ? plan.sentence(chart.model, bar, move.suggestionOf(bar)) : "";
      chart.drawOver();
    });
    scroll.addEventListener("pointerleave", () => { chart.hover = null; chart.drawOver(); });
    scroll.addEventListener("pointerdown", (event) => {
      if (event.button || event.pointerType === "touch" || !chart.model) return;
      const [x, y] = at(event);
      if (x > scroll.clientWidth || y > scroll.clientHeight) return;  // a scroll bar's own
      const bar = chart.barAt(x, y);
      held = { x, y, bar: bar && !move.why(bar) ? bar : null, hit: bar, grip: bar ? chart.timeAt(x) - bar.start : 0, left: scroll.scrollLeft, top: scroll.scrollTop, moved: false };
      scroll.setPointerCapture(event.pointerId);
    });
    scroll.addEventListener("pointerup", (event) => {
      const was = held;
      held = null;
      if (was && was.moved) { if (was.bar) scroll.focus({ preventScroll: true }); return; }
      const bar = was ? was.hit : chart.barAt(...at(event));
      if (move.active()) {  // a click on another bar gives up what hangs, one beside it changes nothing
        if (!bar || bar === move.held().bar) return;
        move.cancel();
      }
      if (event.pointerType === "touch" || was) chart.select(bar, false);
    });
    scroll.addEventListener("pointercancel", () => { held = null; });
  };

  /** The bar nearest in time of the next row that has one. */
  const beside = (chart, bar, step) => {
    const rows = chart.layout.items.filter((i) => i.row).map((i) => i.row), middle = (bar.start + bar.end) / 2;
    for (let n = rows.indexOf(bar.row) + step; rows[n]; n += step) {
      const own = rows[n].bars.filter((b) => b.row === rows[n] || bar.kind !== "service");
      if (own.length && own[0].row === rows[n]) return own.reduce((a, b) => (Math.abs((b.start + b.end) / 2 - middle) < Math.abs((a.start + a.end) / 2 - middle) ? b : a));
    }
    return null;
  };
  /** The bar that the keyboard begins with: the first in view, else the first of all. */
  const firstIn = (chart) => {
    const [from, length] = chart.range(), rows = chart.layout.items.filter((i) => i.row).map((i) => i.row);
    for (const row of rows) { const bar = row.bars.find((b) => b.row === row && b.end > from && b.start < from + length); if (bar) return bar; }
    return rows.flatMap((row) => row.bars)[0] || null;
  };

  /** Arrows go from bar to bar; two options take turns, so that a screen reader hears each one. */
  plan.keyboard = (chart, move, does) => {
    const { scroll } = chart;
    const options = ["a", "b"].map((n) => h("div", { role: "option", id: `gantt-bar-${n}`, class: "gantt-option", "aria-selected": "false" }));
    chart.pin.append(...options);
    let turn = 0;
    chart.announce = (bar) => {
      options[turn].setAttribute("aria-selected", "false");
      turn = 1 - turn;
      options[turn].setAttribute("aria-selected", bar ? "true" : "false");
      options[turn].textContent = bar ? plan.sentence(chart.model, bar, move.suggestionOf(bar)) : t("No bar is selected");
      if (bar) scroll.setAttribute("aria-activedescendant", options[turn].id);
      else scroll.removeAttribute("aria-activedescendant");
    };
    for (const option of options) option.textContent = t("No bar is selected");
    chart.announce(null);
    const along = (step) => {
      const bar = chart.selected, own = bar.row.bars;
      chart.select(own[own.indexOf(bar) + step] || bar);
    };
    const walk = (key) => {
      if (!chart.selected) { chart.select(firstIn(chart)); return true; }
      const bar = chart.selected, own = bar.row.bars;
      const go = { ArrowRight: () => along(1), ArrowLeft: () => along(-1), ArrowDown: () => chart.select(beside(chart, bar, 1) || bar), ArrowUp: () => chart.select(beside(chart, bar, -1) || bar),
        Home: () => chart.select(own[0]), End: () => chart.select(own.at(-1)) }[key];
      go?.();
      return Boolean(go);
    };
    const page = (step) => { scroll.scrollLeft += step * 0.8 * scroll.clientWidth; };
    scroll.addEventListener("keydown", (event) => {
      if (!chart.model || event.target !== scroll) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey) { event.preventDefault(); move.active() ? move.cancel() : does.undo(); }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const keys = { "+": () => chart.zoom(chart.pxPerS * 1.5), "=": () => chart.zoom(chart.pxPerS * 1.5), "-": () => chart.zoom(chart.pxPerS / 1.5), 0: does.fit, n: does.now,
        PageDown: () => page(1), PageUp: () => page(-1), Escape: () => chart.select(null), m: () => chart.selected && move.begin(chart.selected),
        l: () => chart.selected && does.lock(chart.selected), Enter: does.card, ",": () => does.step(-1), ".": () => does.step(1) };
      let done = true;
      if (move.active()) done = move.key(key, event.shiftKey);
      else if (WALK.includes(key)) done = walk(key);
      else if (keys[key]) keys[key]();
      else done = false;
      if (done) event.preventDefault();
    });
    scroll.addEventListener("focus", () => { if (!chart.selected && chart.model && scroll.matches(":focus-visible")) chart.select(firstIn(chart)); });
  };
})();

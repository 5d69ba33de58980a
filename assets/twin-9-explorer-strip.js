/* The strip under the explorer's chart: the whole past of a sensor, and where the window is. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, svg } = twin;
  const { ms } = twin.explorer;

  /** The whole past at a glance, with the window in it: drag to move or choose, arrows from the keyboard. */
  twin.explorer.strip = (place, past, view, choose) => {
    if (place.dataset.drag) return;
    const W = Math.max(200, place.clientWidth), H = 56, first = ms(past.first), span = Math.max(1, ms(past.now) - first);
    const known = past.y.filter((v) => v !== null), low = Math.min(...known), high = Math.max(...known);
    const x = (at) => (W * (at - first)) / span, y = (v) => 4 + (H - 8) * (1 - (v - low) / (high - low || 1));
    let path = "", pen = "M";
    past.x.forEach((at, i) => { if (past.y[i] === null) { pen = "M"; return; } path += `${pen}${x(ms(at)).toFixed(1)} ${y(past.y[i]).toFixed(1)}`; pen = "L"; });
    const from = ms(view.from), to = ms(view.to), left = Math.max(0, x(from)), right = Math.min(W, x(to));
    const window_ = svg("rect", { class: "strip-window", x: left, y: 1, width: Math.max(3, right - left), height: H - 2 });
    const raw = x(ms(past.raw_from));
    const drawing = svg("svg", { viewBox: `0 0 ${W} ${H}`, width: W, height: H, role: "slider", tabindex: 0, "aria-label": t("Window in the whole past"),
      "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round((100 * ((from + to) / 2 - first)) / span), "aria-valuetext": `${view.from.slice(0, 16)} – ${view.to.slice(0, 16)}` },
      raw > 1 ? svg("rect", { class: "strip-old", x: 0, y: 0, width: raw, height: H }) : null,
      svg("path", { class: "strip-line", d: path }), window_);
    const at = (event) => first + (span * (event.clientX - drawing.getBoundingClientRect().left)) / drawing.getBoundingClientRect().width;
    drawing.addEventListener("pointerdown", (event) => {
      const begun = at(event), moves = begun > from && begun < to && (to - from) < 0.95 * span;
      drawing.setPointerCapture(event.pointerId);
      place.dataset.drag = "1";
      let range = null;
      const move = (e) => {
        const now = at(e);
        range = moves ? [from + now - begun, to + now - begun] : [Math.min(begun, now), Math.max(begun, now)];
        window_.setAttribute("x", x(range[0]));
        window_.setAttribute("width", Math.max(3, x(range[1]) - x(range[0])));
        if (moves) choose(...range);
      };
      drawing.addEventListener("pointermove", move);
      const end = () => {
        delete place.dataset.drag;
        drawing.removeEventListener("pointermove", move);
        if (range && range[1] - range[0] > span / 1e6) choose(...range);
      };
      drawing.addEventListener("pointerup", end, { once: true });
      drawing.addEventListener("pointercancel", end, { once: true });
    });
    drawing.addEventListener("keydown", (event) => {
      const step = (to - from) / 4, way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (way) { event.preventDefault(); choose(from + way * step, to + way * step); }
    });
    const had = place.contains(document.activeElement);
    place.replaceChildren(drawing, h("div", { class: "strip-ends" }, h("span", {}, past.first.slice(0, 16).replace("T", " ")), h("span", {}, past.now.slice(0, 16).replace("T", " "))));
    if (had) drawing.focus();
  };
})();

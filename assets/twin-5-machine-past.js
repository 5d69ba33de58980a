/* Machine page: the sensors' charts. Their past comes once as JSON, then the stream appends to it. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, say, number, charts } = twin;
  const parts = (twin.machineParts ||= {});
  const POINTS_MAX = 1500, PAUSE_MS = 5000, AGAIN_MS = 10000, EDGE = 5, BOUND = 1.959964, NEAR = 0.25;
  const ms = (iso) => Date.parse(`${iso}Z`);

  const laneOf = (start, line) => {
    const lane = { t: line.t.map((s) => start + 1000 * s), v: line.v, e: line.e || [], lo: [], hi: [] };
    lane.e.forEach((e, i) => bandInto(lane, e, line.h[i]));
    return lane;
  };
  const bandInto = (lane, e, h) => {
    const known = e !== null && h !== null;
    lane.lo.push(known ? e - h : null);
    lane.hi.push(known ? e + h : null);
  };

  /** Limits of a sensor as lines; once the first is passed, the one behind it must be seen. */
  const limitsOf = (sensor) => {
    const [ll, l, u, uu] = sensor.limits, level = sensor.level ?? sensor.value;
    const text = (value) => number(value, 0, sensor.decimals);
    return [[ll, l !== null && level < l], [l, false], [u, false], [uu, u !== null && level > u]]
      .filter(([value]) => value !== null).map(([value, must]) => ({ value, must, text: text(value) }));
  };

  const modelOf = (kind, lane, sensor, from, to) => {
    const name = pick(sensor.name);
    if (kind === "innovations") {
      const y = lane.v.map((v) => (v === null ? null : Math.max(-EDGE, Math.min(EDGE, v))));
      return { x: "time", from, to, range: [-EDGE, EDGE], ticks: [-4, -2, 0, 2, 4].map((v) => [v, number(v, 0)]),
        lines: [{ t: lane.t, y, css: "line-measured" }], limits: [-BOUND, BOUND].map((value) => ({ value, css: "bound" })),
        label: t("Innovations of {name}", { name }) };
    }
    return { x: "time", from, to, near: NEAR * (sensor.normal[1] - sensor.normal[0]),
      bands: [{ t: lane.t, lo: lane.lo, hi: lane.hi, css: "band-95" }],
      lines: [{ t: lane.t, y: lane.e, css: "line-estimate" }, { t: lane.t, y: lane.v, css: "line-measured" }],
      limits: limitsOf(sensor), label: t("{name}: measured, estimate and limits", { name }) };
  };

  const figureOf = ([id, name, unit, href], n) => h("figure", { class: "chart", "data-sensor": id },
    h("figcaption", {}, h("a", { href, "data-nav": 1 }, name), h("span", { class: "unit" }, ` ${unit}`), h("span", { class: "chart-said", "aria-hidden": "true" })),
    h("div", { class: "chart-place", "data-n": n }));

  parts.past = (page, shared) => {
    const id = page.dataset.machine;
    let grid = null, lanes = null, span = 0, sensors = [], last = null, heard = performance.now(), loadedAt = 0, loading = false, owed = false;
    const seen = new Set();
    const looked = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) { seen.add(target); paint(target); } else seen.delete(target);
      }
    }, { rootMargin: "200px" });
    const sized = new ResizeObserver((entries) => entries.forEach(({ target }) => seen.has(target) && paint(target)));

    const paint = (place) => {
      const n = Number(place.dataset.n), sensor = sensors[n];
      if (!lanes?.[n] || !sensor) return;
      const to = Math.max(...lanes.map((lane) => lane.t.at(-1) ?? 0));
      charts.draw(place, modelOf(grid.dataset.kind, lanes[n], sensor, to - span, to));
      const figure = place.closest(".chart");
      for (const p of [1, 2, 3]) figure.classList.toggle(`p${p}`, Boolean(sensor.beyond) && sensor.priority === p);
    };
    const paintSeen = () => seen.forEach(paint);

    /** The past as the server's history has it; what is drawn stays until it is here. */
    const load = async () => {
      const { kind, periods } = grid.dataset, asked = grid;
      loading = true;
      owed = false;
      loadedAt = performance.now();
      try {
        const answer = await fetch(`/data/past/${encodeURIComponent(id)}?kind=${kind}&periods=${periods}`);
        if (!answer.ok) throw new Error(answer.status);
        const data = await answer.json();
        if (asked !== grid) return;
        span = data.periods * data.period_s * 1000;
        lanes = data.sensors.map((line) => laneOf(data.start ? ms(data.start) : 0, line));
        shared.white = data.white;
        asked.querySelector(".charts-wait").hidden = true;
        page.dataset.past = data.start ? "shown" : "empty";
        paintSeen();
      } catch {
        owed = true;
        if (asked === grid && !lanes) say(asked.querySelector(".charts-wait"), t("The past cannot be had now; it is asked for again."));
      } finally {
        loading = false;
      }
    };
    const take = (now) => {
      grid = now;
      lanes = null;
      seen.clear();
      looked.disconnect();
      sized.disconnect();
      grid.append(...JSON.parse(grid.dataset.sensors).map(figureOf));
      grid.querySelectorAll(".chart-place").forEach((place) => { looked.observe(place); sized.observe(place); });
      load();
    };
    const append = (sample, isGap, period) => {
      const at = ms(sample.time);
      lanes.forEach((lane, n) => {
        const before = lane.t.at(-1);
        if (before >= at) return;
        const put = (time, v, e, h) => { lane.t.push(time); lane.v.push(v); lane.e.push(e); bandInto(lane, e, h); };
        if (isGap && before) put(before + 1000 * period, null, null, null);
        put(at, grid.dataset.kind === "signals" ? sample.value[n] : sample.innovation[n], sample.level[n], sample.half[n]);
        let old = 0;
        while (lane.t[old] < at - span) old++;
        if (old) for (const key of ["t", "v", "e", "lo", "hi"]) lane[key].splice(0, old);
      });
    };

    const point = (event) => {
      const place = event.target.closest?.(".chart-place");
      const at = place?.timeAt && event.type !== "pointerleave" ? place.timeAt(event.clientX - place.getBoundingClientRect().left) : null;
      for (const each of seen) {
        const lane = lanes?.[each.dataset.n], n = at === null || !lane ? -1 : charts.nearest(lane.t, at);
        each.cursor?.(n < 0 ? null : lane.t[n]);
        say(each.closest(".chart").querySelector(".chart-said"), n < 0 ? "" : reading(lane, n, sensors[each.dataset.n]));
      }
    };
    const reading = (lane, n, { decimals }) => {
      const half = (lane.hi[n] - lane.lo[n]) / 2;
      const estimate = lane.e[n] === undefined || lane.e[n] === null || grid.dataset.kind !== "signals" ? "" : ` (${number(lane.e[n], decimals)} ± ${number(half, decimals)})`;
      return `${charts.clock(lane.t[n], 1)}  ${number(lane.v[n], grid.dataset.kind === "signals" ? decimals : 2)}${estimate}`;
    };
    page.addEventListener("pointermove", point);
    page.addEventListener("pointerleave", point);

    // Asked for at once, beside the stream: both are there when the page is.
    const follow = () => {
      const now = page.querySelector(".charts");
      if (now && now !== grid) take(now);
    };
    follow();
    new MutationObserver(follow).observe(page.querySelector(".past"), { childList: true });
    return (state, resumed) => {
      sensors = state.sensors;
      follow();
      const { sample, period_s: period } = state;
      if (!sample || sample.time === last) return;
      // Only the newest sample is streamed. After a pause, what came meanwhile is in the server's
      // history alone, or is a gap: it is asked for, and what is drawn stays until it is here.
      const waited = resumed || performance.now() - heard > PAUSE_MS;
      const isGap = waited && last !== null && ms(sample.time) - ms(last) > 3000 * period;
      heard = performance.now();
      last = sample.time;
      owed ||= isGap || !lanes || lanes.some((lane) => lane.t.length > POINTS_MAX);
      if (owed && !loading && performance.now() - loadedAt > AGAIN_MS) load();
      if (!lanes) return;
      append(sample, isGap, period);
      paintSeen();
    };
  };
})();

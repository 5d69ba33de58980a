/* Machine page: bars, health, events, forecast; new points for the charts. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, svg, say, number, duration, durations, percent, money, once } = twin;
  const POINTS_MAX = 1000;

  const qualityText = (sensor) => ({
    good: () => "", uncertain: () => t("uncertain, {age} old", { age: twin.age(sensor.age_s) }),
    bad: () => t("bad: its source says so"), broken: () => t("sensor not to be trusted"),
    stale: () => t("silent for {age}", { age: twin.age(sensor.age_s) }), never: () => t("nothing received yet"),
  }[sensor.quality]());
  const isShown = (sensor) => sensor.value !== undefined && ["good", "uncertain"].includes(sensor.quality);

  /** Range that a bar spans: normal range and limits, with room around. */
  const span = ({ normal, limits, value }) => {
    const all = [...normal, ...limits.filter((x) => x !== null), value ?? normal[0]];
    const low = Math.min(...all), high = Math.max(...all);
    const room = 0.08 * (high - low);
    return [low - room, high + room];
  };

  const bar = (sensor) => {
    const [low, high] = span(sensor);
    const at = (value) => (100 * (value - low)) / (high - low);
    const [a, b] = sensor.normal.map(at);
    const parts = [
      svg("rect", { class: "bar-back", x: 0, y: 3, width: 100, height: 14 }),
      svg("rect", { class: "bar-normal", x: a, y: 3, width: b - a, height: 14 }),
      ...sensor.limits.filter((x) => x !== null).map((x) => svg("rect", { class: "bar-limit", x: at(x) - 0.5, y: 3, width: 1, height: 14 }))];
    if (isShown(sensor))
      parts.push(svg("rect", { class: `bar-pointer ${sensor.beyond ? `p${sensor.priority}` : ""}`, x: at(sensor.value) - 1.4, y: 0, width: 2.8, height: 20 }));
    return svg("svg", { class: "bar", viewBox: "0 0 100 20", preserveAspectRatio: "none", "aria-hidden": "true" }, ...parts);
  };

  const sensorRow = (sensor) => {
    const shown = isShown(sensor);
    const css = `reading ${sensor.quality} ${sensor.beyond ? `beyond p${sensor.priority}` : ""}`;
    const note = [sensor.beyond ? t("beyond its limit") : "", qualityText(sensor)].filter(Boolean).join(" · ");
    const lo = number(sensor.normal[0], 0, sensor.decimals), hi = number(sensor.normal[1], 0, sensor.decimals);
    return h("div", { class: "sensor" },
      h("span", { class: "sensor-name" }, pick(sensor.name)),
      h("span", { class: css },
        sensor.beyond ? h("span", { class: "shape" }, twin.shapes[sensor.priority]) : null,
        shown ? number(sensor.value, sensor.decimals) : "—"),
      h("span", { class: "unit" }, sensor.unit),
      bar(sensor),
      h("span", { class: "sensor-note" }, t("normal {lo} to {hi}", { lo, hi }), note ? h("b", {}, ` · ${note}`) : null));
  };

  const inputsText = (inputs) =>
    inputs.map((u) => `${pick(u.name)} ${number(u.value, u.decimals)} ${u.unit}`).join(" · ");

  const healthWords = (health) => {
    const nis = health.nis === undefined ? t("The twin has not learnt enough to be judged.")
      : health.nis > 2 ? t("The twin does not fit: innovations {x} times as large as expected (about 1).", { x: number(health.nis, 1) })
      : health.nis < 0.4 ? t("The twin is too cautious: innovations {x} of what it expects (about 1).", { x: number(health.nis, 2) })
      : t("The twin fits: NIS {x}, expected about 1.", { x: number(health.nis, 2) });
    const worn = health.health === undefined ? ""
      : health.health < 2 ? t("As when commissioned: distance {x}, 1 as new.", { x: number(health.health, 1) })
      : health.health < 6 ? t("Has moved from commissioning: distance {x}, 1 as new.", { x: number(health.health, 1) })
      : t("Far from commissioning: distance {x}, 1 as new.", { x: number(health.health, 1) });
    return [nis, worn, health.changed ? t("The machine as a whole behaves unlike its twin.") : ""].filter(Boolean);
  };

  const kinds = (kind) => ({
    alarm_on: t("Beyond a limit"), alarm_off: t("Back within its limit"), bad_sensor: t("Sensor not to be trusted"),
    sensor_back: t("Sensor trusted again"), changed: t("Behaves unlike its twin"), failure: t("Failure"), repair: t("Repaired, twin starts anew"),
    model: t("New model"), catalogue: t("Plant file changed"), source: t("Source"),
  }[kind] || kind);

  const event = (e) => h("li", {},
    h("time", { datetime: e.time }, e.time.slice(5).replace("T", " ").slice(0, 11)), " ",
    [e.kind === "repair" && e.planned ? t("Serviced as planned, twin starts anew") : kinds(e.kind), pick(e.about)].filter(Boolean).join(": "));

  const horizonNames = () => ({ shift: t("this shift"), day: t("24 h"), week: t("7 days") });
  const percentRange = (lo, hi) =>
    lo === null || lo === undefined ? "—" : percent(lo) === percent(hi) ? percent(lo) : t("{lo} to {hi}", { lo: percent(lo), hi: percent(hi) });
  const riskRow = (name, [p, lo, hi]) => h("tr", {},
    h("th", { scope: "row" }, horizonNames()[name]),
    h("td", { class: "num strong" }, percent(p)),
    h("td", { class: "num" }, percentRange(lo, hi)));

  /** Probability of failure by time: line, 80 % band, the median marked where it is crossed. */
  const curve = ({ hours, p, lo, hi }, W) => {
    const H = 170, left = 42, right = 20, bottom = 24, top = 6;
    const last = hours[hours.length - 1];
    const x = (value) => left + ((W - left - right) * value) / last;
    const y = (value) => top + (H - top - bottom) * (1 - value);
    const path = (values) => values.map((v, n) => `${n ? "L" : "M"}${x(hours[n]).toFixed(1)} ${y(v).toFixed(1)}`).join("");
    const back = [...hours.keys()].reverse().map((n) => `L${x(hours[n]).toFixed(1)} ${y(lo[n]).toFixed(1)}`).join("");
    const parts = [];
    for (const level of [0, 0.25, 0.5, 0.75, 1]) {
      parts.push(svg("line", { class: "grid", x1: left, x2: W - right, y1: y(level), y2: y(level) }));
      parts.push(svg("text", { x: left - 6, y: y(level) + 4, "text-anchor": "end" }, `${100 * level} %`));
    }
    const days = Math.round(last / 24);
    for (let d = 0; d <= days; d += days > 8 ? (W < 330 ? 4 : 2) : 1)
      parts.push(svg("text", { x: x(24 * d), y: H - 6, "text-anchor": "middle" }, d === 0 ? t("now") : t("{n} d", { n: d })));
    parts.push(svg("path", { class: "curve-band", d: `${path(hi)}${back}Z` }), svg("path", { class: "curve-line", d: path(p) }));
    return svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": t("Probability of failure over the next {n} days", { n: days }) }, ...parts);
  };

  const lifeText = (life, horizon) => {
    if (!life.known) return [t("No failure model for this class: nothing is forecast.")];
    const beyond = `> ${duration(horizon)}`;
    const mid = life.mid_h === undefined ? beyond : duration(life.mid_h);
    const lo = life.lo_h === undefined ? beyond : duration(life.lo_h);
    const hi = life.hi_h === undefined ? beyond : duration(life.hi_h);
    return [h("span", { class: "big" }, mid), " ", lo === beyond ? t("80 %: longer still")
      : t("80 %: {range}", { range: life.hi_h === undefined ? t("{lo} to {hi}", { lo, hi }) : durations(life.lo_h, life.hi_h) })];
  };

  const driverRow = (driver, most) => h("div", { class: "driver" },
    h("span", {}, pick(driver.name)),
    svg("svg", { class: "driver-bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { x: 0, y: 0, height: 10, width: (100 * Math.abs(driver.logit)) / most })),
    h("span", { class: "num" }, t("odds ×{x}", { x: Math.exp(driver.logit) < 1000 ? twin.compact(Math.exp(driver.logit)) : `${twin.compact(1000)}+` })));

  const modeBlock = (mode) => h("details", { "data-mode": pick(mode.name) },
    h("summary", {}, h("span", {}, pick(mode.name)), h("span", { class: "num" }, mode.share === undefined || mode.share === null ? "" : percent(mode.share))),
    h("p", {}, h("b", {}, t("Consequence"), ": "), pick(mode.consequence) || "—"),
    h("p", {}, h("b", {}, t("Response"), ": "), pick(mode.response) || "—"));

  const seconds = (from, to) => (Date.parse(`${to}Z`) - Date.parse(`${from}Z`)) / 1000;
  const later = (time, s) => new Date(Date.parse(`${time}Z`) + 1000 * s).toISOString().slice(0, 19);

  /** Ask the server for the past anew, but not again and again if it does not have it. */
  const REFETCH_MS = 30000, PAUSE_MS = 5000, EDGE = 5;
  let leaving = false;
  const refetch = () => {
    if (leaving) return true;
    if (Date.now() - (Number(sessionStorage.getItem("refetched")) || 0) < REFETCH_MS) return false;
    sessionStorage.setItem("refetched", Date.now());
    leaving = true;
    location.reload();
    return true;
  };

  /** Outline of the 95 % band: one closed polygon a run without gap. */
  const drawBand = (plot) => {
    const [, upper, level] = plot.data;
    const x = [], y = [];
    let run = [];
    const close = () => {
      if (!run.length) return;
      if (x.length) { x.push(x[x.length - 1]); y.push(null); }
      for (const i of run) { x.push(level.x[i]); y.push(upper.y[i]); }
      for (const i of run.reverse()) { x.push(level.x[i]); y.push(2 * level.y[i] - upper.y[i]); }
      run = [];
    };
    level.y.forEach((v, i) => (v === null || upper.y[i] === null ? close() : run.push(i)));
    close();
    window.Plotly.restyle(plot, { x: [x], y: [y] }, [0]);
  };

  /** Append the newest sample to a chart; the window keeps its length. */
  const append = (plot, sample, values, period, first, isGap) => {
    const xs = plot.data[plot.data.length - 1].x;
    const last = xs[xs.length - 1];
    if (last && last >= sample.time) return;
    const times = isGap ? [later(last, period), sample.time] : [sample.time];
    const points = values.map((v) => (isGap ? [null, v] : [v]));
    window.Plotly.extendTraces(plot, { x: points.map(() => times), y: points }, points.map((_, n) => n + first),
      Math.min(POINTS_MAX, Math.max(xs.length, 240)));
  };
  const extender = (page) => {
    let last = null, heard = performance.now();
    return ({ sample, sensors, period_s: period }, resumed) => {
      if (sample.time === last) return;
      // Only the newest sample is streamed, so a fast plant's line skips samples that were there.
      // After a pause, what came meanwhile is in the server's history alone, or is a gap.
      const paused = resumed || performance.now() - heard > PAUSE_MS;
      const isGap = paused && last !== null && seconds(last, sample.time) > 3 * period;
      heard = performance.now();
      if (isGap && refetch()) return;
      last = sample.time;
      const grid = page.querySelector(".charts");
      if (!grid || !window.Plotly) return;
      sensors.forEach((sensor, n) => {
        const plot = grid.querySelector(`[data-sensor="${CSS.escape(sensor.id)}"] .js-plotly-plot`);
        if (!plot?.data?.length) return;
        const level = sample.level[n], half = sample.half[n];
        const upper = level === null || half === null ? null : level + half;
        const isSignal = grid.dataset.kind === "signals";
        append(plot, sample, isSignal ? [upper, level, sample.value[n]] : [sample.innovation[n] === null ? null : Math.max(-EDGE, Math.min(EDGE, sample.innovation[n]))], period, isSignal ? 1 : 0, isGap);
        if (isSignal) drawBand(plot);
      });
    };
  };

  twin.pages.machine = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    const put = (name, make) => once((value) => {
      const place = region(name), made = make(value);
      if (made.length !== place.children.length || made.some((node, n) => node !== place.children[n])) twin.replace(place, made);
    });
    const bars = put("bars", (sensors) => sensors.map(sensorRow));
    const inputs = once((list) => say(region("inputs"), inputsText(list)));
    const health = put("health", (value) => [
      ...healthWords(value.health).map((text) => h("p", {}, text)),
      h("p", { class: "quiet" }, t("{n} samples applied, {late} late, {gated} readings not believed. Since {born}.",
        { n: number(value.health.applied, 0), late: number(value.health.late, 0), gated: number(value.health.gated, 0), born: value.born }))]);
    const events = put("events", (list) => list.length ? list.map(event) : [h("li", { class: "quiet" }, t("Nothing has happened yet."))]);
    const risk = put("risk", (value) => Object.entries(value).map(([name, numbers]) => riskRow(name, numbers)));
    const fan = put("curve", (value) => value ? [curve(value, region("curve").clientWidth || 360)] : []);
    const life = put("life", ({ life: value, horizon, item, currency, withheld, failed, last }) => withheld ? [
      h("p", {}, failed ? t("failed at {time}", { time: failed.slice(5, 16).replace("T", " ") })
        : t("Withheld: no data since {time}", { time: last.slice(5, 16).replace("T", " ") }))] : [
      h("p", {}, ...lifeText(value, horizon)),
      item?.service_by_h === undefined ? null : h("p", {}, item.service_by_h < 1 ? t("Service is cheapest now.") : t("Service is cheapest in {n}.", { n: duration(item.service_by_h) })),
      item?.cost_wait === undefined ? null : h("p", { class: "quiet" }, t("Waiting is expected to cost {a}, service {b}.", { a: money(item.cost_wait, currency), b: money(item.cost_service, currency) }))].filter(Boolean));
    const drivers = put("drivers", (list) => {
      const most = Math.max(...list.map((d) => Math.abs(d.logit)), 0.1);
      return list.length ? [...list.map((d) => driverRow(d, most)), h("p", { class: "quiet" }, t("How many times the odds of failure, against the average machine."))]
        : [h("p", { class: "quiet" }, t("Nothing stands out."))];
    });
    const modes = put("modes", (list) => {
      const names = list.map((mode) => pick(mode.name));
      const place = region("modes");
      const old = new Map([...place.children].map((node) => [node.dataset.mode, node]));
      // Nodes stay where the modes are the same: an opened one stays open, and the keyboard in it.
      if (names.length === old.size && names.every((name) => old.has(name))) {
        list.forEach((mode, n) => say(old.get(names[n]).querySelector(".num"), mode.share === undefined || mode.share === null ? "" : percent(mode.share)));
        return [...place.children];
      }
      return list.map(modeBlock);
    });
    const head = once(({ code: all, idle, failed }) => {
      const [code] = all.split(" ");
      const isSilent = all.includes("silent");
      region("badge").replaceChildren(...(code.startsWith("p") ? [h("span", { class: `badge ${code}` }, { p1: `■ ${t("P1 act now")}`, p2: `▲ ${t("P2 plan today")}`, p3: `◆ ${t("P3 watch")}` }[code])] : []));
      say(region("state"), failed ? t("failed at {time}", { time: failed.slice(5, 16).replace("T", " ") })
        : isSilent ? t("no data") : idle ? t("idle") : t("running"));
      page.classList.toggle("is-silent", isSilent);
    });
    const extend = extender(page);
    return (state, resumed) => {
      head({ code: state.code, idle: state.idle, failed: state.failed });
      events(state.events);
      if (!state.sample) return;
      bars(state.sensors);
      inputs(state.inputs);
      health({ health: state.health, born: state.born });
      risk(state.risk);
      fan(state.curve);
      life({ life: state.life, horizon: state.horizon_h, item: state.item, currency: state.currency,
        withheld: state.withheld, failed: state.failed, last: state.withheld ? state.last : null });
      drivers(state.drivers);
      modes(state.modes);
      extend(state, resumed);
    };
  };
})();

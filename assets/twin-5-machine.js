/* Machine page: bars, health, risk. Its other parts are in the files twin-5-machine-*. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, svg, say, number, duration, durations, percent, money, once, charts } = twin;

  const qualityText = (sensor) => ({
    good: () => "", uncertain: () => t("uncertain, {age} old by the plant's clock", { age: twin.age(sensor.age_s) }),
    bad: () => t("bad: its source says so"), broken: () => t("sensor not to be trusted"),
    stale: () => t("silent for {age} of the plant's time", { age: twin.age(sensor.age_s) }), never: () => t("nothing received yet"),
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
    const css = `reading ${sensor.quality} ${shown && sensor.beyond ? `beyond p${sensor.priority}` : ""}`;
    const note = [shown && sensor.beyond ? t("beyond its limit") : "", qualityText(sensor)].filter(Boolean).join(" · ");
    const lo = number(sensor.normal[0], 0, sensor.decimals), hi = number(sensor.normal[1], 0, sensor.decimals);
    return h("div", { class: "sensor" },
      h("span", { class: "sensor-name" }, pick(sensor.name)),
      h("span", { class: css },
        shown && sensor.beyond ? h("span", { class: "shape" }, twin.shapes[sensor.priority]) : null,
        shown ? number(sensor.value, sensor.decimals) : "—"),
      h("span", { class: "unit" }, sensor.unit),
      bar(sensor),
      h("span", { class: "sensor-note" }, t("normal {lo} to {hi}", { lo, hi }), note ? h("b", {}, ` · ${note}`) : null));
  };

  const inputsText = (inputs) =>
    inputs.map((u) => `${pick(u.name)} ${number(u.value, u.decimals)} ${u.unit}`).join(" · ");

  const healthWords = ({ health, white, sensors }) => {
    const range = { lo: number(health.nis_range?.[0], 2), hi: number(health.nis_range?.[1], 2) };
    const nis = health.nis === undefined ? t("The twin has not learnt enough to be judged.")
      : health.nis > 2 ? t("The twin does not fit: NIS {x}, {lo} to {hi} expected.", { x: number(health.nis, 2), ...range })
      : health.nis < 0.4 ? t("The twin is too cautious: NIS {x}, {lo} to {hi} expected.", { x: number(health.nis, 2), ...range })
      : health.nis < health.nis_range?.[0] || health.nis > health.nis_range?.[1] ? t("The twin nearly fits: NIS {x}, {lo} to {hi} expected.", { x: number(health.nis, 2), ...range })
      : t("The twin fits: NIS {x}, {lo} to {hi} expected.", { x: number(health.nis, 2), ...range });
    const lag = !white ? "" : Math.abs(white.r) <= white.bound
      ? t("Its innovations are white: autocorrelation {r}, within ±{bound} expected.", { r: number(white.r, 2), bound: number(white.bound, 2) })
      : t("Its innovations are not white: autocorrelation {r}, ±{bound} expected; most so {name} ({worst}).",
        { r: number(white.r, 2), bound: number(white.bound, 2), name: pick(sensors[white.worst]), worst: number(white.worst_r, 2) });
    const away = { x: number(health.health, 1) };
    const worn = health.health === undefined ? ""
      : health.health < 2 ? t("As when commissioned: distance {x}; 1 as new, to 2 usual.", away)
      : health.health < 6 ? t("Has moved from commissioning: distance {x}; 1 as new, to 2 usual.", away)
      : t("Far from commissioning: distance {x}; 1 as new, to 2 usual.", away);
    return [nis, lag, worn, health.changed ? t("The machine as a whole behaves unlike its twin.") : ""].filter(Boolean);
  };

  const horizonNames = () => ({ shift: t("this shift"), day: t("24 h"), week: t("7 days") });
  /** A number and its sign do not part. */
  const whole = (p) => percent(p).replaceAll(" ", "\u00a0");
  const percentRange = (lo, hi) =>
    lo === null || lo === undefined ? "—" : percent(lo) === percent(hi) ? whole(lo) : t("{lo} to {hi}", { lo: whole(lo), hi: whole(hi) });
  const riskRow = (name, [p, lo, hi]) => h("tr", {},
    h("th", { scope: "row" }, horizonNames()[name]),
    h("td", { class: "num strong" }, percent(p)),
    h("td", { class: "num" }, percentRange(lo, hi)));

  /** Probability of failure by time: line and 80 % band. */
  const curve = (place, { hours, p, lo, hi }) => charts.draw(place, { x: "hours", from: 0, to: hours.at(-1), range: [0, 1], percent: true,
    bands: [{ t: hours, lo, hi, css: "band-95" }], lines: [{ t: hours, y: p, css: "line-measured" }],
    label: t("Probability of failure over the next {n} days", { n: Math.round(hours.at(-1) / 24) }) });

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

  twin.pages.machine = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    const put = (name, make) => once((value) => twin.replace(region(name), make(value)));
    const shared = { white: null };
    const menu = page.querySelector(".neighbour-menu");
    menu.addEventListener("toggle", () => {
      const place = menu.querySelector(".menu"), link = ([name, href]) => h("li", {}, h("a", { href, "data-nav": 1 }, name));
      if (!place.childElementCount) place.append(...JSON.parse(place.dataset.groups).map(([title, list]) => h("div", {}, h("h3", {}, title), h("ul", {}, ...list.map(link)))));
    });
    page.addEventListener("click", (event) => { if (menu.open && !menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("keydown", (event) => { if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); } });
    const bars = put("bars", (sensors) => sensors.map(sensorRow));
    const inputs = once((list) => say(region("inputs"), inputsText(list)));
    const health = put("health", (value) => [
      ...healthWords(value).map((text) => h("p", {}, text)),
      h("p", { class: "quiet" }, t("{n} samples applied, {late} late, {gated} readings not believed. As commissioned or last repaired on {born}.",
        { n: number(value.health.applied, 0), late: number(value.health.late, 0), gated: number(value.health.gated, 0), born: value.born }))]);
    const risk = put("risk", (value) => Object.entries(value).map(([name, numbers]) => riskRow(name, numbers)));
    const fan = once(({ curve: value }) => {
      const place = region("curve");
      place.hidden = !value;
      if (value) curve(place, value);
    });
    const life = put("life", ({ life: value, horizon, item, currency, withheld, failed, serviced, last }) => withheld ? [
      h("p", {}, failed ? t("failed at {time}", { time: failed.slice(5, 16).replace("T", " ") })
        : serviced ? t("Withheld while it is being serviced.") : t("Withheld: no data since {time}", { time: last.slice(5, 16).replace("T", " ") }))] : [
      h("p", {}, ...lifeText(value, horizon)),
      item?.service_by_h === undefined ? null : h("p", {}, item.service_by_h < 1 ? t("Service is cheapest now.") : t("Service is cheapest in {n}.", { n: duration(item.service_by_h) })),
      item?.cost_wait === undefined ? null : h("p", { class: "quiet" }, t("Waiting is expected to cost {a}, service {b}.", { a: money(item.cost_wait, currency), b: money(item.cost_service, currency) }))].filter(Boolean));
    const drivers = put("drivers", ({ list, withheld }) => {
      if (withheld) return [h("p", { class: "quiet" }, withheld)];
      const most = Math.max(...list.map((d) => Math.abs(d.logit)), 0.1);
      return list.length ? [...list.map((d) => driverRow(d, most)), h("p", { class: "quiet" }, t("How many times the odds of failure, against the average machine."))]
        : [h("p", { class: "quiet" }, t("Nothing stands out."))];
    });
    const head = once(({ code: all, idle, failed, serviced }) => {
      const [code] = all.split(" ");
      const isSilent = /silent|service/.test(all);
      region("badge").replaceChildren(...(code.startsWith("p") ? [h("span", { class: `badge ${code}` }, { p1: `■ ${t("P1 act now")}`, p2: `▲ ${t("P2 plan today")}`, p3: `◆ ${t("P3 watch")}` }[code])] : []));
      say(region("state"), failed ? t("failed at {time}", { time: failed.slice(5, 16).replace("T", " ") })
        : isSilent && serviced ? t("being serviced until {time}", { time: serviced.slice(5, 16).replace("T", " ") }) : isSilent ? t("no data") : idle ? t("idle") : t("running"));
      page.classList.toggle("is-silent", isSilent);
    });
    const painters = ["brief", "modes", "past", "ahead", "evidence", "work", "log"].map((name) => twin.machineParts[name]?.(page, shared)).filter(Boolean);
    new ResizeObserver(() => fan({ curve: page.curve, width: region("curve").clientWidth })).observe(region("life"));
    return (state, resumed) => {
      head({ code: state.code, idle: state.idle, failed: state.failed, serviced: state.serviced });
      page.state = state;
      if (state.sample) {
        bars(state.sensors);
        inputs(state.inputs);
        health({ health: state.health, born: state.born, white: shared.white, sensors: state.sensors.map((s) => s.name) });
        risk(state.risk);
        page.curve = state.curve;
        fan({ curve: state.curve, width: region("curve").clientWidth });
        life({ life: state.life, horizon: state.horizon_h, item: state.item, currency: state.currency,
          withheld: state.withheld, failed: state.failed, serviced: state.serviced, last: state.withheld ? state.last : null });
        drivers({ list: state.drivers, withheld: twin.withheldText(state) });
      }
      for (const paint of painters) paint(state, resumed);
    };
  };
})();

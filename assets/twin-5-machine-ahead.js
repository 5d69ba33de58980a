/* Machine page: where one sensor is going, against its limits. Asked for now and then. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, say, number, duration, durations, charts } = twin;
  const parts = (twin.machineParts ||= {});
  const FAN_MS = 10000, REACHES = [24, 96, 336];
  const BUSY = 503, AGAIN_MS = 3000;

  /** Why nothing is forecast of a machine; "": it is. */
  twin.withheldText = ({ withheld, failed, serviced }) => !withheld ? "" : failed ? t("Withheld: the machine has failed.")
    : serviced ? t("Withheld while it is being serviced.") : t("Withheld: nothing new has come from the machine.");

  /** Ask now, and again every so often while the page is there and looked at. */
  const poll = (page, every_ms, url, show) => {
    let timer = 0, asked = 0;
    /** The answer, null where it is refused; undefined where the server is away or busy: what is shown stays. */
    const fetched = async () => {
      const answer = await fetch(url()).catch(() => null);
      if (!answer || answer.status === BUSY) return undefined;
      return answer.ok ? answer.json().catch(() => undefined) : null;
    };
    const ask = async () => {
      clearTimeout(timer);
      if (!page.isConnected) return;
      const mine = ++asked, data = document.hidden ? null : await fetched();
      if (mine !== asked) return;
      timer = setTimeout(ask, data === undefined ? Math.min(AGAIN_MS, every_ms) : every_ms);
      if (!document.hidden && page.isConnected) show(data ?? null);
    };
    ask();
    return ask;
  };

  /** "Crosses the 4.5 g limit in 31 h (80 %: 20 to 55 h)." for the limits that matter. */
  const crossingText = (fan, limit) => {
    const what = `${number(limit.value, 0, fan.decimals)} ${fan.unit}`.trim();
    const reach = duration(fan.reach_h);
    if (limit.beyond) return t("Is beyond the limit of {limit} now.", { limit: what });
    if (limit.lo_h === null) return t("Does not cross the limit of {limit} within {reach}.", { limit: what, reach });
    const range = limit.hi_h === null ? t("{lo} or later", { lo: duration(limit.lo_h) }) : durations(limit.lo_h, limit.hi_h);
    if (limit.mid_h === null) return t("More likely than not does not cross the limit of {limit} within {reach}; if it does, in {lo} at the earliest (10 %).", { limit: what, reach, lo: duration(limit.lo_h) });
    return t("Crosses the limit of {limit} in {mid} (80 %: {range}).", { limit: what, mid: duration(limit.mid_h), range });
  };
  const heldText = (held) => (held && held.of ? t("{n} of the last {m} dated forecasts of this class held.", { n: held.held, m: held.of }) : t("No dated forecast of this class has come to its end yet."));

  /** What was never below nought is not drawn there: the band is the model's, which knows no floor. */
  const floorOf = ({ normal, unit, past }) => (normal[0] >= 0 && unit !== "°C" && past.level.every((v) => v === null || v >= 0) ? 0 : undefined);

  const fanModel = (fan) => {
    const bands = ["95", "80", "50"].map((p) => ({ t: fan.hours, css: `fan-${p}`,
      lo: fan.mean.map((m, i) => m - fan.half[p][i]), hi: fan.mean.map((m, i) => m + fan.half[p][i]) }));
    const beyond = fan.limits.some((l) => l.beyond);
    const soonest = fan.limits.filter((l) => !l.beyond && l.lo_h !== null);
    return { x: "hours", from: Math.min(0, ...fan.past.hours.slice(0, 1)), to: fan.reach_h, bands, near: fan.normal[1] - fan.normal[0],
      lines: [{ t: fan.past.hours, y: fan.past.level, css: "line-measured" }, { t: fan.hours, y: fan.mean, css: "line-mean" }],
      limits: fan.limits.map((l) => ({ value: l.value, must: l.beyond || soonest.includes(l) || beyond, text: number(l.value, 0, fan.decimals) })),
      floor: floorOf(fan), marks: [{ at: 0 }], label: t("Forecast of {name}", { name: pick(fan.name) }) };
  };

  const soon = (limit) => (limit.beyond ? -1 : limit.lo_h ?? Infinity);
  const query = () => new URLSearchParams(location.search);
  const choose = (key, value) => {
    const now = query();
    now.set(key, value);
    history.replaceState({}, "", `${location.pathname}?${now}`);
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  };

  parts.ahead = (page) => {
    const place = page.querySelector('[data-list="ahead"]');
    const chooser = h("select", { "aria-label": t("Sensor shown") });
    const reaches = h("div", { class: "reaches switch", role: "group", "aria-label": t("How far ahead") },
      ...REACHES.map((n) => h("button", { type: "button", class: "plain", "data-reach": n }, duration(n))));
    const chart = h("div", { class: "fan-place" }), said = h("div", { class: "fan-said" });
    place.replaceChildren(h("div", { class: "fan-choices" }, chooser, reaches), chart,
      h("ul", { class: "chart-key fan-key" }, ...[["measured", t("level so far")], ["mean", t("expected")], ["fan", t("50, 80 and 95 %")], ["limit", t("alarm limit")]]
        .map(([css, text]) => h("li", {}, h("span", { class: `key-mark key-${css}` }), text))), said);
    let shown = null, withheld = false;
    const paint = () => {
      const fan = shown?.fan;
      place.hidden = false;
      const off = withheld || !fan;
      chart.hidden = off;
      place.querySelector(".fan-key").hidden = off;
      if (off) {
        said.replaceChildren(h("p", {}, withheld ? twin.withheldText(page.state || { withheld }) : shown ? t("No forecast: the twin keeps no belief of this machine.") : t("Loading the forecast")));
        return;
      }
      charts.draw(chart, fanModel(fan));
      for (const b of reaches.children) b.setAttribute("aria-pressed", String(Number(b.dataset.reach) === fan.reach_h));
      if (chooser.value !== fan.sensor) chooser.value = fan.sensor;
      const lines = fan.limits.length ? [...fan.limits].sort((a, b) => soon(a) - soon(b)).map((l) => crossingText(fan, l)) : [t("This sensor has no limit.")];
      say(said, "");
      said.replaceChildren(...lines.map((text) => h("p", {}, text)), h("p", { class: "quiet" }, heldText(shown.held), " ", t("The level, without the noise of single readings, if the machine is used as now.")));
    };
    const ask = poll(page, FAN_MS, () => {
      const now = query(), hours = now.get("ahead");
      return `/data/ahead/${encodeURIComponent(page.dataset.machine)}?sensor=${encodeURIComponent(now.get("sensor") || "")}${hours ? `&hours=${Number(hours)}` : ""}`;
    }, (data) => { if (data) { shown = data; paint(); } });
    chooser.addEventListener("change", () => { choose("sensor", chooser.value); ask(); });
    reaches.addEventListener("click", (event) => {
      const { reach } = event.target.dataset;
      if (reach) { choose("ahead", reach); ask(); }
    });
    new ResizeObserver(() => shown && paint()).observe(place);
    const options = twin.once((sensors) => {
      chooser.replaceChildren(...sensors.map(([id, label]) => h("option", { value: id }, pick(label))));
      if (shown?.fan) chooser.value = shown.fan.sensor;
    });
    return (state) => {
      options(state.sensors.map((s) => [s.id, s.name]));
      if (withheld !== Boolean(state.withheld)) { withheld = Boolean(state.withheld); paint(); }
    };
  };

  twin.poll = poll;
})();

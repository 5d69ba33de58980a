/* Compare page: figures of two machines, what differs, and their estimates on the same axes. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, once, number, percent, duration, durations, charts } = twin;
  const FIGURES_MS = 5000, LINES_MS = 30000;
  const ms = (iso) => Date.parse(`${iso}Z`);

  const rangeText = (lo, hi) => (percent(lo) === percent(hi) ? percent(lo) : t("{lo} to {hi}", { lo: percent(lo), hi: percent(hi) }));
  const probability = ([p, lo, hi]) => (p === null || p === undefined ? t("withheld") : `${percent(p)} (${rangeText(lo, hi)})`);
  const lifeOf = ({ life, withheld }) => {
    if (withheld) return t("withheld");
    if (life.mid_h === undefined || life.mid_h === null) return life.known ? t("beyond the horizon") : "—";
    return life.hi_h === null || life.hi_h === undefined ? duration(life.mid_h) : `${duration(life.mid_h)} (${durations(life.lo_h, life.hi_h)})`;
  };
  const stateOf = (m) => {
    const [code] = m.code.split(" ");
    const words = { p1: t("P1 act now"), p2: t("P2 plan today"), p3: t("P3 watch"), silent: t("no data"), service: t("being serviced"), idle: t("idle"), ok: t("running") };
    const shape = { p1: "■ ", p2: "▲ ", p3: "◆ " }[code];
    const text = m.failed ? t("failed at {time}", { time: m.failed.slice(5, 16).replace("T", " ") }) : words[code] || code;
    return shape && !m.failed ? h("span", { class: `badge ${code}` }, shape + text) : text;
  };
  const driversOf = (m) => (m.withheld ? t("withheld") : driverNames(m));
  const driverNames = (m) => m.drivers.slice(0, 2).map((d) => pick(d.name)).join(t(", ")) || t("nothing that stands out");

  /** Words for what differs, for who does not see the mark. */
  const mark = (differs) => (differs ? h("span", { class: "differs-mark", title: t("This difference matters") }, "≠", h("span", { class: "hidden" }, t("This difference matters"))) : null);
  const row = (name, unit, a, b, differs) => h("tr", { class: differs ? "differs" : null },
    h("th", { scope: "row" }, name, unit ? h("span", { class: "unit" }, ` ${unit}`) : null), h("td", {}, a), h("td", {}, b), h("td", { class: "mark" }, mark(differs)));

  const figures = ({ machines: [a, b], figures: differs, sensors }) => {
    const both = (name, show, key) => row(name, "", show(a), show(b), differs[key]);
    const sensorRow = (s) => row(pick(s.name), s.unit, number(s.level[0], s.decimals), number(s.level[1], s.decimals), s.differs);
    return h("table", { class: "plain-table compare-table" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Figure")),
        ...[a, b].map((m) => h("th", { scope: "col" }, h("a", { href: `/machine/${encodeURIComponent(m.id)}`, "data-nav": 1 }, pick(m.name)))), h("td", {}))),
      h("tbody", {},
        both(t("State"), stateOf, "code"), both(t("Age since last reset"), (m) => duration(m.age_h), "age_h"),
        both(t("Failure within 24 h"), (m) => probability(m.day), "day"), both(t("Failure within 7 days"), (m) => probability(m.week), "week"),
        both(t("Remaining life"), lifeOf, "life"), both(t("What drives the risk"), driversOf, "drivers"),
        both(t("Distance from commissioning"), (m) => number(m.health, 1), "health"),
        both("NIS", (m) => number(m.nis, 2), "nis"), both(t("Readings not believed"), (m) => number(m.gated, 0), "gated"),
        ...sensors.map(sensorRow)));
  };

  const absolute = (line, start) => ({ ...line, t: line.t.map((s) => ms(start) + 1000 * s) });
  /** One chart a sensor, both machines on it; those that differ come first. */
  const drawLines = (region, data, shown, byReset) => {
    const order = shown.sensors.map((s, n) => [s, n]).sort(([x], [y]) => Number(y.differs) - Number(x.differs));
    const places = order.map(([s, n]) => {
      const place = h("div", { class: "chart-place" });
      const figure = h("figure", { class: "chart" }, h("figcaption", {}, pick(s.name), h("span", { class: "unit" }, ` ${s.unit}`), mark(s.differs)), place);
      const lines = data.sensors[n].map((line, k) => ({ ...(byReset || !data.start[k] ? line : absolute(line, data.start[k])), css: `line-${"ab"[k]}` }));
      const ends = lines.flatMap((line) => [line.t[0], line.t.at(-1)]).filter((x) => x !== undefined);
      const to = Math.max(...ends), from = byReset ? Math.min(...ends) : to - 1000 * data.span_s;
      return [figure, () => charts.draw(place, { x: byReset ? "hours" : "time", from, to, lines, limits: [], since: byReset, label: t("{name} of both machines", { name: pick(s.name) }) })];
    });
    region.replaceChildren(...places.map(([figure]) => figure));
    return places.map(([, draw]) => draw);
  };

  twin.pages.compare = (page) => {
    for (const select of page.querySelectorAll("[data-choose]")) {
      select.value = select.dataset.shown;
      select.addEventListener("change", () => {
        const query = new URLSearchParams(location.search);
        query.set(select.dataset.choose, select.value);
        if (select.dataset.choose === "a") query.delete("b");
        else query.set("a", page.dataset.a);
        history.pushState({}, "", `/compare?${query}`);
        dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
      });
    }
    const { a, b, by, periods } = page.dataset;
    if (!b) return () => {};
    const table = page.querySelector('[data-list="figures"]'), region = page.querySelector('[data-list="lines"]');
    const both = new URLSearchParams({ a, b });
    let shown = null, data = null, draws = [];
    const redraw = () => draws.forEach((draw) => draw());
    const lay = () => {
      if (!shown || !data) return;
      draws = drawLines(region, data, shown, by === "reset");
      redraw();
    };
    const put = once((value) => twin.replace(table, [figures(value)]));
    table.replaceChildren(h("p", { class: "loading" }, t("Loading the figures")));
    region.replaceChildren(h("p", { class: "loading" }, t("Loading the past")));
    twin.poll(page, FIGURES_MS, () => `/data/compare?${both}`, (answer) => {
      if (!answer) return;
      const first = !shown;
      shown = answer;
      put({ ...answer, at: null });
      if (first) lay();
    });
    twin.poll(page, LINES_MS, () => `/data/compare/lines?${both}&by=${by}&periods=${periods}`, (answer) => { if (answer) { data = answer; lay(); } });
    new ResizeObserver(redraw).observe(region);
    return () => {};
  };
})();

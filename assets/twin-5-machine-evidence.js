/* Machine page: quality of the sensors, and how far the machine is from its commissioning. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, say, number, duration, charts } = twin;
  const parts = (twin.machineParts ||= {});
  const EVIDENCE_MS = 30000;

  /** A number and its sign do not part. */
  const whole = (share) => twin.percent(share).replaceAll(" ", "\u00a0");
  const count = (n, all) => (n === null || n === undefined ? "—" : n === 0 ? "0" : `${number(n, 0)} (${whole(n / Math.max(1, all))})`);
  parts.evidence = (page) => {
    const rows = page.querySelector('[data-list="quality"]'), said = page.querySelector('[data-list="quality-said"]');
    const past = page.querySelector('[data-list="health-past"]');
    const chart = h("div", { class: "health-place" }), note = h("p", { class: "quiet" }, t("Loading the past"));
    past.replaceChildren(h("h3", {}, t("Distance from commissioning")), chart, note);
    let data = null, sensors = [], now = null;
    const paintQuality = () => {
      const quality = data?.quality;
      if (!quality || !sensors.length) return;
      rows.replaceChildren(...quality.sensors.map((q, n) => h("tr", {}, h("th", { scope: "row" }, pick(sensors[n]?.[1])),
        h("td", { class: "num" }, !quality.rows ? "—" : q.good === quality.rows ? "100\u00a0%" : whole(q.good / quality.rows)),
        ...["uncertain", "bad", "missing", "gated"].map((kind) => h("td", { class: `num ${q[kind] ? "strong" : ""}` }, count(q[kind], quality.rows))),
        h("td", { class: "num" }, q.last_good ? q.last_good.slice(5, 19).replace("T", " ") : "—"))));
      const late = quality.late === null ? "" : t("{n} came late.", { n: number(quality.late, 0) });
      const gap = quality.gap_h > 0 ? t("Nothing came for {n} of it.", { n: duration(quality.gap_h) }) : "";
      say(said, quality.rows ? [t("{n} samples since {time}.", { n: number(quality.rows, 0), time: quality.since.slice(5, 16).replace("T", " ") }), late, gap].filter(Boolean).join(" ") : t("No samples in the last {n}.", { n: duration(quality.span_h) }));
    };
    const paintHealth = () => {
      const points = [...(data?.health || [])].filter((p) => p[1] !== null);
      if (now?.health !== undefined && points.length) points.push([0, now.health]);
      chart.hidden = points.length < 2;
      say(note, points.length < 2 ? t("Its course is kept from the first sealed piece of history on; there is none yet.") : t("Since {n} ago; 1 as new, above 6 far from it.", { n: duration(-points[0][0]) }));
      if (points.length < 2) return;
      const at = points.map((p) => p[0]), y = points.map((p) => p[1]);
      charts.draw(chart, { x: "hours", from: at[0], to: 0, lines: [{ t: at, y, css: "line-measured" }], marks: [{ at: now?.born_h ?? -Infinity }], limits: [{ value: 6, css: "bound" }], near: 3, label: t("Distance from commissioning") });
    };
    twin.poll(page, EVIDENCE_MS, () => `/data/evidence/${encodeURIComponent(page.dataset.machine)}`, (answer) => {
      if (answer) { data = answer; paintQuality(); paintHealth(); page.dispatchEvent(new CustomEvent("older", { detail: data.older })); }
    });
    new ResizeObserver(() => data && paintHealth()).observe(past);
    const named = twin.once((list) => { sensors = list; paintQuality(); });
    return (state) => { named(state.sensors.map((s) => [s.id, s.name])); now = state.health && { ...state.health, born_h: state.born_h }; };
  };
})();

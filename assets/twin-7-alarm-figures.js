/* The alarm system itself: what it asks of one operator, against what is published. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, svg, number, duration } = twin;

  const texts = () => ({
    rate: [t("Alarms in 10 minutes, average"), t("at most {n}", { n: 1 }), 2],
    peak: [t("Most in 10 minutes"), t("at most {n}", { n: 10 }), 0],
    flood_percent: [t("Time in flood, %"), t("at most {n}", { n: 1 }), 1],
    top_ten_percent: [t("Share of the ten most frequent, %"), t("at most {n}", { n: 5 }), 0],
    priority_3: [t("Priority P3, %"), t("about {n}", { n: 80 }), 0],
    priority_2: [t("Priority P2, %"), t("about {n}", { n: 15 }), 0],
    priority_1: [t("Priority P1, %"), t("about {n}", { n: 5 }), 0],
    chattering: [t("Chattering: 3 times in 10 minutes"), t("none"), 0],
    fleeting: [t("Fleeting: gone within a minute"), t("none"), 0],
    stale: [t("Stale: active for over 24 hours"), t("fewer than {n}", { n: 5 }), 0],
    old_unacknowledged: [t("Not acknowledged for 10 minutes"), t("none"), 0],
    shelved: [t("On the shelf"), t("no limit"), 0],
  });

  const card = (name, figure) => {
    const [label, limit, digits] = texts()[name];
    const [value, , is_in] = figure;
    return h("div", { class: `figure${is_in === false ? " off" : ""}`, "data-figure": name },
      h("div", { class: "figure-name" }, label),
      h("div", { class: "figure-value" }, number(value, 0, digits)),
      h("div", { class: "detail" }, limit, is_in === false ? h("strong", {}, " · ", t("outside")) : is_in ? " · " + t("kept") : ""));
  };

  /** Alarms in each ten minutes of the last day, with the flood's limit across. */
  const chart = (counts, width) => {
    const W = Math.max(300, Math.min(720, width)), H = 110, most = Math.max(12, ...counts), y = (n) => H - 16 - ((H - 22) * n) / most;
    const wide = W / counts.length;
    const bars = counts.map((n, k) => n ? svg("rect", { class: n > 10 ? "over" : "bar", x: k * wide + 0.5, y: y(n), width: Math.max(1, wide - 1), height: H - 16 - y(n) }) : null);
    return svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": t("Alarms in each 10 minutes of the last 24 hours, at most {n}", { n: Math.max(0, ...counts) }) },
      svg("line", { class: "grid", x1: 0, x2: W, y1: H - 16, y2: H - 16 }), ...bars,
      svg("line", { class: "limit", x1: 0, x2: W, y1: y(10), y2: y(10) }),
      svg("text", { x: 2, y: y(10) - 4 }, t("flood: more than 10")),
      svg("text", { x: 2, y: H - 3 }, t("24 h ago")), svg("text", { x: W - 2, y: H - 3, "text-anchor": "end" }, t("now")));
  };

  const named = (alarm) => h("a", { href: `/machine/${encodeURIComponent(alarm.machine)}`, "data-nav": 1 }, `${pick(alarm.name)}${t(", ")}${pick(alarm.sensor)}`);
  const topTen = (top) => top.length ? h("ol", { class: "top-ten" }, ...top.map(([alarm, n, share]) =>
    h("li", {}, named(alarm), h("span", { class: "num" }, t("{n}×, {p} %", { n, p: number(100 * share, 0, 1) })),
      h("span", { class: "share", "aria-hidden": "true", style: `width:${Math.max(1, 100 * share)}%` })))) : h("p", { class: "quiet" }, t("No alarm has come yet."));
  const actors = (title, list) => list.length ? [h("h3", {}, title), h("ul", { class: "actors" }, ...list)] : [];

  twin.alarmFigures = (region) => twin.once((rates) => {
    if (!rates.figures) { region.replaceChildren(h("p", { class: "empty" }, t("Nothing has been counted yet."))); return; }
    region.replaceChildren(
      h("p", { class: "quiet" }, t("For one operator, since {time}: {span}. Limits: ANSI/ISA-18.2, IEC 62682, EEMUA 191; chattering and fleeting as counted here.", { time: rates.began.replace("T", " ").slice(0, 16), span: duration(rates.window_h) })),
      h("div", { class: "figures" }, ...Object.keys(texts()).filter((name) => rates.figures[name]).map((name) => card(name, rates.figures[name]))),
      h("div", { class: "alarm-columns" },
        h("div", {}, h("h3", {}, t("The ten most frequent")), topTen(rates.top)),
        h("div", {}, h("h3", {}, t("Alarms in each 10 minutes")), h("div", { class: "alarm-day" }, chart(rates.counts, region.clientWidth || 720)), ...actors(t("Chattering"), (rates.chattering || []).map((alarm) => h("li", {}, named(alarm)))),
          ...actors(t("Fleeting"), (rates.fleeting || []).map(([alarm, n]) => h("li", {}, named(alarm), " ", t("{n}×", { n })))),
          ...(rates.chattering.length || rates.fleeting.length ? [h("p", { class: "quiet" }, t("A fault of the alarm's definition: look at its deadband and delays."))] : []))));
  });
})();

/* "When, and how sure": a fortnight with the range of each stop, what is planned, and pauses. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, svg, say, duration, durations } = twin;
  const SPAN_H = 336, DAY_H = 24, PITCH = 24, TOP = 6, FOOT = 24, RIGHT = 14;

  twin.rangeText = (item, horizon) =>
    item.reason === "no_data" || item.lo_h === undefined ? "—"
      : item.hi_h === undefined ? t("from {lo}", { lo: duration(item.lo_h) }) : durations(item.lo_h, item.hi_h);
  twin.expectedText = (item, horizon) =>
    item.reason === "no_data" || item.p_week === undefined ? "—" : item.mid_h === undefined ? `> ${duration(horizon)}` : duration(item.mid_h);

  /** "Tue 14:00" of a naive time of the plant's zone; with the date when it is not this week. */
  twin.weekday = (iso, inHours = 0) => {
    const far = Math.abs(inHours) > 6 * DAY_H;
    return twin.spaced(new Date(`${iso}Z`).toLocaleString(document.documentElement.lang, { timeZone: "UTC", weekday: far ? undefined : "short",
      day: far ? "numeric" : undefined, month: far ? "short" : undefined, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
  };
  twin.serviceText = (service) => {
    const when = twin.weekday(service.start, service.in_h);
    return service.who ? t("planned {when} by {who}", { when, who: service.who }) : t("planned {when}", { when });
  };

  /** One machine in a sentence: for who cannot see bars, and for who points at one. */
  const sentence = (item, services, horizon) => {
    const name = pick(item.name);
    const forecast = item.lo_h === undefined ? t("{name}: no stop is dated", { name })
      : t("{name}: stop expected in {when}, 80 % range {range}", { name, when: twin.expectedText(item, horizon), range: twin.rangeText(item, horizon) });
    return [forecast, ...services.map((s) => t("service {planned}", { planned: twin.serviceText(s) }))].join(t("; "));
  };

  const axis = (x, H) => {
    const parts = [];
    for (let day = 0; day <= SPAN_H / DAY_H; day += 1) {
      const named = day % (x(DAY_H) - x(0) > 26 ? 2 : 7) === 0;
      parts.push(svg("line", { class: named ? "grid" : "grid minor", x1: x(day * DAY_H), x2: x(day * DAY_H), y1: TOP, y2: H - FOOT }));
      if (named) parts.push(svg("text", { x: x(day * DAY_H), y: H - 7, "text-anchor": "middle" }, day === 0 ? t("now") : t("{n} d", { n: day })));
    }
    return parts;
  };
  const shaded = (spans, x, y, height, css) => spans.filter(([from, to]) => to > 0 && from < SPAN_H)
    .map(([from, to]) => svg("rect", { class: css, x: x(from), y, width: Math.max(3, x(to) - x(from)), height }));

  const row = (item, services, x, y, left, horizon, tell) => {
    const text = sentence(item, services, horizon);
    const label = pick(item.name), most = Math.floor(left / 7.2);
    const group = svg("g", { class: "when-row", tabindex: 0, role: "img", "aria-label": text },
      svg("rect", { class: "when-hit", x: 0, y: y - PITCH / 2, width: x(SPAN_H) + RIGHT, height: PITCH }),
      svg("text", { class: "name", x: left - 12, y: y + 4, "text-anchor": "end" }, label.length > most ? `${label.slice(0, most - 1)}…` : label),
      ...shaded(services.map((s) => [s.in_h, s.in_h + s.duration_h]), x, y - PITCH / 2 + 1, PITCH - 2, "planned"));
    if (item.lo_h !== undefined && item.lo_h < SPAN_H)
      group.append(svg("rect", { class: "range", x: x(item.lo_h), y: y - 5, width: Math.max(3, x(item.hi_h ?? SPAN_H) - x(item.lo_h)), height: 10 }));
    if (item.mid_h !== undefined && item.mid_h <= SPAN_H)
      group.append(svg("rect", { class: `mark p${item.priority}`, x: x(item.mid_h) - 3, y: y - 8, width: 6, height: 16 }));
    if (item.service_by_h !== undefined && item.service_by_h <= SPAN_H)
      group.append(svg("path", { class: "service", d: `M${x(item.service_by_h)} ${y + 5} l-5 -9 h10 z` }));
    for (const name of ["mouseenter", "focus"]) group.addEventListener(name, () => tell(text));
    return group;
  };

  const table = (items, servicesOf, horizon) =>
    h("details", { class: "as-table" }, h("summary", {}, t("As a table")),
      h("table", { class: "work" },
        h("thead", {}, h("tr", {}, ...[t("Machine"), t("Expected"), t("80 % range"), t("Service")].map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, ...items.map((item) => h("tr", {}, h("th", { scope: "row" }, pick(item.name)), h("td", {}, twin.expectedText(item, horizon)),
          h("td", {}, twin.rangeText(item, horizon)), h("td", {}, servicesOf(item.machine).map(twin.serviceText).join(t(", ")) || "—"))))));

  /** Paint into a region: items with a range or a planned service. */
  twin.whenChart = (region, { items, services, pauses, horizon }) => {
    const servicesOf = (machine) => services.filter((s) => s.machine === machine);
    const W = ((region.clientWidth || 560) * 14) / parseFloat(getComputedStyle(document.documentElement).fontSize);
    const left = Math.min(150, 0.3 * W), H = items.length * PITCH + FOOT + TOP;
    const x = (hours) => left + ((W - left - RIGHT) * Math.max(0, Math.min(hours, SPAN_H))) / SPAN_H;
    const said = h("p", { class: "when-said", "aria-hidden": "true" });
    const open = region.querySelector("details")?.open;
    const held = [...region.querySelectorAll(".when-row")].indexOf(document.activeElement);
    const rows = items.map((item, n) => row(item, servicesOf(item.machine), x, TOP + PITCH * (n + 0.5), left, horizon, (text) => say(said, text)));
    const chart = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "group", "aria-label": t("When each stop is expected, over the next {n} days", { n: SPAN_H / DAY_H }) },
      ...shaded(pauses, x, TOP, H - TOP - FOOT, "pause"), ...axis(x, H),
      svg("line", { class: "now", x1: x(0), x2: x(0), y1: TOP, y2: H - FOOT }), ...rows);
    const list = table(items, servicesOf, horizon);
    list.open = Boolean(open);
    region.replaceChildren(chart, said, list);
    if (held >= 0) rows[Math.min(held, rows.length - 1)]?.focus();
  };
})();

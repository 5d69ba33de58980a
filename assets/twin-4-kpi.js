/* Key figures: value, aim, trend, and where each comes from. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, svg, say, number, once } = twin;

  /** Path of a trend in a box of 100 × 24; a missing value breaks the line. */
  const sparkPath = (values) => {
    const known = values.filter((v) => v !== null);
    const low = Math.min(...known);
    const span = Math.max(...known) - low || 1;
    let pen = "M";
    return values.map((v, n) => {
      if (v === null) { pen = "M"; return ""; }
      const point = `${pen}${((100 * n) / Math.max(1, values.length - 1)).toFixed(1)} ${(22 - (20 * (v - low)) / span).toFixed(1)}`;
      pen = "L";
      return point;
    }).join("");
  };
  twin.spark = (values) =>
    values.filter((v) => v !== null).length < 2
      ? []
      : [svg("svg", { viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { d: sparkPath(values) }))];

  /** Why there is no forecast: nobody sends, or nothing was learnt. */
  const unknown = (k) => k.silent === k.of ? t("no data") : t("no failure model yet");
  const forecast = (k, parts) => k.value === undefined ? unknown(k) : [...parts, k.for < k.of ? t("of {n} machines", { n: k.for }) : ""];
  const percents = (value) => value === undefined ? "—" : `${number(value, 0, 1)} %`;
  const whole = (value) => `${number(value, 0)} %`;
  const range = (k, decimals) => t("80 %: {lo} to {hi}", { lo: number(k.lo, 0, decimals), hi: number(k.hi, 0, decimals) });

  const texts = {
    running: (k) => ({ value: number(k.value, 0), unit: t("of {n}", { n: k.of }), note: [k.silent === k.of ? t("no data") : "", k.paused ? t("pause") : t("target {n}", { n: k.aim }),
      k.idle ? t("{n} idle", { n: k.idle }) : "", k.failed ? t("{n} failed", { n: k.failed }) : "", k.serviced ? t("{n} being serviced", { n: k.serviced }) : ""] }),
    stops: (k) => ({ value: number(k.value, 1), note: forecast(k, [range(k, 1), t("limit {n}", { n: number(k.aim, 0, 1) })]) }),
    lost: (k) => ({ value: number(k.value, 1), note: forecast(k, [range(k, 1), t("limit {n}", { n: number(k.aim, 0, 1) })]) }),
    oee: (k) => ({ value: k.value === undefined ? "—" : (k.most ? "≤ " : "") + number(k.value, 0), unit: k.value === undefined ? "" : "%",
      note: !k.defined ? t("no production settings") : k.value === undefined ? t("nothing known yet")
        : [k.most ? t("quality is not measured") : "", k.unknown >= 10 ? t("known for {n} of the time", { n: whole(100 - k.unknown) }) : "", k.shift === undefined || k.shift === null ? "" : t("shift {n}", { n: whole(k.shift) }), t("target {n}", { n: percents(k.aim) })],
      more: k.value === undefined ? "" : [t("Availability {n}", { n: percents(k.availability) }), t("Performance {n}", { n: percents(k.performance) }),
        k.quality === undefined ? t("Quality not measured: OEE is at most {n}", { n: percents(k.value) }) : t("Quality {n}", { n: percents(k.quality) }),
        ...(k.setup_ratio === undefined || k.setup_ratio === null ? [] : [t("Setup ratio {n}, {hours} set up", { n: percents(k.setup_ratio), hours: twin.duration(k.setup_h) })]),
        t("Unknown for {n} of the planned time", { n: percents(k.unknown) })] }),
    complete: (k) => ({ value: number(k.value, 1), note: [t("target {n}", { n: percents(k.aim) }), k.silent ? t("{n} without data", { n: k.silent }) : ""] }),
  };
  /** A number stays with the word after it. */
  const keep = (text) => text.replace(/([\d■▲◆≤]) (?=\S)/g, "$1\u00a0");
  const joined = (text) => Array.isArray(text) ? text.filter(Boolean).join(t(", ")) : text;

  twin.paintKpi = (card) => once((figure) => {
    const part = (name) => card.querySelector(`[data-f="${name}"]`);
    const { more, ...shown } = texts[card.dataset.kpi](figure);
    for (const [name, text] of Object.entries(shown)) say(part(name), keep(joined(text)));
    if (part("more")) part("more").replaceChildren(...(more || []).map((text) => h("li", {}, text)));
    part("off").hidden = !figure.off;
    card.classList.toggle("off", Boolean(figure.off));
    part("trend").replaceChildren(...twin.spark(figure.trend || []));
  });

  /** One explanation open at a time; Escape or a click elsewhere closes it. */
  const close = (but) => document.querySelectorAll("details.where[open]").forEach((d) => { if (d !== but) d.open = false; });
  document.addEventListener("click", (event) => close(event.target.closest("details.where")));
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details.where[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
})();

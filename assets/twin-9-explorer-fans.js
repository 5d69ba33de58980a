/* Fans of the explorer as a list: what was said at a moment, and how it came. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, svg, number, percent, duration } = twin;
  const { ms } = twin.explorer;

  const minute = (iso) => iso.slice(0, 16).replace("T", " ");
  const para = (...parts) => h("p", {}, ...parts);

  const insideText = (fan) => {
    if (!fan.n) return fan.is_over ? t("No reading came after it.") : t("Nothing has come yet.");
    const inside = fan.as_driven ? fan.inside_as_driven : fan.inside;
    const of = t("{x} of {y} readings ({p}) inside the 80 % band", { x: number(inside, 0), y: number(fan.n, 0), p: percent(inside / fan.n) });
    return fan.is_sampled ? [of, t("(evenly chosen among more)")].join(" ") : of;
  };
  const drivenText = (fan) => !fan.n || fan.inside === fan.inside_as_driven ? null
    : fan.as_driven ? t("Had the inputs stayed as they were: {x} of {y}.", { x: number(fan.inside, 0), y: number(fan.n, 0) })
    : t("Under the inputs that then came: {x} of {y}.", { x: number(fan.inside_as_driven, 0), y: number(fan.n, 0) });

  const noFan = (reason) => ({ no_sample: () => t("No sample is held from before that moment."), no_past: () => t("This family of models keeps no past.") }[reason]
    || (() => t("No forecast from there: {reason}", { reason })))();

  const limitName = (name) => ({ low_low: t("Lowest limit"), low: t("Low limit"), high: t("High limit"), high_high: t("Highest limit") }[name]);
  const crossingText = (fan, sensor) => (crossing) => {
    const what = { limit: limitName(crossing.limit), value: `${number(crossing.value, 0, 3)} ${sensor.unit}` };
    const [early, middle, late] = crossing.when;
    if (early === fan.x[0]) return t("{limit} {value}: passed already.", what);
    if (!early) return t("{limit} {value}: not likely within the fan ({p}).", { ...what, p: percent(crossing.p) });
    return t("{limit} {value}: 80 of 100 between {early} and {late}, middle {middle}.", { ...what, early: minute(early),
      late: late ? minute(late) : t("beyond the fan"), middle: middle ? minute(middle) : t("beyond the fan") });
  };

  const riskCurve = ({ hours, p, lo, hi }) => {
    const W = 280, H = 60, x = (v) => (W * v) / hours.at(-1), top = Math.max(...hi, 0.02), y = (v) => H - 2 - ((H - 6) * v) / top;
    const path = (values) => values.map((v, i) => `${i ? "L" : "M"}${x(hours[i]).toFixed(1)} ${y(v).toFixed(1)}`).join("");
    const back = [...hours.keys()].reverse().map((i) => `L${x(hours[i]).toFixed(1)} ${y(lo[i]).toFixed(1)}`).join("");
    return svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "fan-risk", "aria-hidden": "true" },
      svg("path", { class: "curve-band", d: `${path(hi)}${back}Z` }), svg("path", { class: "curve-line", d: path(p) }));
  };
  const riskText = ({ hours, p, lo, hi }) =>
    t("Probability of failure within {n}, as said then: {p} ({lo} to {hi}).", { n: duration(hours.at(-1)), p: percent(p.at(-1)), lo: percent(lo.at(-1)), hi: percent(hi.at(-1)) });

  const outcomeText = (fan) => {
    if (fan.outcome) {
      const after = duration((ms(fan.outcome.x) - ms(fan.at)) / 3.6e6);
      return fan.outcome.kind === "failure" ? t("It failed {n} later.", { n: after }) : t("It was repaired {n} later.", { n: after });
    }
    return fan.is_over ? t("No failure was reported by its end.") : t("It is not over yet: ends {time}.", { time: minute(fan.until) });
  };

  /** One fan's card; `fan` null while it is asked for, or with an `error`. */
  const card = (mark, n, fan, sensor, drop) => h("article", { class: "fan-card", "data-at": mark.at },
    h("h3", {}, h("b", { class: "fan-number" }, n), ` ${sensor ? sensor.name : mark.sensor} · `, h("time", {}, minute(mark.at))),
    h("button", { type: "button", class: "plain fan-drop", "aria-label": t("Remove forecast {n}", { n }), title: t("Remove") }, "×"),
    ...(!fan ? [h("p", { class: "loading" }, t("Working it out"))]
      : fan.error ? [h("p", { class: "notice" }, noFan(fan.error))]
      : [
        h("p", { class: "fan-inside" }, insideText(fan)),
        drivenText(fan) ? para(drivenText(fan)) : null,
        ...fan.crossings.map((c) => para(crossingText(fan, sensor)(c))),
        fan.risk ? para(riskText(fan.risk)) : null,
        fan.risk ? riskCurve(fan.risk) : null,
        para(outcomeText(fan)),
        ms(fan.at) - ms(fan.as_of) > 60000 ? para(t("Its newest sample was {n} old.", { n: duration((ms(fan.at) - ms(fan.as_of)) / 3.6e6) })) : null,
        fan.from_prior ? para(t("The model has changed since: the filter began anew not long before.")) : null,
      ]));

  twin.explorer.fanList = (place, marks, fans, sensors, drop) => {
    const cards = marks.map((mark, i) => card(mark, i + 1, fans[i], sensors[mark.sensor]));
    cards.forEach((element, i) => element.querySelector(".fan-drop").addEventListener("click", () => drop(i)));
    place.replaceChildren(...(cards.length ? cards : [h("p", { class: "empty" }, h("strong", {}, t("No moment chosen")),
      t("Click into the chart, or give a moment above."))]));
  };
})();

/* Machine page: state, why and what to do in short; the ways to fail, side by side. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, once, duration, percent, money, charts } = twin;
  const parts = (twin.machineParts ||= {});
  const NOTABLE_P = 0.2, LIKELY_P = 0.5;  // within a week: from here on it is said what drives a risk, and what to do
  const short = (iso) => iso.slice(5, 16).replace("T", " ");
  const list = (names) => names.filter(Boolean).join(t(", "));
  const named = (sensors) => list(sensors.map((s) => pick(s.name)));

  const stateLines = (s) => {
    const [p, lo, hi] = s.risk?.day || [];
    if (s.failed) return [t("Failed at {time}.", { time: short(s.failed) })];
    if (!s.sample) return [t("Nothing has come from this machine yet.")];
    if (s.withheld && s.serviced) return [t("Being serviced until {time}.", { time: short(s.serviced) })];
    if (s.withheld) return [t("No data since {time}: nothing is forecast.", { time: short(s.last) })];
    const runs = s.idle ? t("Idle.") : t("Running.");
    return p === undefined || p === null ? [runs] : [runs, percent(lo) === percent(hi) ? t("Failure within 24 h: {p}.", { p: percent(p) }) : t("Failure within 24 h: {p} (80 %: {lo} to {hi}).", { p: percent(p), lo: percent(lo), hi: percent(hi) })];
  };

  const whyLines = (s) => {
    const beyond = s.sensors.filter((x) => x.beyond), broken = s.sensors.filter((x) => x.quality === "broken" || x.quality === "bad");
    const silent = s.sensors.filter((x) => x.quality === "stale");
    const failure = s.failed && (s.log || []).find((line) => line.kind.startsWith("failure"));
    if (s.failed) return [failure?.about ? t("Failure: {name}.", { name: pick(failure.about) }) : t("A failure was reported; its mode is not known.")];
    const lines = [
      beyond.length ? t("Beyond a limit: {names}.", { names: named(beyond) }) : "",
      !s.withheld && s.drivers?.length && (s.item?.reason === "risk" || s.risk?.week?.[0] >= NOTABLE_P) ? t("The risk is driven by {names}.", { names: list(s.drivers.slice(0, 2).map((d) => pick(d.name))) }) : "",
      s.health?.changed ? t("The machine as a whole behaves unlike its twin.") : "",
      broken.length ? t("Not to be trusted: {names}.", { names: named(broken) }) : "",
      silent.length && !s.withheld ? t("Silent: {names}.", { names: named(silent) }) : ""].filter(Boolean);
    if (!lines.length && s.withheld && s.serviced) return [t("During a service it stands and sends nothing.")];
    return lines.length ? lines : [s.withheld || !s.sample ? t("Its source or the network may have stopped.") : t("Nothing abnormal.")];
  };

  const todoLines = (s) => {
    if (s.failed) return [t("Repair it, then report the repair: its twin starts anew.")];
    if (s.withheld && s.serviced) return [t("Nothing until the service is done.")];
    if (s.withheld || !s.sample) return [t("See whether the machine still sends.")];
    const by = s.item?.service_by_h, next = s.services?.find((x) => x.state === "planned" && !x.begun);
    const calls = s.alarms?.some((a) => ["unacknowledged", "returned_unacknowledged"].includes(a.state));
    const beyond = s.sensors.some((x) => x.beyond), risky = s.item?.reason === "risk" || s.risk?.week?.[0] >= LIKELY_P;
    const likely = risky || beyond ? s.modes?.find((mode) => mode.id === s.item?.mode) || s.modes?.find((mode) => mode.share) : null;
    const lines = [
      likely ? pick(likely.response) || t("Plan a service.") : "",
      s.item?.reason === "bad_sensor" ? t("Check the sensor and its cable.") : "",
      s.item?.reason === "changed" ? t("Look at what has changed at the machine; report a repair if there was one.") : "",
      beyond && !likely ? t("Look at the machine.") : "",
      calls ? t("Acknowledge its alarms.") : "",
      s.suggested ? t("The planner suggests a service {time}; it saves {money}.", { time: short(s.suggested.start), money: money(s.suggested.saves, s.currency) })
        : by === undefined || by === null ? "" : by < 1 ? t("Service is cheapest now.") : t("Service is cheapest in {n}.", { n: duration(by) }),
      next ? t("A service is planned for {time}.", { time: short(next.start) }) : ""].filter(Boolean);
    return lines.length ? lines : [t("Nothing now.")];
  };

  parts.brief = (page) => {
    const places = ["state", "why", "todo"].map((name) => page.querySelector(`[data-list="brief-${name}"]`));
    const paint = once((texts) => texts.forEach((lines, n) => places[n].replaceChildren(...lines.map((text) => h("p", {}, text)))));
    return (state) => paint([stateLines(state), whyLines(state), todoLines(state)]);
  };

  const CURVE_H = 168;
  /** One way to fail: its part of the risk, its course over a week, what drives it, what follows. */
  const card = (mode, curve, s) => {
    const mine = curve?.modes?.[mode.id], last = curve ? curve.hours.findLastIndex((x) => x <= CURVE_H) : -1;
    const p = mine && last >= 0 ? mine.p[last] : null;
    const place = h("div", { class: "mode-curve" });
    const driving = (mine?.drivers || []).map(([n, logit]) => `${pick(s.sensors[n]?.name)} ×${twin.compact(Math.min(1000, Math.exp(logit)))}`);
    const cost = s.costs ? money(s.costs.unplanned, s.currency) : "—";
    const row = (term, text) => [h("dt", {}, term), h("dd", {}, text || "—")];
    const node = h("article", { class: "mode", "data-mode": mode.id },
      h("h3", {}, pick(mode.name), h("span", { class: "num" }, p === null ? "" : t("{p} in 7 days", { p: percent(p) }))),
      mine ? place : null,
      h("dl", {}, ...(mode.share === null || mode.share === undefined ? [] : row(t("Share of the risk"), percent(mode.share))),
        ...row(t("Driven by"), driving.length ? list(driving) : s.withheld ? "—" : t("nothing that stands out")),
        ...row(t("Consequence"), pick(mode.consequence)), ...row(t("Response"), pick(mode.response)),
        ...row(t("Cost of a failure"), p === null || !s.costs ? cost : t("{cost}; expected in 7 days {expected}", { cost, expected: money(p * s.costs.unplanned, s.currency) }))));
    return [node, () => mine && charts.draw(place, { x: "hours", from: 0, to: curve.hours.at(-1), range: [0, Math.max(0.1, ...Object.values(curve.modes).flatMap((m) => m.p))], inPercent: true,
      lines: [{ t: curve.hours, y: mine.p, css: "line-measured" }], label: t("Probability of {name} by time", { name: pick(mode.name) }) })];
  };

  parts.modes = (page) => {
    const region = page.querySelector('[data-list="modes"]');
    let paints = [];
    const redraw = () => paints.forEach((paint) => paint());
    const put = once(({ s, curve }) => {
      if (!s.modes?.length) { region.replaceChildren(h("p", { class: "empty" }, t("The plant file names no failure modes of this class."))); return; }
      const cards = s.modes.map((mode) => card(mode, curve, s));
      region.replaceChildren(...cards.map(([node]) => node));
      paints = cards.map(([, paint]) => paint);
      redraw();
    });
    new ResizeObserver(redraw).observe(region);
    return (state) => state.sample && put({ curve: state.curve, s: { modes: state.modes, sensors: state.sensors.map(({ name }) => ({ name })), costs: state.costs, currency: state.currency, withheld: state.withheld } });
  };
})();

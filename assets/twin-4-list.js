/* Rows of the work list: why, when, how sure, what it costs, what is planned. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, duration, money } = twin;

  twin.reasons = () => ({
    risk: t("Failure likely"), limit: t("Beyond a limit"), bad_sensor: t("Sensor not to be trusted"),
    failed: t("Failed, stands still"), changed: t("Behaves unlike its twin"), no_data: t("No data"),
  });
  /** Fewer say nothing. */
  const HELD_LEAST = 5;
  const held = (item) => item.held?.of >= HELD_LEAST ? t("{n} of the last {m} such forecasts held", { n: item.held.held, m: item.held.of }) : "";
  const detail = (item) => [
    item.since ? t("since {time}", { time: item.since.slice(5, 16).replace("T", " ") }) : "",
    item.serviced ? t("being serviced until {time}", { time: item.serviced.slice(5, 16).replace("T", " ") }) : item.withheld && item.reason !== "failed" ? t("No data, last forecast withheld") : (item.drivers || []).slice(0, 2).map(pick).join(t(", ")),
    held(item),
  ].filter(Boolean);
  /** Why the plan leaves its service out, where that would pay. */
  const obstacle = ({ why, until }) => why === "crew" ? t("no service planned: nobody is free for it") : why !== "part" ? t("no service planned: it would hold up work that costs more")
    : until ? t("no service planned: no part for it before {when}", { when: until.slice(5, 16).replace("T", " ") }) : t("no service planned: no part for it in the plan's time");
  const costs = (item, currency) => {
    const [wait, service, saves] = [item.cost_wait, item.cost_service, item.saves].map((v) => money(v, currency));
    return t("Waiting a week costs {wait} on average, a service {service}; a service in time saves {saves}", { wait, service, saves });
  };
  const stake = (item, currency) => {
    if (item.reason === "failed") return item.cost_h ? [t("{money}/h", { money: money(item.cost_h, currency) })] : ["—"];
    if (item.cost_wait === undefined) return ["—"];
    return [money(item.cost_wait, currency), item.saves > 0 ? t("saves {money}", { money: money(item.saves, currency) }) : "", costs(item, currency)];
  };
  /** Disabled with the reason for who may not plan; nothing where it is planned already. */
  const planCell = (item) => {
    if (item.service || item.reason === "failed") return "";
    const reason = twin.whyNot("service.plan");
    return h("button", { type: "button", class: "button small", "data-plan": item.machine, "aria-disabled": reason ? "true" : null,
      title: reason || null, "aria-label": t("Plan a service of {name}", { name: pick(item.name) }) }, t("Plan"));
  };

  /** Ask when; the cheapest time, where it is known, is proposed. clock: the plant's own. */
  twin.planService = (item, clock, currency) => {
    const reason = twin.whyNot("service.plan");
    if (reason) { twin.toast(reason, { alert: true }); return; }
    const now = new Date(`${clock.date}T${clock.time}Z`).getTime();
    const naive = (ms) => new Date(Math.ceil(ms / 900000) * 900000).toISOString().slice(0, 16);
    const range = twin.rangeText(item);
    twin.ask({
      title: t("Plan a service of {name}", { name: pick(item.name) }),
      intro: [item.service_by_h === undefined ? "" : item.service_by_h < 0.5 ? t("Cheapest now.") : t("Cheapest in {when}.", { when: duration(item.service_by_h) }),
        range === "—" ? "" : t("Stop expected in {when}, 80 % range {range}.", { when: twin.expectedText(item), range }),
        item.cost_wait === undefined ? "" : `${costs(item, currency)}${t(".")}`].filter(Boolean),
      fields: [
        { name: "start", label: t("Start"), kind: "datetime", required: true, min: naive(now), value: naive(now + 3600000 * Math.max(1, item.service_by_h ?? 24)) },
        { name: "duration_h", label: t("Length"), kind: "number", unit: t("hours"), required: true, min: 0.25, max: 8760, value: item.planned_h || 4 },
        { name: "note", label: t("Note"), kind: "textarea", max: 2000 },
      ],
      submit: t("Plan"), verb: "service.plan", machine: item.machine, fixed: item.mode_id ? { mode: item.mode_id } : {},
      text: t("Service of {name} planned", { name: pick(item.name) }),
    });
  };

  twin.workRow = (item, currency, horizon) => {
    const why = item.reason === "risk" && item.mode ? pick(item.mode) : twin.reasons()[item.reason] || item.reason;
    const [cost, saves, words] = stake(item, currency);
    const range = twin.rangeText(item, horizon);
    return h("tr", { "data-machine": item.machine },
      h("td", {}, twin.badge(item.priority)),
      h("td", { class: "machine" }, h("a", { href: `/machine/${encodeURIComponent(item.machine)}`, "data-nav": 1 }, pick(item.name))),
      h("td", { class: "why" }, h("div", {}, why), ...detail(item).map((text) => h("div", { class: "detail" }, text)),
        item.service ? h("div", { class: "detail planned-text" }, twin.serviceText(item.service))
          : item.suggested ? h("div", { class: "detail" }, h("a", { href: `/schedule?suggestion=${encodeURIComponent(item.suggested.id)}`, "data-nav": 1 }, t("service suggested {when}", { when: item.suggested.start.slice(5, 16).replace("T", " ") })))
            : item.obstacle ? h("div", { class: "detail" }, obstacle(item.obstacle)) : null),
      h("td", { class: "num" }, twin.expectedText(item, horizon), range === "—" ? null : h("div", { class: "narrow detail", "data-label": t("80 %: {range}", { range: "" }) }, range)),
      h("td", { class: "num detail range" }, range),
      h("td", { class: "num stake", "data-label": t("At stake"), title: words || "" }, cost, saves ? h("div", { class: "detail" }, saves) : null),
      h("td", { class: "do" }, planCell(item)));
  };

  /** Put rows in place, leaving those that read the same: a click or the keyboard stays on them. */
  twin.keepRows = (body, rows) => {
    const old = new Map([...body.children].map((tr) => [tr.outerHTML, tr]));
    const next = rows.map((tr) => old.get(tr.outerHTML) || tr);
    if (next.length === body.children.length && next.every((tr, n) => tr === body.children[n])) return;
    const held = body.contains(document.activeElement) ? document.activeElement : null;
    const machine = held?.closest("tr").dataset.machine, tag = held?.tagName;
    body.replaceChildren(...next);
    if (held) [...body.children].find((tr) => tr.dataset.machine === machine)?.querySelector(tag)?.focus();
  };
})();

/* Schedule: suggestions: why, when, by whom, what it costs, what happens otherwise; and one's word on them. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, pick, duration, plan } = twin;
  const percent = (p) => twin.percent(p).replaceAll(" ", "\u00a0");

  const delaysText = (delays) => {
    const later = (delays || []).filter((d) => d.hours > 0.01);
    if (!later.length) return t("It delays no order.");
    const list = later.slice(0, 3).map((d) => t("{order} by {time}", { order: d.order, time: duration(d.hours) })).join(t(", "));
    return later.length > 3 ? t("It delays {orders} and {n} more.", { orders: list, n: later.length - 3 }) : t("It delays {orders}.", { orders: list });
  };
  const needs = (s) => {
    const crew = pick(s.crew_name), part = pick(s.part_name);
    return crew && part ? t("Done by: {crew}. Needs: {part}.", { crew, part }) : crew ? t("Done by: {crew}.", { crew }) : part ? t("Needs: {part}.", { part }) : "";
  };
  /** Why, in sentences; each says one thing. */
  const sentences = (s, near, currency) => [
    s.now ? t("Without a service it fails within a day with a probability of {day}, within a week of {week}.", { day: percent(s.now.p_day), week: percent(s.now.p_week) }) : "",
    s.p_start === undefined || s.p_start === null ? "" : t("If it is serviced then, it fails before that with a probability of {p}.", { p: percent(s.p_start) }),
    s.if_not ? t("If nothing is done, it fails within the plan's time with a probability of {p}, and that costs {money} on average.", { p: percent(s.if_not.p_fail), money: plan.cash(s.if_not.cost, currency) }) : "",
    delaysText(s.delays),
    s.planned ? `${t("The plan has it {when} instead, and its list of late orders goes by that.", { when: plan.when(s.planned.start, near) })} ${delaysText(s.planned.delays)}` : "", needs(s),
  ].filter(Boolean);

  const choiceText = (a, near) => (a.start ? [plan.when(a.start, near), a.kind === "planned" ? t("as the plan has it") : ""].filter(Boolean).join(t(", ")) : t("never"));
  const table = (s, near, currency) => h("details", { class: "other-times" }, h("summary", {}, t("Other times")),
    plan.wide(t("Other times"), h("table", { class: "plain-table" },
      h("thead", {}, h("tr", {}, ...[t("Start"), t("Fails before"), t("Costs more"), t("Delays")].map((text, n) => h("th", { scope: "col", class: n ? "num" : "" }, text)))),
      h("tbody", {}, ...s.alternatives.map((a) => h("tr", {}, h("th", { scope: "row" }, choiceText(a, near)), h("td", { class: "num" }, percent(a.p_fail)),
        h("td", { class: "num" }, Math.abs(a.delta ?? 0) < 0.5 ? "—" : plan.cash(a.delta, currency, true)),
        h("td", { class: "num" }, a.delays.length ? a.delays.slice(0, 2).map((d) => `${d.order} ${duration(d.hours)}`).join(t(", ")) : "—")))))));

  const states = (who) => who ? { accepted: t("Accepted by {who}", { who }), vetoed: t("Vetoed by {who}", { who }) } : { vetoed: t("Vetoed"), accepted: t("accepted"), expired: t("Expired") };
  const decided = (s, near) => {
    const who = s.said?.who || s.who, when = s.said?.when, until = s.said?.until;
    const parts = [states(who)[s.state] || states()[s.state] || s.state, when ? plan.when(when, near) : "", until ? t("holds until {when}", { when: plan.when(until, near) }) : ""].filter(Boolean).join(" · ");
    const undo = s.said?.can_undo ? twin.button("action.undo", t("Undo"), (b) => twin.act("action.undo", { machine: s.machine ?? null, detail: { action: s.said.action }, button: b }), { css: "button small" }) : null;
    return h("div", { class: "decided" }, h("span", {}, parts, s.reason ? `${t(": ")}${s.reason}` : ""), undo);
  };

  /** tell: {show(suggestion), compare(version), adopt(version, button), near(), currency(), until(hours)} of the page. */
  plan.suggestion = (s, tell) => {
    const open = s.state === "open", near = tell.near(), currency = tell.currency(), isPlan = s.kind === "plan";
    const show = (label, onclick) => { const b = h("button", { type: "button", class: "button small" }, label); b.addEventListener("click", onclick); return b; };
    const title = isPlan ? t("Plan {n} instead of the one in force", { n: s.version }) : t("Service {name}", { name: pick(s.name) });
    const saves = open && s.saves > 0 ? h("span", { class: "saves" }, t("saves {money}", { money: plan.cash(s.saves, currency) })) : null;
    const head = h("h3", {}, h("span", {}, isPlan || !s.machine ? title : h("a", { href: `/machine/${encodeURIComponent(s.machine)}`, "data-nav": 1 }, title)), saves);
    const when = isPlan || !s.start ? null : h("p", { class: "suggested-when" }, h("strong", {}, plan.when(s.start, near)), ` · ${[duration(s.hours), pick(s.crew_name)].filter(Boolean).join(" · ")}`);
    if (!open) return h("li", { class: `suggestion ${s.state}`, "data-suggestion": s.id }, head, when, decided(s, near));
    const brief = isPlan ? null : h("p", { class: "suggested-brief" }, s.if_not && s.p_start !== undefined && s.p_start !== null ? `${t("Failure within the plan: {without} without it, {with} with it", { without: percent(s.if_not.p_fail), with: percent(s.p_start) })} · ` : "",
      (s.delays || []).some((d) => d.hours > 0.01) ? t("orders later: {n}", { n: s.delays.filter((d) => d.hours > 0.01).length }) : t("delays no order"));
    const stake = s.n_orders ? h("p", {}, t("It takes in {n} orders that the plan in force does not hold: {orders}.", { n: s.n_orders, orders: `${s.orders.join(", ")}${s.n_orders > s.orders.length ? ", …" : ""}` }),
      s.at_stake > 0.5 ? ` ${t("If they are not made in the plan's time, being late costs {money}.", { money: plan.cash(s.at_stake, currency) })}` : "") : "";
    const body = isPlan ? [stake, h("p", {}, s.n_moves ? t("It moves {n} operations.", { n: s.n_moves }) : t("It moves work so that the whole costs less."), s.why ? ` ${t("It was made because {why}.", { why: plan.why(s.why) })}` : "")]
      : [brief, h("details", { class: "why", open: tell.first() === s.id ? "" : null }, h("summary", {}, t("Why")), h("ul", { class: "why-list" }, ...sentences(s, near, currency).map((text) => h("li", {}, text)))), ...(s.alternatives.length > 1 ? [table(s, near, currency)] : [])];
    const does = isPlan
      ? [twin.button("plan.adopt", t("Adopt this plan"), (b) => tell.adopt(s.version, b), { css: "button small primary" }), show(t("Compare"), () => tell.compare(s.version))]
      : [twin.button("suggestion.accept", t("Accept"), (b) => plan.acceptService(s, b), { css: "button small primary" }),
        ...(plan.timed(s).length > 1 || s.crews.length > 1 ? [twin.button("suggestion.accept", t("Change…"), () => plan.changeService(s, near, currency), { css: "button small" })] : []), show(t("Show"), () => tell.show(s))];
    return h("li", { class: "suggestion open", "data-suggestion": s.id }, head, when, ...body,
      h("div", { class: "buttons" }, ...does, twin.button("suggestion.veto", t("Veto…"), () => plan.vetoService(s, tell.until), { css: "button small" })));
  };

  /** Open ones first; a card that reads the same stays, and with it the keyboard. */
  plan.suggestions = (region, tell) => {
    const known = new Map();
    const list = h("ol", { class: "suggestion-list" });
    // Where the plan stands below them, not all of them stand in its way.
    const all = h("button", { type: "button", class: "button small all-suggestions" }, t("Show all suggestions"));
    all.addEventListener("click", () => { list.classList.add("all"); list.children[4]?.querySelector("a, button")?.focus(); });
    const nobody = () => h("p", { class: "notice" }, t("The plant file names no crew: no service can be planned until it does."));
    return (found, nCrews, hasPlan) => {
      const items = found.map((s) => {
        const text = JSON.stringify([s, tell.currency()]);
        if (known.get(s.id)?.text !== text) {
          const before = known.get(s.id), element = plan.suggestion(s, tell);
          before?.element.querySelectorAll("details").forEach((d, n) => element.querySelectorAll("details")[n]?.toggleAttribute("open", d.open));
          known.set(s.id, { text, element });
        }
        return known.get(s.id).element;
      });
      if (!items.length) { region.replaceChildren(...(nCrews ? [] : [nobody()]), h("div", { class: "empty" }, h("strong", {}, t("Nothing is suggested")), hasPlan ? t("No service or change of the plan would save enough to be worth it now.") : t("The planner has not looked yet."))); return; }
      if (list.parentElement !== region) region.replaceChildren(...(nCrews ? [] : [nobody()]), list, all);
      const now = [...list.children], held = list.contains(document.activeElement);
      if (items.length === now.length && items.every((item, n) => item === now[n])) return;
      list.replaceChildren(...items);
      if (held && !list.contains(document.activeElement)) list.querySelector("button, a")?.focus({ preventScroll: true });
    };
  };
})();

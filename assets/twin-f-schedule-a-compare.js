/* Schedule: plan against plan: what each costs, what moved, and which versions there were. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, pick, number, duration, plan } = twin;
  const FIRST = 40;

  /** Name of a term and how it is said; `cash`: money, `h`: hours, `n`: a count, `kwh`. */
  const terms = () => ({
    total: [t("Cost in all"), "cash"], tardiness: [t("Lateness"), "cash"], risk: [t("Failures, services and life thrown away"), "cash"],
    energy: [t("Energy"), "cash"], changeover: [t("Setup"), "cash"], stability: [t("Moving work, as the planner weighs it"), "cash"],
    late_jobs: [t("Orders late or left out"), "n"], late_h: [t("Hours late, all orders"), "h"], makespan_h: [t("Until all is done"), "h"],
    idle_h: [t("Machines open, making nothing"), "h"], setup_h: [t("Setup time"), "h"], energy_kwh: [t("Energy used"), "kwh"],
  });
  const say = (value, kind, currency) => value === null || value === undefined ? "—" : kind === "cash" ? plan.cash(value, currency)
    : kind === "n" ? number(value, 0) : kind === "kwh" ? `${number(value, 0)} kWh` : t("{n} h", { n: number(value, 0, value < 10 ? 1 : 0) });
  const difference = (value, kind, currency) => {
    if (Math.abs(value) < (kind === "n" ? 0.5 : 0.05)) return "=";
    const sign = value > 0 ? "+" : "−", words = value < 0 ? t("better") : t("worse");
    return h("span", {}, `${sign}${say(Math.abs(value), kind, currency)} `, h("span", { class: "detail" }, words));
  };
  Object.assign(plan, { terms, sayTerm: say });

  const termTable = (found, currency) => plan.wide(t("Costs of both plans"), h("table", { class: "plain-table terms-table" },
    h("caption", { class: "hidden" }, t("Costs of both plans")),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "hidden" }, t("Cost"))), ...[t("plan {n}", { n: found.before.version }), t("plan {n}", { n: found.after.version }), t("Difference")].map((text) => h("th", { scope: "col", class: "num" }, text)))),
    h("tbody", {}, ...found.terms.map(({ term, before, after, delta }) => {
      const [name, kind] = terms()[term];
      return h("tr", { class: term === "total" ? "strong" : "" }, h("th", { scope: "row" }, name), h("td", { class: "num" }, say(before, kind, currency)), h("td", { class: "num" }, say(after, kind, currency)),
        h("td", { class: "num" }, difference(delta, kind, currency)));
    }))));

  const what = (move) => move.kind === "service" ? t("Service") : t("{order}, {step}", { order: move.order, step: t("step {n}", { n: move.step + 1 }) });
  const how = (move) => {
    if (!move.to) return t("is taken out");
    if (!move.from) return t("comes in");
    const moved = Math.abs(move.hours) < 0.5 / 60 ? "" : move.hours > 0 ? t("{time} later", { time: duration(move.hours) }) : t("{time} sooner", { time: duration(-move.hours) });
    return [moved, move.from_machine !== move.to_machine ? t("another machine") : "", (move.from_crew || null) !== (move.to_crew || null) ? t("another crew") : ""].filter(Boolean).join(t(", "));
  };
  const moveTable = (found, show) => {
    const body = h("tbody"), more = h("button", { type: "button", class: "button small" });
    let shown = 0;
    const on = () => {
      for (const move of found.moves.slice(shown, shown + FIRST)) {
        const at = (iso, machine) => (iso ? t("{when}, {machine}", { when: plan.when(iso, found.after.made), machine: pick(found.names[machine] || machine) }) : "—");
        const button = h("button", { type: "button", class: "plain as-link" }, what(move));
        button.addEventListener("click", () => show(move));
        body.append(h("tr", {}, h("th", { scope: "row" }, button), h("td", {}, at(move.from, move.from_machine)), h("td", {}, at(move.to, move.to_machine)), h("td", {}, how(move))));
      }
      shown = Math.min(found.moves.length, shown + FIRST);
      more.hidden = shown >= found.moves.length;
      more.textContent = t("Show {n} more", { n: Math.min(FIRST, found.moves.length - shown) });
    };
    more.addEventListener("click", on);
    on();
    return [plan.wide(t("What moved"), h("table", { class: "plain-table moves-table" }, h("caption", { class: "hidden" }, t("What moved")),
      h("thead", {}, h("tr", {}, ...[t("What"), t("Before"), t("After"), t("How")].map((text) => h("th", { scope: "col" }, text)))), body)), more];
  };
  const lateText = (hours) => (hours === null || hours === undefined ? t("left out") : hours >= 0.5 / 60 ? t("{time} late", { time: duration(hours) }) : t("in time"));
  const orders = (found) => {
    const told = found.orders.filter((o) => lateText(o.before) !== lateText(o.after));
    return told.length ? h("ul", { class: "order-changes" }, ...told.slice(0, 12).map((o) =>
      h("li", {}, h("strong", {}, o.order), ` ${lateText(o.before)} → ${lateText(o.after)}`))) : h("p", { class: "quiet" }, t("No order's lateness changes."));
  };

  /** tell: {state(), adopt(version, button), show(move)} of the page. */
  plan.compare = (region, tell) => {
    let pair = null, isChosen = false, asked = 0, before = "", stamped = "", told = "";
    const body = h("div", { class: "compare-body" });
    const fetchPair = async () => {
      const mine = ++asked, [a, b] = pair;
      const text = await fetch(`/data/schedule/compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`).then((r) => (r.ok ? r.text() : "")).catch(() => "");
      if (mine !== asked || !region.isConnected || (text && text === told)) return;
      told = text;
      const answer = text ? JSON.parse(text) : null;
      if (!answer) { body.replaceChildren(h("p", { class: "notice alert" }, t("These plans cannot be compared now."))); return; }
      const currency = tell.state().currency, better = answer.saves ?? null, { version } = answer.after, total = answer.terms.find((x) => x.term === "total")?.delta ?? 0;
      // What it saves by its services is told at each of them; the table beside has all of it.
      const also = better !== null && answer.after.n_services && Math.abs(total + better) > 0.05 * Math.abs(total) ? ` ${total < 0 ? t("With its services it saves {money} in all.", { money: plan.cash(-total, currency) }) : t("With its services it costs {money} more in all.", { money: plan.cash(total, currency) })}` : "";
      body.replaceChildren(
        h("p", { class: "compare-sum" }, h("strong", {}, better === null ? t("Each plan's figures are of the moment it was made for.") : better > 0.5 ? t("Plan {n} saves {money} of what orders cost.", { n: version, money: plan.cash(better, currency) })
          : better < -0.5 ? t("With plan {n} orders cost {money} more.", { n: version, money: plan.cash(-better, currency) }) : t("Orders cost the same in both.")), also,
          ` ${t("It was made because {why}.", { why: plan.why(answer.after.why) })} ${t("{n} bars move, {m} of them to another machine; {k} stay.", { n: answer.n_moves, m: answer.n_machine, k: answer.n_same })}`),
        better !== null && answer.moves.some((move) => !move.from && move.kind !== "service") ? h("p", { class: "quiet" }, t("Plan {n} is shown with the orders that came since it was made, in its gaps.", { n: answer.before.version })) : "",
        h("div", { class: "compare-columns plan-columns" }, h("section", {}, h("h3", {}, t("What it costs")), termTable(answer, currency), h("h3", {}, t("Orders")), orders(answer)),
          h("section", {}, h("h3", {}, t("What moved")), ...(answer.moves.length ? moveTable(answer, tell.show) : [h("p", { class: "quiet" }, t("Nothing moved."))]))));
    };
    /** [what it is asked for by, what it is called] of each plan that there is. */
    const offered = () => {
      const { plans, versions } = tell.state();
      return [...(plans.in_force ? [["in_force", t("in force: plan {n}", { n: plans.in_force.version })]] : []), ...(plans.proposed ? [["proposed", t("proposed: plan {n}", { n: plans.proposed.version })]] : []),
        ...versions.filter((v) => v.kept && ![plans.in_force?.version, plans.proposed?.version].includes(v.version)).map((v) => [String(v.version), t("plan {n}, {when}", { n: v.version, when: plan.when(v.made) })])];
    };
    const select = (name, label, value) => {
      const input = h("select", { id: `compare-${name}` }, ...offered().map(([key, text]) => h("option", { value: key, selected: key === value ? "" : null }, text)));
      input.addEventListener("change", () => { pair = name === "a" ? [input.value, pair[1]] : [pair[0], input.value]; isChosen = true; offer(); fetchPair(); });
      return h("div", { class: "filter" }, h("label", { for: `compare-${name}` }, label), input);
    };
    const versionTable = (versions, currency) => h("details", { class: "as-table" }, h("summary", {}, t("All versions")), plan.wide(t("All versions"), h("table", { class: "plain-table" },
      h("thead", {}, h("tr", {}, ...[t("Plan number"), t("Made"), t("Because"), t("In force since"), t("Adopted by"), t("Cost in all")].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...versions.map((v) => h("tr", {}, h("th", { scope: "row" }, String(v.version)), h("td", {}, plan.when(v.made)), h("td", {}, plan.why(v.why)), h("td", {}, v.since ? plan.when(v.since) : "—"), h("td", {}, v.who || "—"),
        h("td", { class: "num" }, plan.cash(v.terms?.total, currency))))))));

    /** The button stands beside the plan that it is about, or not at all. */
    let adopt = null;
    const offer = () => { if (adopt) adopt.hidden = pair[1] !== "proposed"; };
    const paint = () => {
      if (region.hidden) return;
      const { plans, versions, currency, stamp } = tell.state();
      const now = JSON.stringify([plans.in_force?.version, plans.proposed?.version, versions.map((v) => [v.version, v.kept, v.who])]);
      if (stamp !== stamped && now === before && pair) fetchPair();
      stamped = stamp;
      if (now === before) return;
      before = now;
      if (!plans.in_force && !plans.proposed) { region.replaceChildren(h("div", { class: "empty" }, h("strong", {}, t("There is no plan to compare")), t("As soon as the planner has made two, their difference stands here."))); return; }
      // What nobody chose follows the news: a plan proposed since is what there is to compare. So does what is kept no more.
      if (!isChosen || !pair.every((name) => offered().some(([key]) => key === name))) { pair = null; isChosen = false; }
      pair ||= plans.proposed ? ["in_force", "proposed"] : [versions.find((v) => v.kept && v.version !== plans.in_force?.version)?.version.toString() || "in_force", "in_force"];
      const open = region.querySelector("details")?.open;
      adopt = plans.proposed ? twin.button("plan.adopt", t("Adopt this plan"), (b) => tell.adopt(plans.proposed.version, b), { css: "button primary" }) : null;
      offer();
      region.replaceChildren(
        h("div", { class: "compare-choice" }, select("a", t("Before"), pair[0]), select("b", t("After"), pair[1]), adopt),
        ...(plans.proposed ? [] : [h("p", { class: "quiet" }, t("No other plan is proposed: the one in force is the best that is known."))]),
        body, versionTable(versions, currency));
      if (open) region.querySelector("details").open = true;
      fetchPair();
    };
    return { paint, choose: (b) => { pair = ["in_force", b]; isChosen = b !== "proposed"; before = told = ""; paint(); } };
  };
})();

/* Schedule: what stands above the plan: which it is and what it costs, and what the planner says of itself. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, pick, plan } = twin;

  const notice = (text) => h("p", { class: "notice" }, text);

  const said = (x) => {
    const about = { name: x.name.replace(/^orders\./, ""), when: plan.when(x.time), fault: x.fault };
    return about.name === x.name
      ? t("The document {name} of the plan could not be read at {when} and counted as none: {fault}", about)
      : t("The order {name} could not be read at {when} and counted as none: {fault}", about);
  };

  const obstacle = (u) => {
    const about = { machine: pick(u.name), when: u.until ? plan.when(u.until) : "" };
    if (u.why === "part") return u.until ? t("{machine} is not serviced before {when}, when a part for it comes.", about) : t("{machine} is not serviced: no part for it comes in the plan's time.", about);
    return u.why === "crew" ? t("{machine} is not serviced: nobody is free for it in the plan's time.", about)
      : t("{machine} is not serviced: it would hold up work that costs more.", about);
  };
  const unserviced = (found) => h("details", { class: "notice" }, h("summary", {}, t("Services that would pay and are not in the plan: {n}", { n: found.length })),
    h("ul", { class: "why-list" }, ...found.map((u) => h("li", {}, obstacle(u)))));

  plan.notices = (region) => twin.once(({ unreadable, compiling, unserved }) => {
    region.replaceChildren(
      ...(unserved?.length ? [unserviced(unserved)] : []),
      ...unreadable.map((x) => notice(said(x))),
      ...(compiling ? [notice(t("The planner prepares its search on this computer: plans come from rules until it is done, in a minute or two."))] : []));
  });

  /** Which plan is in force and why, what another would save, and what it costs. compare(): both side by side. */
  plan.headline = (region, compare) => twin.once(({ plans, currency, saves }) => {
    const { in_force: force, proposed } = plans;
    const said = force ? t("Plan {n} is in force, made {when} because {why}.", { n: force.version, when: plan.when(force.made), why: plan.why(force.why) }) : proposed ? t("No plan is in force yet; plan {n} is proposed.", { n: proposed.version }) : "";
    const better = proposed && force ? [" ", saves !== null && saves > 0.5 ? t("Plan {n} would save {money}.", { n: proposed.version, money: plan.cash(saves, currency) }) : t("Plan {n} is proposed.", { n: proposed.version }), " ", plan.asLink(t("Compare"), compare)] : [];
    region("plan-line").replaceChildren(said, ...better);
    region("terms").replaceChildren(...plan.termCards(force || proposed, currency));
  });
})();

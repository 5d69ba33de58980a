/* Schedule: what the planner says of itself, while there is something to say. */
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
})();

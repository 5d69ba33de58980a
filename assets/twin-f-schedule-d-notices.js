/* Schedule: what the planner says of itself, while there is something to say. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, plan } = twin;

  const notice = (text) => h("p", { class: "notice" }, text);

  const said = (x) => {
    const about = { name: x.name.replace(/^orders\./, ""), when: plan.when(x.time), fault: x.fault };
    return about.name === x.name
      ? t("The document {name} of the plan could not be read at {when} and counted as none: {fault}", about)
      : t("The order {name} could not be read at {when} and counted as none: {fault}", about);
  };

  plan.notices = (region) => twin.once(({ unreadable, compiling }) => {
    region.replaceChildren(
      ...unreadable.map((x) => notice(said(x))),
      ...(compiling ? [notice(t("The planner prepares its search on this computer: plans come from rules until it is done, in a minute or two."))] : []));
  });
})();

/* Schedule: one's word on a suggestion: accept it, accept it otherwise, veto it with a reason. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, pick, duration, plan } = twin;
  const percent = (p) => twin.percent(p).replaceAll(" ", "\u00a0");

  /** Alternatives that have a time; not to do it at all is the veto's. */
  const timed = (plan.timed = (s) => s.alternatives.filter((a) => a.start));

  /** Other times to choose from, each with its cost; and who does it. */
  plan.changeService = (s, near, currency) => {
    const name = pick(s.name), group = `alternative-${s.id}`;
    const at = Math.max(0, timed(s).findIndex((a) => a.start_us === s.start_us));
    const radios = timed(s).map((a, n) => {
      const input = h("input", { type: "radio", name: group, value: n, id: `${group}-${n}`, checked: n === at ? "" : null });
      const cost = Math.abs(a.delta ?? 0) < 0.5 ? t("as suggested") : a.delta < 0 ? t("{money} less", { money: plan.cash(-a.delta, currency) }) : t("{money} more", { money: plan.cash(a.delta, currency) });
      return h("label", { class: "choice", for: `${group}-${n}` }, input, h("span", {}, h("strong", {}, plan.when(a.start, near)), " · ", cost, h("span", { class: "detail" },
        t("fails before with {p}", { p: percent(a.p_fail) }), " · ", a.delays.length ? a.delays.slice(0, 3).map((d) => t("{order} by {time}", { order: d.order, time: duration(d.hours) })).join(t(", ")) : t("delays no order"))));
    });
    const list = h("fieldset", { class: "choices-list" }, h("legend", {}, t("When")), ...radios);
    const crews = s.crews.map((c) => [c.id, pick(c.name)]);
    const chosen = () => timed(s)[Number(list.querySelector("input:checked")?.value ?? at)];
    // Each time has the crew that its cost was reckoned with; another may still be chosen.
    list.addEventListener("change", () => {
      const select = list.closest("form").querySelector("select"), n = s.crews.findIndex((c) => c.id === chosen().crew);
      if (select && n >= 0) select.value = n;
    });
    return twin.ask({
      title: t("Change the service of {name}", { name }), intro: [t("Each other time with what it costs more than the suggested one."), list],
      fields: crews.length > 1 ? [{ name: "crew", label: t("Crew"), kind: "select", options: crews, value: s.crew }] : [],
      submit: t("Accept with these changes"), verb: "suggestion.accept", machine: s.machine,
      detail: ({ crew = chosen().crew }) => ({ suggestion: s.id, start: chosen().start_us, ...(crew ? { crew } : {}) }),
      text: t("Service of {name} accepted", { name }),
    });
  };
  /** until(hours): what the plant's clocks show so many hours from now; nothing where no plan is drawn. */
  plan.vetoService = (s, until) => twin.ask({
    title: s.kind === "plan" ? t("Veto plan {n}", { n: s.version }) : t("Veto the service of {name}", { name: pick(s.name) }),
    intro: t("For as long as you choose it is not suggested again. The planner looks for something else."), verb: "suggestion.veto", machine: s.machine ?? null, submit: t("Veto"),
    fields: [{ name: "reason", label: t("Reason"), required: true, max: 200 },
      { name: "hours", label: t("For how long"), kind: "select", value: 24, options: [8, 24, 72, 168].map((n) => [n, until(n) ? t("{hours}, until {when}", { hours: duration(n), when: until(n) }) : duration(n)]) }],
    detail: (values) => ({ suggestion: s.id, reason: values.reason, hours: values.hours }), text: t("Vetoed"),
  });
  plan.acceptService = (s, button) => twin.act("suggestion.accept", { machine: s.machine, detail: { suggestion: s.id }, button, text: t("Service of {name} accepted", { name: pick(s.name) }) });
})();

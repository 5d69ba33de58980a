/* Suggested services on the plant page: the few with the most money at stake; the rest is on the schedule. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, once, money, duration, percent } = twin;

  const line = (s, currency) => h("li", {},
    h("a", { href: `/schedule?suggestion=${encodeURIComponent(s.id)}`, "data-nav": 1 }, t("Service {name}", { name: pick(s.name) })),
    h("span", { class: "suggested-when" }, t("{time}, {length}", { time: s.start.slice(5, 16).replace("T", " "), length: duration(s.hours) })),
    h("b", { class: "num" }, t("saves {money}", { money: money(s.saves, currency) })),
    h("span", { class: "detail" }, [
      s.p_day === undefined || s.p_day === null ? "" : t("{p} to fail within a day", { p: percent(s.p_day) }),
      s.late ? t("orders delayed: {n}", { n: s.late }) : t("delays no order"),
    ].filter(Boolean).join(t(", "))));

  const planLine = (s, currency) => h("li", {},
    h("a", { href: `/schedule?suggestion=${encodeURIComponent(s.id)}`, "data-nav": 1 }, t("Plan {n} instead of the one in force", { n: s.version })),
    s.saves > 0.5 ? h("b", { class: "num" }, t("saves {money}", { money: money(s.saves, currency) })) : "",
    s.orders ? h("span", { class: "detail" }, t("new orders in it: {n}, {money} at stake", { n: s.orders, money: money(s.at_stake, currency) })) : "");

  /** Painter of the panel; on a line's page only what is suggested there. */
  twin.suggestedPainter = (page) => {
    const panel = page.querySelector(".suggested"), place = (name) => page.querySelector(`[data-list="${name}"]`);
    return once(({ value, only, currency }) => {
      if (!panel) return;
      const here = (value.first || []).filter((s) => !only || s.line === only);
      panel.hidden = !value.made || (Boolean(only) && !here.length);
      place("suggested").replaceChildren(...(value.plan && !only ? [planLine(value.plan, currency)] : []), ...here.map((s) => line(s, currency)));
      place("suggested-rest").replaceChildren(value.n
        ? h("a", { href: "/schedule", "data-nav": 1 }, value.n > here.length
          ? t("All {n} suggestions, {money} at stake", { n: value.n, money: money(value.saves, currency) })
          : t("See them in the schedule"))
        : t("The planner suggests no service now."));
    });
  };
})();

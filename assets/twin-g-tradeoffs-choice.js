/* Trade-offs: which objectives a search trades, and the button that asks for it. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h } = twin;
  const VERB = "front.explore", ALWAYS = "tardiness", MOST = 4, SECONDS = 60;

  /** What is wrong with a choice; "" if it can be searched. */
  const wrong = (names) => (names.length < 2 ? t("Choose at least one more to trade lateness against.")
    : names.length > MOST ? t("At most four at once: take {n} out.", { n: names.length - MOST }) : "");

  /**
   * Fills its place with boxes and a button. `names` are all objectives; `told` is called with what is chosen, and whether
   * it has been asked for. Gives {show(names)}: tick these.
   */
  twin.tradeChoice = (place, names, told) => {
    const titles = twin.tradeNames(), whyNot = twin.whyNot(VERB);
    const hint = h("p", { class: "quiet", id: "trade-hint" }, t("Two to four. Lateness is always among them: else a plan that makes nothing would be best."));
    const fault = h("p", { class: "fault", role: "status" }), barred = whyNot ? h("span", { class: "no-permission" }, whyNot) : null;
    const boxes = names.map((name) => {
      const box = h("input", { type: "checkbox", id: `trade-${name}`, value: name, disabled: name === ALWAYS ? "" : null });
      return { name, box, row: h("span", { class: "trade" }, box, h("label", { for: `trade-${name}` }, titles[twin.tradeMeasure(name)])) };
    });
    const chosen = () => boxes.filter(({ box }) => box.checked).map(({ name }) => name);
    const ask = async (pressed) => {
      const objectives = chosen();
      const text = t("The planner is looking for trade-offs");
      if (await twin.act(VERB, { detail: { seconds: SECONDS, objectives }, button: pressed, text })) told(objectives, true);
    };
    const button = twin.button(VERB, t("Look for trade-offs"), ask, { css: "button primary" });
    const judge = () => {
      if (whyNot) return;
      button.title = fault.textContent = wrong(chosen());
      if (button.title) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    };
    for (const { box } of boxes) box.addEventListener("change", () => { judge(); told(chosen(), false); });
    const set = h("fieldset", { class: "trades", "aria-labelledby": "h-front-asked", "aria-describedby": "trade-hint", disabled: whyNot ? "" : null }, ...boxes.map(({ row }) => row));
    place.replaceChildren(set, h("div", { class: "trade-ask" }, button, h("div", {}, hint, fault, barred)));
    return {
      show(wanted) {
        for (const { name, box } of boxes) box.checked = name === ALWAYS || wanted.includes(name);
        judge();
      },
    };
  };
})();

/* Schedule: what is selected, with what can be done about it; and what a move costs while it hangs. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, plan, duration } = twin;

  const WORST = 4;

  /** A button that says, instead of acting, why it may not. */
  const button = (label, reason, onclick, css = "button small") => {
    const made = h("button", { type: "button", class: css, "aria-disabled": reason ? "true" : null, title: reason || null }, label);
    made.addEventListener("click", () => (reason ? twin.toast(reason, { alert: true }) : onclick(made)));
    return made;
  };

  /** tell: {state(), suggestionOf(bar), locks, only(order), accept} of the page. */
  plan.card = (region, chart, move, tell) => {
    /** For who has neither a mouse nor keys at hand. */
    const moveBy = () => {
      const { rows, row } = move.held(), list = rows.length > 1 ? h("select", { "aria-label": t("Machine") }, ...rows.map((r, n) => h("option", { value: n, selected: r === row ? "" : null }, r.text))) : null;
      list?.addEventListener("change", () => move.to(move.held().start, rows[Number(list.value)]));
      const step = (minutes, text) => button(text, "", () => move.to(move.held().start + minutes * 60));
      return h("div", { class: "move-by" }, step(-60, t("1 h earlier")), step(-15, t("15 min earlier")), step(15, t("15 min later")), step(60, t("1 h later")), list,
        h("span", { class: "quiet keys-only" }, t("Or with the arrows; Enter keeps it, Esc gives up.")));
    };
    const hanging = () => {
      const { bar, row, answer, asking } = move.held(), { start } = move.placed(), model = chart.model;
      const name = plan.titleOf(model, bar);
      const words = asking ? [t("Asking what it costs…")] : answer.says ? [answer.says] : move.words();
      if (!asking) twin.say(aloud, words.join(t(", ")));
      const ready = !asking && answer.ok !== false;
      return [
        h("div", { class: "card-head" }, h("strong", {}, name), h("span", {}, t("to {machine}, {when}", { machine: row.text, when: model.say(start) })),
          h("span", { class: "card-do" },
            button(bar.kind === "service" ? t("Keep it there") : t("Lock it there"), ready ? "" : asking ? t("Asking what it costs…") : t("Not possible here"), (pressed) => move.commit(pressed), "button small primary"),
            ...(answer?.says ? [button(t("Ask again"), "", move.again)] : []),
            button(t("Cancel"), "", () => { move.cancel(); chart.scroll.focus({ preventScroll: true }); }))),
        h("p", { class: `card-cost ${answer?.ok === false ? "bad" : ""}`, "data-cost": asking ? "asking" : answer?.says ? "unknown" : answer?.ok ? "known" : "fault" },
          ...words.flatMap((text, n) => (n ? [" · ", text] : [h("strong", {}, text)]))),
        moveBy(),
      ];
    };
    const chosen = (bar) => {
      const model = chart.model, suggestion = bar.kind === "service" ? tell.suggestionOf(bar) : null, locked = tell.state().locks?.[bar.key];
      const title = plan.titleOf(model, bar);
      const open = suggestion?.state === "open";
      return [
        h("div", { class: "card-head" }, h("strong", {}, title), h("span", { class: "card-do" },
          ...(open ? [twin.button("suggestion.accept", t("Accept"), (b) => tell.accept(suggestion, b), { css: "button small primary" })] : []),
          button(t("Move"), move.why(bar), () => { chart.scroll.focus({ preventScroll: true }); move.begin(chart.selected); }),
          ...(bar.kind === "operation" && !["running", "done"].includes(bar.pin)
            ? [plan.lockButton(tell.locks, bar, t("Lock here"))] : []),
          ...(bar.kind === "operation" ? [button(t("Only this order"), "", () => tell.only(bar.order.id))] : []))),
        bar.kind === "service" ? plan.serviceFacts(model, bar, suggestion && { ...suggestion, currency: tell.state().currency })
          : plan.operationFacts(model, bar, { locks: tell.locks, locked, go: tell.go, other: chart.other }),
      ];
    };
    /** Where nothing is selected: what is worth looking at first. */
    const worst = () => {
      const late = [...(chart.model?.data.late || [])].sort((a, b) => (b.late_h ?? 0) - (a.late_h ?? 0)).slice(0, WORST);
      const toOrder = (item) => button(`▲ ${item.order} ${duration(item.late_h)}`, "", () => {
        const bar = chart.model.bars.filter((one) => one.order?.id === item.order).at(-1);
        if (bar) { chart.scroll.focus({ preventScroll: true }); chart.select(bar); }
      });
      return late.length ? h("p", { class: "card-late" }, h("span", {}, t("Orders late, the latest first")), ...late.map(toOrder)) : null;
    };
    const idle = () => [worst(), h("p", { class: "quiet" }, t("Click a bar, or go to one with the arrow keys: what it is and what can be done with it stands here."))].filter(Boolean);
    // Esc leads back to the chart, as Enter led here. One place for words that stays, or screen readers would not hear what is put in anew.
    region.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      if (move.active()) move.cancel();
      chart.scroll.focus({ preventScroll: true });
    });
    const aloud = h("p", { class: "hidden", role: "status" });
    region.after(aloud);
    let before = "";
    return () => {
      const bar = chart.selected, children = move.active() ? hanging() : bar ? chosen(bar) : idle();
      const now = children.map((c) => c.outerHTML).join("");
      if (now === before) return;
      before = now;
      const inList = region.querySelector("select") === document.activeElement;
      const held = region.contains(document.activeElement) ? document.activeElement.textContent : null, onLock = held && document.activeElement.dataset.lock;
      region.replaceChildren(...children);
      if (inList && region.querySelector("select")) region.querySelector("select").focus({ preventScroll: true });
      else if (held) ([...region.querySelectorAll("button, a")].find((b) => b.textContent === held || (onLock && b.dataset.lock === onLock)) || chart.scroll).focus({ preventScroll: true });
    };
  };
})();

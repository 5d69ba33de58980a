/* Schedule: what is selected, in words, with what can be done about it; and what a move costs while it hangs. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, plan, duration } = twin;

  const WORST = 4;
  const facts = (pairs) => h("dl", { class: "card-facts" }, ...pairs.filter(([, value]) => value).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  const times = (model, bar) => t("{from} to {to}", { from: model.say(bar.start), to: model.say(bar.end, model.say(bar.start, "day") === model.say(bar.end, "day") ? "time" : undefined) });
  const link = (row) => row.kind === "machine" && row.class ? h("a", { href: `/machine/${encodeURIComponent(row.id)}`, "data-nav": 1 }, row.text) : row.text;

  /** The order's step before or after: where it is, as a way to it. */
  const beside = (model, bar, by, go) => {
    const other = plan.stepBeside(model, bar, by), about = other && { machine: other.row.text, when: model.say(by < 0 ? other.end : other.start) };
    return other ? plan.asLink(by < 0 ? t("{machine}, until {when}", about) : t("{machine}, from {when}", about), () => go(other)) : "";
  };
  const lockedText = (model, locked, elsewhere) => (elsewhere
    ? t("locked by {who} on {machine}, {when}, where the next plan has it", { who: locked.who || "—", machine: model.rows.find((row) => row.id === elsewhere[0])?.text ?? elsewhere[0], when: model.say(model.s(elsewhere[1])) })
    : t("locked by {who}", { who: locked.who || "—" }));
  const proposed = (model, bar, other) => {
    const at = plan.placeIn(other, model, bar);
    return at ? t("{machine}, from {when}", { machine: at.row.text, when: model.say(at.start) }) : other?.byKey.has(bar.key) ? t("where it is") : "";
  };
  const operation = (model, bar, locked, on, text, go, elsewhere, other) => facts([
    [t("Machine"), link(bar.row)], [t("When"), times(model, bar)], [t("Setup before"), bar.start > bar.setup ? duration((bar.start - bar.setup) / 3600) : ""],
    [t("Why then"), ["running", "done"].includes(bar.pin) ? "" : plan.whyText(model, bar, go)],
    [t("Step before"), beside(model, bar, -1, go)], [t("Step after"), beside(model, bar, 1, go)],
    [t("The proposed plan has it"), proposed(model, bar, other)],
    [t("Product"), bar.order.product ? `${plan.productText(model, bar.order)}${bar.order.quantity ? ` × ${bar.order.quantity}` : ""}` : ""],
    [t("Due"), bar.order.due === null || bar.order.due === undefined ? "" : h("span", { class: bar.late ? "is-late" : "" }, bar.late ? `▲ ${model.say(bar.order.due)}, ${t("{time} late", { time: duration(bar.order.late_h ?? null) })}` : model.say(bar.order.due))],
    [t("Priority"), bar.order.priority ? String(bar.order.priority) : ""],
    [t("Held"), on === undefined && locked && bar.pin === "loosened" ? h("span", { class: "is-late" }, `▲ ${t("locked by {who} at another place, where it cannot be", { who: locked.who || "—" })}`) : on === undefined && locked ? lockedText(model, locked, elsewhere) : text]]);
  const service = (model, bar, suggestion) => facts([
    [t("Machine"), link(bar.row)], [t("When"), times(model, bar)], [t("Crew"), bar.crewRow?.text || ""], [t("Spare part"), twin.pick(bar.part) || ""],
    [t("State"), plan.serviceState(bar, suggestion)],
    [t("If nobody accepts it"), plan.isPlanned(bar, suggestion) || suggestion?.state === "vetoed" ? "" : t("It lapses when its time comes, and is suggested again for as long as it pays.")],
    [t("Saves"), suggestion?.saves ? plan.cash(suggestion.saves, suggestion.currency) : ""]]);

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
      const name = bar.kind === "service" ? t("Service of {name}", { name: bar.row.text }) : `${bar.order.id}, ${plan.stepText(model, bar)}`;
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
    const go = (bar) => tell.go(bar);
    const chosen = (bar) => {
      const model = chart.model, suggestion = bar.kind === "service" ? tell.suggestionOf(bar) : null, locked = tell.state().locks?.[bar.key];
      const title = bar.kind === "service" ? t("Service of {name}", { name: bar.row.text }) : `${bar.order.id}, ${plan.stepText(model, bar)}`;
      const open = suggestion?.state === "open";
      return [
        h("div", { class: "card-head" }, h("strong", {}, title), h("span", { class: "card-do" },
          ...(open ? [twin.button("suggestion.accept", t("Accept"), (b) => tell.accept(suggestion, b), { css: "button small primary" })] : []),
          button(t("Move"), move.why(bar), () => { chart.scroll.focus({ preventScroll: true }); move.begin(bar); }),
          ...(bar.kind === "operation" && !["running", "done"].includes(bar.pin)
            ? [plan.lockButton(tell.locks, bar, t("Lock here"))] : []),
          ...(bar.kind === "operation" ? [button(t("Only this order"), "", () => tell.only(bar.order.id))] : []))),
        bar.kind === "service" ? service(model, bar, suggestion && { ...suggestion, currency: tell.state().currency }) : operation(model, bar, locked, tell.locks.on(bar), tell.locks.text(bar), go, tell.locks.elsewhere(bar), chart.other),
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

/* The journal: who did what, when, what came of it; and taking it back where that is possible. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, duration } = twin;

  const verbs = () => ({
    "alarm.on": t("Alarm came"), "alarm.off": t("Alarm went"), "alarm.limit": t("Alarm at another limit"),
    "alarm.shelf_ended": t("Returned from the shelf"), "alarm.suppress": t("Suppressed by design"), "alarm.unsuppress": t("No longer suppressed"),
    "flood.begin": t("Alarm flood began"), "flood.end": t("Alarm flood ended"), failure: t("Failure"), repair: t("Repair"),
    "stream.trimmed": t("Events were dropped before they were read"), "action.malformed": t("An action could not be read"),
    "alarm.acknowledge": t("Acknowledged"), "alarm.shelve": t("Shelved"), "alarm.unshelve": t("Taken off the shelf"),
    "alarm.remove": t("Taken out of service"), "alarm.restore": t("Back in service"), "failure.report": t("Failure reported"),
    "repair.report": t("Repair reported"), "comment.add": t("Comment"), "service.plan": t("Service planned"),
    "service.move": t("Service moved"), "service.cancel": t("Service called off"), "action.undo": t("Taken back"),
    "model.recalibrate": t("Model recalibrated"), "scenario.save": t("Scenario saved"), "scenario.delete": t("Scenario deleted"),
    "class.define": t("Machine class defined"), "class.withdraw": t("Machine class taken back"), "kiosk.create": t("Display added"), "kiosk.renew": t("Display's link renewed"),
    "kiosk.revoke": t("Display's link withdrawn"),
    "front.explore": t("Trade-offs looked for"), "order.add": t("Order added"), "order.import": t("Orders imported"), "order.change": t("Order changed"), "order.cancel": t("Order cancelled"),
  });
  const refusals = () => ({
    already_failed: t("It stands failed already."), already_undone: t("It was taken back already."), do_it_again: t("What was taken back can be done again."),
    final: t("This cannot be taken back."), in_the_future: t("This lies in the future."), in_the_past: t("This lies in the past."),
    malformed: t("It could not be read."), not_active: t("The alarm is not active: a shelf until it clears would never end."),
    not_cancelled: t("The service is not called off."), not_out_of_service: t("It is in service already."), not_planned: t("The service is no longer planned."),
    not_shelved: t("It is not on the shelf."), nothing_to_acknowledge: t("Nothing is left to acknowledge."), out_of_service: t("The alarm is out of service."),
    remove_again: t("It can be taken out of service again."), role: t("The role does not allow it."), seen_is_seen: t("What has been seen cannot be made unseen."),
    shelve_again: t("It can be shelved again."), shelved: t("The alarm is on the shelf."), somebody_elses: t("Somebody else did it."),
    suppressed_by_design: t("The alarm is suppressed by design."), too_old: t("It is too long ago."), twin_was_reset: t("The twin has begun anew and cannot go back."),
    unknown_alarm: t("There is no such alarm."), unknown_machine: t("The plant has no such machine"), unknown_mode: t("The class has no such failure mode."),
    unknown_service: t("There is no such service."),
    already_revoked: t("The link is withdrawn already."), fault: t("A fault of the program prevented it."), model_moved_on: t("The model has changed since."), too_large: t("It is too large."), too_many: t("There are too many already."), unknown_class: t("There is no such class."),
    unknown_kiosk: t("There is no such display."), unknown_line: t("There is no such line."), unknown_scenario: t("There is no such scenario."), unknown_verb: t("There is no such action"), unreadable: t("It could not be read."), was_refused: t("It was refused: there is nothing to take back."),
    unknown_product: t("The plant makes no such product."), unknown_order: t("There is no such order."), order_exists: t("There is an order of this number already."),
    order_not_open: t("The order is no longer open."), order_not_cancelled: t("The order is not cancelled."), order_started: t("It was begun already."),
    due_before_release: t("It is due before it may be begun."), nothing_to_change: t("Nothing is different."),
  });

  const about = (line) => [
    line.sensor ? pick(line.sensor) : "",
    line.order || "",
    line.orders ? (line.orders === 1 ? t("1 order") : t("{n} orders", { n: line.orders })) : "",
    line.count > 1 ? t("and {n} more", { n: line.count - 1 }) : "",
    line.limit && line.verb !== "alarm.off" ? twin.alarmCells.limits()[line.limit] : "",
    line.mode ? pick(line.mode) : "",
    line.hours ? t("for {time}", { time: duration(line.hours) }) : "",
    line.about ? verbs()[line.about] || line.about : "",
    line.text ? (line.who ? `“${line.text}”` : twin.alarmCells.reasons()[line.text] || line.text) : "",
  ].filter(Boolean).join(t(", "));

  const undo = (line) => {
    if (line.undone) return h("span", { class: "detail" }, t("taken back by {name}", { name: line.undone }));
    if (line.refused) return h("span", { class: "detail" }, t("Refused"), t(": "), refusals()[line.refused] || line.refused);
    if (line.can_undo) return twin.button("action.undo", t("Undo"), (button) => twin.act("action.undo", { machine: line.machine, detail: { action: line.id }, button }), { css: "button small" });
    if (!line.why_not || line.verb === "action.undo") return "";
    const why = refusals()[line.why_not] || line.why_not;
    return h("span", { class: "detail", title: why }, "—", h("span", { class: "hidden" }, ` ${why}`));
  };

  const row = (line) => h("tr", { class: line.undone || line.refused ? "undone" : null },
    h("td", { class: "num when" }, line.time.replace("T", " ")),
    h("td", { "data-label": t("Who") }, line.who || t("the plant")),
    h("td", { "data-label": t("What") }, verbs()[line.verb] || line.verb),
    h("td", { "data-label": t("Machine") }, line.machine ? h("a", { href: `/machine/${encodeURIComponent(line.machine)}`, "data-nav": 1 }, pick(line.name)) : ""),
    h("td", { class: "why" }, about(line)),
    h("td", { class: "do" }, undo(line)));

  twin.alarmJournal = (region) => {
    const body = h("tbody", {});
    const names = [t("Time"), t("Who"), t("What"), t("Machine"), t("About"), t("Undo")];
    region.replaceChildren(h("table", { class: "alarm-table journal", "aria-label": t("Journal") },
      h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)))), body));
    const rows = new Map();
    return (lines) => {
      const shown = lines.map((line) => {
        const text = JSON.stringify(line), held = rows.get(line.n);
        if (held?.text === text) return held.tr;
        const tr = row(line);
        rows.set(line.n, { text, tr });
        return tr;
      });
      const alive = new Set(lines.map((line) => line.n));
      for (const n of rows.keys()) if (!alive.has(n)) rows.delete(n);
      if (shown.length !== body.children.length || shown.some((tr, n) => tr !== body.children[n])) body.replaceChildren(...shown);
    };
  };
})();

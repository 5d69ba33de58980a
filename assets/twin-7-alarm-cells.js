/* Words and parts of an alarm's line. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, number, duration } = twin;

  const states = () => ({
    unacknowledged: t("not acknowledged"), acknowledged: t("acknowledged"), returned_unacknowledged: t("gone, not acknowledged"),
    shelved: t("shelved"), suppressed_by_design: t("suppressed by design"), out_of_service: t("out of service"),
  });
  const limits = () => ({ low_low: t("far too low"), low: t("too low"), high: t("too high"), high_high: t("far too high") });
  const calls = (alarm) => ["unacknowledged", "returned_unacknowledged"].includes(alarm.state);

  /** 14:32, with the day where it is not today's. */
  const clock = (iso, today) => !iso ? "—" : iso.slice(0, 10) === today ? iso.slice(11, 16) : `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
  const value = (alarm) => {
    const unit = alarm.unit ? ` ${alarm.unit}` : "";
    return `${number(alarm.value ?? null, alarm.decimals)}${alarm.value === undefined ? "" : unit}`;
  };
  const limitText = (alarm) => alarm.limit_value === undefined ? limits()[alarm.limit] || ""
    : !alarm.active ? t("the limit is {n}", { n: number(alarm.limit_value, 0, alarm.decimals) })
    : t("{how}, limit {n}", { how: limits()[alarm.limit], n: number(alarm.limit_value, 0, alarm.decimals) });
  const leftText = (alarm) => alarm.time_h === undefined ? "—" : duration(alarm.time_h);
  const leftWhat = (alarm) => ({ limit: t("to the next limit"), failure: t("to the failure") }[alarm.until_what] || "");
  const why = (alarm) => !alarm.active ? t("Back within its limits") : alarm.mode ? t("Likely: {mode}", { mode: pick(alarm.mode) }) : t("No cause is known");
  const reasons = () => ({ failed: t("the machine stands failed"), service: t("a planned service runs") });
  const shelfText = (alarm) => alarm.one_shot ? t("until it clears") : alarm.left_h === undefined ? "" : t("{time} left", { time: duration(alarm.left_h) });

  const machineLink = (alarm) =>
    h("a", { href: `/machine/${encodeURIComponent(alarm.machine)}`, "data-nav": 1, tabindex: -1 }, pick(alarm.name));
  const cell = (key, css, label) => h("td", { class: css || null, "data-f": key, "data-label": label || null });

  /** Buttons of a state; a press names the alarm by its row. */
  const buttons = (id, alarm, ask) => {
    const make = (verb, label, run) => twin.button(verb, label, run, { css: "button small" });
    const one = { detail: { alarm: id }, machine: alarm.machine };
    const of = {
      acknowledge: () => make("alarm.acknowledge", t("Acknowledge"), (button) => twin.act("alarm.acknowledge", { detail: { alarms: [id] }, machine: alarm.machine, button })),
      shelve: () => make("alarm.shelve", t("Shelve"), () => ask.shelve(id, alarm)),
      remove: () => make("alarm.remove", t("Out of service"), () => ask.remove(id, alarm)),
      unshelve: () => make("alarm.unshelve", t("Take off the shelf"), (button) => twin.act("alarm.unshelve", { ...one, button })),
      restore: () => make("alarm.restore", t("Back in service"), (button) => twin.act("alarm.restore", { ...one, button })),
    };
    const wanted = {
      unacknowledged: ["acknowledge", "shelve", "remove"], returned_unacknowledged: ["acknowledge", "remove"],
      acknowledged: ["shelve", "remove"], shelved: ["unshelve", "remove"], suppressed_by_design: ["remove"], out_of_service: ["restore"],
    }[alarm.state] || [];
    return wanted.map((name) => of[name]());
  };

  twin.alarmCells = { states, limits, reasons, calls, clock, value, limitText, leftText, leftWhat, why, shelfText, machineLink, cell, buttons };
})();

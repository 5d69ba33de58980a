/* Schedule: work held where it is. What was asked shows at once as on its way, and as done once the desk says so. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, plan } = twin;
  const WAIT_MS = 15000;

  /** Lock or unlock; while that is on its way, that it is. */
  plan.lockButton = (locks, bar, label) => {
    const on = locks.on(bar), does = locks.is(bar) ? ["operation.unlock", t("Unlock")] : ["operation.lock", label];
    const button = on === undefined ? twin.button(...does, (b) => locks.toggle(bar, b), { css: "button small" })
      : twin.h("button", { type: "button", class: "button small busy", "aria-disabled": "true" }, on ? t("Locking…") : t("Unlocking…"));
    button.dataset.lock = bar.key;
    return button;
  };

  /** tell: {done(promise, machine), now(bar): the same of the plan drawn now, state(), start(bar) µs, why(bar), changed()} of the page. */
  plan.locks = (tell) => {
    /** Key of a bar → {to: whether it will be locked, told: whether the server took it}. */
    const pending = new Map();
    const is = (bar) => Boolean(tell.state()?.locks?.[bar.key]);
    const forget = (key, mine) => { if (pending.get(key) === mine) { pending.delete(key); tell.changed(); } };

    /** Send it; the promise gives what the server told, null where it was refused. */
    const send = async (bar, verb, machine, detail, button, text) => {
      const mine = { to: verb === "operation.lock", told: false };
      pending.set(bar.key, mine);
      tell.changed();
      const told = await tell.done(twin.act(verb, { machine, detail, button, text }), machine);
      if (!told) { forget(bar.key, mine); return null; }
      mine.told = true;
      setTimeout(() => forget(bar.key, mine), WAIT_MS);
      tell.changed();
      return told;
    };
    const self = {
      is,
      /** Where it was locked, if the plan drawn has it elsewhere: [machine's id, µs]. */
      elsewhere: (bar) => {
        const held = tell.state()?.locks?.[bar.key];
        return held && (held.machine !== bar.row.id || Math.abs(held.start_us - tell.start(bar)) >= 60e6) ? [held.machine, held.start_us] : null;
      },
      on: (bar) => pending.get(bar.key)?.to,
      /** What holds a bar, in words; "": nothing does. */
      text: (bar) => (pending.has(bar.key) ? (pending.get(bar.key).to ? t("is being locked") : t("is being unlocked"))
        : bar.pin === "loosened" && is(bar) ? plan.pins().loosened : is(bar) ? t("locked") : ["locked", "loosened"].includes(bar.pin) ? "" : plan.pins()[bar.pin] || ""),
      /** The stream has brought something new: what it confirms waits no more. */
      settle: () => { for (const [key, { to, told }] of pending) if (told && Boolean(tell.state()?.locks?.[key]) === to) pending.delete(key); },
      lock: (bar, { machine = bar.row, start = tell.start(bar), button = null, text = t("Order {order}, step {n}: locked", { order: bar.order?.id, n: bar.step + 1 }) } = {}) =>
        send(bar, "operation.lock", machine.id, { order: bar.order.id, step: bar.step, machine: machine.id, start }, button, text),
      toggle: (given, button = null) => {
        const bar = tell.now(given);
        if (bar.kind !== "operation" || ["running", "done"].includes(bar.pin)) { twin.toast(tell.why(bar) || t("Only work of an order is locked."), { alert: true }); return; }
        if (pending.has(bar.key)) return;
        if (!is(bar)) self.lock(bar, { button });
        else send(bar, "operation.unlock", bar.row.id, { order: bar.order.id, step: bar.step }, button, t("Order {order}, step {n}: unlocked", { order: bar.order.id, n: bar.step + 1 }));
      },
    };
    return self;
  };
})();

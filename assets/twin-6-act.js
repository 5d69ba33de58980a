/* What a person does: who they are, what they may, sending it, saying what was done and taking it back. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h } = twin;
  const person = JSON.parse(document.getElementById("person").textContent);
  const SHOWN_MS = 12000;
  const WAIT_MS = 15000;
  const ROLES = ["viewer", "operator", "manager", "engineer", "admin"];

  const roleName = (role) => ({ viewer: t("viewer"), operator: t("operator"), manager: t("manager"), engineer: t("engineer"), admin: t("administrator") }[role]);
  const may = (verb) => ROLES.indexOf(person.role) >= ROLES.indexOf(person.roles[verb]);
  const whyNot = (verb) => (may(verb) ? "" : t("Needs the role {role}", { role: roleName(person.roles[verb]) }));
  const done = (verb) => ({
    "alarm.acknowledge": t("Acknowledged"), "alarm.shelve": t("Shelved"), "alarm.unshelve": t("No longer shelved"),
    "alarm.remove": t("Taken out of service"), "alarm.restore": t("Back in service"), "failure.report": t("Failure reported"),
    "repair.report": t("Repair reported"), "comment.add": t("Comment added"), "service.plan": t("Service planned"),
    "service.move": t("Service moved"), "service.cancel": t("Service called off"), "action.undo": t("Taken back"),
    "model.recalibrate": t("Recalibrated"), "scenario.save": t("Scenario saved"), "scenario.delete": t("Scenario deleted"),
    "class.define": t("Class defined"), "kiosk.create": t("Display created"), "kiosk.renew": t("Display has a new link"),
    "kiosk.revoke": t("Display's link withdrawn"), "calendar.renew": t("Calendar's address renewed"),
    "order.add": t("Order added"), "order.import": t("Orders imported"), "order.change": t("Order changed"), "order.cancel": t("Order cancelled"),
  }[verb] || t("Done"));

  /** Not crypto.randomUUID: browsers have it on https and on this computer alone. */
  const newToken = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");

  /* --- what was done, and what was not ------------------------------------------------------ */
  const region = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
  document.body.append(region);

  /** A line at the foot that goes by itself, but not from under a hand or a pointer. */
  const toast = (text, { alert = false, action = null, onAction = null } = {}) => {
    const close = h("button", { type: "button", class: "button small", "aria-label": t("Close") }, "✕");
    const act = action ? h("button", { type: "button", class: "button small" }, action) : null;
    const box = h("div", { class: alert ? "toast alert" : "toast", role: alert ? "alert" : null },
      h("span", { class: "toast-text" }, text), act, close);
    const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : box.remove());
    close.addEventListener("click", () => box.remove());
    act?.addEventListener("click", () => { box.remove(); onAction(); });
    region.append(box);
    while (region.childElementCount > 3) region.firstElementChild.remove();
    setTimeout(leave, alert ? 2 * SHOWN_MS : SHOWN_MS);
    return box;
  };

  /** Send once; what the server refuses is thrown as {status, error, says, fields}. */
  const send = async (path, body, wait = WAIT_MS) => {
    let answer;
    try {
      answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(wait) });
    } catch {
      throw { status: 0, error: "connection", says: t("No connection. It is not known whether this was done; try again."), fields: {} };
    }
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw { status: answer.status, error: "", says: t("The server did not take this"), fields: {}, ...told };
    return told;
  };

  /** Keep an action; where nobody has said who they are, ask once and go on. */
  const submit = async (verb, { machine = null, detail = {}, token = newToken() }) => {
    const body = { machine, detail, token };
    if (!(await twin.named())) throw { error: "name", says: t("First say who you are"), fields: {} };
    try {
      return await send(`/do/${verb}`, body);
    } catch (fault) {
      if (fault.error !== "name" || !(await twin.askName())) throw fault;
      return send(`/do/${verb}`, body);
    }
  };

  const confirmed = (verb, { id, undoable }, machine, text) =>
    toast(text || done(verb), undoable ? { action: t("Undo"), onAction: () => act("action.undo", { machine, detail: { action: id } }) } : {});

  /** Do it and say so. The promise gives {id, undoable}, or null where it was refused, which is said too. */
  const act = async (verb, { machine = null, detail = {}, token = newToken(), button = null, text = "" } = {}) => {
    if (!may(verb)) { toast(whyNot(verb), { alert: true }); return null; }
    if (button?.classList.contains("busy")) return null;
    button?.classList.add("busy");
    try {
      const told = await submit(verb, { machine, detail, token });
      confirmed(verb, told, machine, text);
      return told;
    } catch (fault) {
      const again = fault.status === 0 || fault.status === 503;
      const words = [fault.says, ...Object.entries(fault.fields || {}).map(([name, says]) => `${name}: ${says}`)].join(" ");
      if (fault.error !== "name") toast(words, { alert: true, ...(again ? { action: t("Try again"), onAction: () => act(verb, { machine, detail, token, button, text }) } : {}) });
      return null;
    } finally {
      button?.classList.remove("busy");
    }
  };

  /* --- buttons that say why they may not be pressed -------------------------------------------- */
  const judge = (button) => {
    button.dataset.judged = "1";
    const reason = whyNot(button.dataset.act);
    if (!reason) return;
    button.setAttribute("aria-disabled", "true");
    button.title = reason;
    if (!button.querySelector(".hidden")) button.append(h("span", { class: "hidden" }, ` (${reason})`));
  };
  /** A button of a verb; disabled, with the reason, for who may not use it. */
  const button = (verb, label, onclick, { css = "button" } = {}) => {
    const made = h("button", { type: "button", class: css, "data-act": verb }, label);
    judge(made);
    if (onclick) made.addEventListener("click", () => onclick(made));
    return made;
  };
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-act]");
    if (!pressed) return;
    if (pressed.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      toast(pressed.title, { alert: true });
    } else twin.acts[pressed.dataset.act]?.(pressed);
  }, true);

  Object.assign(twin, { person, may, whyNot, roleName, act, submit, send, toast, confirmed, button, newToken, acts: {} });
  new MutationObserver(() => document.querySelectorAll("[data-act]:not([data-judged])").forEach(judge))
    .observe(document.body, { childList: true, subtree: true });
})();

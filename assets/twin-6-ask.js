/* A form in a dialog: labels, what is wrong beside its field, focus back to where it was. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h } = twin;
  let forms = 0;

  const pair = (option) => (Array.isArray(option) ? option : typeof option === "object" ? [option.value, option.label] : [option, option]);
  const control = (field, id) => {
    const { kind = "text", value, min, max, required } = field;
    const shared = { id, name: field.name, required, "aria-describedby": `${id}-hint ${id}-fault` };
    if (kind === "textarea") return h("textarea", { ...shared, maxlength: max, rows: 4 }, value ?? "");
    if (kind === "checkbox") return h("input", { ...shared, type: "checkbox", checked: value ? "" : null });
    if (kind === "select") {
      const options = field.options.map(pair).map(([key, label], n) => h("option", { value: n, selected: key === value ? "" : null }, label));
      return h("select", shared, ...options);
    }
    if (kind === "number") return h("input", { ...shared, type: "number", inputmode: "decimal", step: field.step || "any", min, max, value });
    if (kind === "datetime") return h("input", { ...shared, type: "datetime-local", min, max, value: value ? String(value).slice(0, 16) : null });
    return h("input", { ...shared, type: "text", maxlength: max, value, autocomplete: field.autocomplete || "off" });
  };

  /** One field: element, what it holds, and a place for what is wrong with it. */
  const build = (field, id) => {
    const input = control(field, id);
    const hint = field.hint || (field.kind === "datetime" ? t("In the plant's time") : "");
    const fault = h("span", { class: "fault", id: `${id}-fault` });
    const label = h("label", { for: id }, field.label, field.required || field.kind === "checkbox" || field.kind === "select" ? null : h("span", { class: "optional" }, ` ${t("(optional)")}`));
    const about = h("span", { class: "hint", id: `${id}-hint` }, hint);
    const check = field.kind === "checkbox";
    const shown = field.unit ? h("div", { class: "with-unit" }, input, h("span", { class: "unit" }, field.unit)) : input;
    const element = h("div", { class: check ? "field check" : "field" }, ...(check ? [input, label] : [label, shown]), about, fault);
    const say = (words) => {
      fault.textContent = words;
      if (words) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    };
    input.addEventListener("input", () => say(""));
    return { field, input, element, say };
  };

  const valueOf = ({ field, input }) => {
    if (field.kind === "checkbox") return input.checked;
    if (field.kind === "select") return pair(field.options[Number(input.value)])[0];
    const text = input.value.trim();
    if (text === "") return undefined;
    return field.kind === "number" ? Number(text) : text;
  };
  const wrong = ({ field, input }) => {
    const is = input.validity;
    if (is.badInput) return field.kind === "number" ? t("want a number") : t("want a date and a time");
    if (field.required && (is.valueMissing || (field.kind !== "checkbox" && input.value.trim() === ""))) return t("is missing");
    if (is.rangeUnderflow) return t("want at least {limit}", { limit: String(field.min).replace("T", " ") });
    if (is.rangeOverflow) return t("want at most {limit}", { limit: String(field.max).replace("T", " ") });
    return "";
  };

  /**
   * Ask in a dialog. With a verb the action is sent, its answer {id, undoable} is the promise's; without, the values are;
   * null where the reader gave up. `detail` turns values into a detail, `fixed` is added to it.
   */
  twin.ask = (form) => new Promise((resolve) => {
    const { title, intro, fields = [], submit, verb, machine = null, fixed = {}, detail = (values) => values, text = "", send } = form;
    if (verb && !twin.may(verb)) { twin.toast(twin.whyNot(verb), { alert: true }); resolve(null); return; }
    const id = `form-${++forms}`, token = twin.newToken();
    const built = fields.map((field) => build(field, `${id}-${field.name}`));
    const notice = h("p", { class: "notice alert", role: "alert", hidden: "" });
    const go = h("button", { type: "submit", class: "button primary" }, submit || t("Save"));
    const back = h("button", { type: "button", class: "button" }, t("Cancel"));
    const body = h("form", { novalidate: "" }, h("h2", { id: `${id}-title` }, title),
      ...(intro ? [intro].flat().map((part) => (typeof part === "string" ? h("p", { class: "intro" }, part) : part)) : []),
      notice, ...built.map(({ element }) => element), h("div", { class: "buttons" }, back, go));
    const dialog = h("dialog", { class: "form", "aria-labelledby": `${id}-title` }, body);
    let result = null, busy = false;

    const complain = (says, faults = {}) => {
      const known = built.filter((one) => faults[one.field.name]);
      known.forEach((one) => one.say(faults[one.field.name]));
      const names = new Set(known.map((one) => one.field.name));
      const rest = Object.entries(faults).filter(([name]) => !names.has(name)).map(([name, words]) => `${name}: ${words}`);
      notice.hidden = Boolean(known.length) && !rest.length;
      notice.textContent = [says, ...rest].join(" ");
      (known[0]?.input || go).focus();
    };
    const values = () => Object.fromEntries(built.map((one) => [one.field.name, valueOf(one)]).filter(([, value]) => value !== undefined));
    const deliver = async (given) => {
      if (verb) return twin.submit(verb, { machine, detail: { ...detail(given), ...fixed }, token });
      return send ? send(given) : given;
    };

    body.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      const faults = Object.fromEntries(built.map((one) => [one.field.name, wrong(one)]).filter(([, words]) => words));
      if (Object.keys(faults).length) { complain("", faults); return; }
      notice.hidden = busy = true;
      go.classList.add("busy");
      try {
        result = await deliver(values());
        dialog.close();
        if (verb) twin.confirmed(verb, result, machine, text);
      } catch (fault) {
        if (!("says" in fault)) throw fault;
        complain(fault.says, fault.fields);
      } finally {
        busy = false;
        go.classList.remove("busy");
      }
    });
    back.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => { dialog.remove(); resolve(result); });
    document.body.append(dialog);
    dialog.showModal();
    built[0]?.input.focus();
  });

  /** Who uses this browser, where nobody signs in; true once a name is given. */
  twin.askName = async () => {
    const told = await twin.ask({
      title: t("Who are you?"),
      intro: t("What you do is kept with your name. This browser remembers it."),
      fields: [{ name: "name", label: t("Your name"), required: true, max: 60, value: twin.person.name, autocomplete: "name" }],
      submit: t("Continue"),
      send: (values) => twin.send("/do/name", values),
    });
    if (told) twin.person.name = told.name;
    twin.paintWho?.();
    return Boolean(told);
  };
  /** Whether it is known whose name a write is kept with; asks where it is not. */
  twin.named = async () => Boolean(twin.person.name) || twin.askName();
})();

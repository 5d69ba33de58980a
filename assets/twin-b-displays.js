/* Displays page: the wall displays, their links, and the form that makes one. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, pick, once } = twin;
  const SEEN_S = 60;
  const FIELDS = { distance_m: 5, diagonal_inch: 55, every_s: 20 };

  const areaText = (area, lines) =>
    area.length ? area.map((id) => pick(lines.find((line) => line.id === id)?.name) || id).join(" + ") : t("whole plant");
  const seenText = (display) => display.is_revoked ? t("link withdrawn")
    : display.seen_s === undefined ? t("not yet seen") : display.seen_s <= SEEN_S ? t("showing now") : t("last seen {age} ago", { age: twin.age(display.seen_s) });

  const entry = (label, ...value) => h("div", {}, h("dt", {}, label), h("dd", {}, ...value));
  const card = (id, display, lines) => {
    const out = display.is_revoked;
    const buttons = out
      ? [twin.button("kiosk.renew", t("New link"), (b) => twin.act("kiosk.renew", { detail: { kiosk: id }, button: b }))]
      : [twin.button("kiosk.create", t("Link and code"), () => showLink(id, display.name)),
         twin.button("kiosk.renew", t("New link"), () => sure(t("Give {name} a new link?", { name: display.name }), t("The old link stops at once. The display has to be opened with the new one."), "kiosk.renew", t("New link"), id)),
         twin.button("kiosk.revoke", t("Withdraw link"), () => sure(t("Withdraw the link of {name}?", { name: display.name }), t("The display goes dark within seconds and says why."), "kiosk.revoke", t("Withdraw link"), id))];
    return h("article", { class: out ? "display out" : "display", "data-display": id },
      h("h3", {}, display.name),
      h("p", { class: "seen" }, seenText(display)),
      h("dl", {},
        entry(t("Shows"), display.areas.map((area) => areaText(area, lines)).join(" → "), display.areas.length > 1 ? t(" (each {n} s)", { n: display.every_s }) : ""),
        entry(t("Read from"), t("{n} m", { n: display.distance_m })),
        entry(t("Screen diagonal"), t("{n} inch", { n: display.diagonal_inch })),
        entry(t("Language"), display.language === "zh" ? "中文" : "English"),
        entry(t("Colours"), display.theme === "dark" ? t("dark") : t("light")),
        entry(t("Made by"), display.made_s < 60 ? t("{who}, just now", { who: display.made_by || "—" }) : t("{who}, {age} ago", { who: display.made_by || "—", age: twin.age(display.made_s) }))),
      h("div", { class: "buttons" }, ...buttons));
  };

  /* --- dialogs --------------------------------------------------------------------------------- */
  const open = (title, content, buttons, onsubmit) => {
    const form = h("form", { method: "dialog" }, h("h2", { id: "display-title" }, title), ...content, h("div", { class: "buttons" }, ...buttons));
    const dialog = h("dialog", { class: "form", "aria-labelledby": "display-title" }, form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await onsubmit(form)) dialog.close();
    });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
  };
  const cancel = () => {
    const made = h("button", { type: "button", class: "button" }, t("Cancel"));
    made.addEventListener("click", () => made.closest("dialog").close());
    return made;
  };
  const submit = (label) => h("button", { type: "submit", class: "button primary" }, label);
  const sure = (title, text, verb, label, id) => open(title, [h("p", { class: "intro" }, text)], [cancel(), submit(label)],
    (form) => twin.act(verb, { detail: { kiosk: id }, button: form.querySelector("[type=submit]") }));

  const showLink = async (id, name) => {
    const answer = await fetch(`/display-link/${encodeURIComponent(id)}`).catch(() => null);
    if (!answer?.ok) { twin.toast(t("The link cannot be had now"), { alert: true }); return; }
    const { url, svg } = await answer.json();
    const copy = h("button", { type: "button", class: "button" }, t("Copy link"));
    const field = h("input", { type: "text", readonly: "", value: url, "aria-label": t("Link of the display") });
    copy.addEventListener("click", async () => {
      field.select();  // where the browser keeps the clipboard to https, the selection is left
      await navigator.clipboard?.writeText(url).catch(() => {});
      twin.toast(t("Link copied"));
    });
    open(name, [
      h("p", { class: "intro" }, t("Open this address on the display and switch the browser to full screen.")),
      h("div", { class: "field" }, field),
      h("img", { class: "display-code", alt: t("QR code of the link"), src: `data:image/svg+xml,${encodeURIComponent(svg)}` }),
    ], [copy, h("a", { class: "button", href: url, target: "_blank", rel: "noopener" }, t("Preview")), submit(t("Close"))], () => true);
  };

  /* --- the form -------------------------------------------------------------------------------- */
  let serial = 0;
  const field = (label, input, unit = "") => {
    input.id = `display-${serial++}`;
    return h("div", { class: "field" }, h("label", { for: input.id }, label),
      unit ? h("div", { class: "with-unit" }, input, h("span", { class: "unit" }, unit)) : input);
  };
  const numeric = (name, min, max, step) => h("input", { type: "number", name, min, max, step, required: "", value: FIELDS[name] });
  const choice = (name, options) => h("select", { name }, ...options.map(([value, text]) => h("option", { value }, text)));
  const areasOf = (data) => {
    const lines = data.getAll("line");
    return { plant: [[]], together: [lines], turn: lines.map((id) => [id]), all: [[], ...lines.map((id) => [id])] }[data.get("shows")];
  };
  /** Letters grow with the distance; a panel has only so many rows for them. */
  const lettersText = (data) => {
    const mm = 4.65 * Number(data.get("distance_m")), height = 25.4 * Number(data.get("diagonal_inch")) * 0.49;
    const rows = Math.floor(height / (mm / 0.72) / 1.2);
    const few = rows < 12 ? t("That leaves this panel {n} rows: it will show little.", { n: rows }) : "";
    return [t("Letters will be {mm} mm high.", { mm: Math.round(mm) }), few].join(" ");
  };

  const create = (lines) => {
    const name = h("input", { type: "text", name: "name", required: "", maxlength: 80, autocomplete: "off" });
    const shows = choice("shows", [["plant", t("The whole plant")], ["together", t("Some lines together")], ["turn", t("Some lines in turn")], ["all", t("The whole plant, then some lines in turn")]]);
    const chosen = h("fieldset", { class: "field display-lines" }, h("legend", { class: "label" }, t("Lines")),
      ...lines.map((line) => h("label", {}, h("input", { type: "checkbox", name: "line", value: line.id }), pick(line.name))));
    const every = field(t("Each is shown for"), numeric("every_s", 5, 3600, 1), t("seconds"));
    const letters = h("p", { class: "hint quiet" });
    const fault = h("p", { class: "fault", role: "alert" });
    const content = [field(t("Name"), name), field(t("Shows"), shows), chosen, every,
      field(t("Furthest reader"), numeric("distance_m", 0.5, 30, 0.5), t("metres")),
      field(t("Screen diagonal"), numeric("diagonal_inch", 5, 200, 0.5), t("inches")), letters,
      field(t("Language"), choice("language", [["en", "English"], ["zh", "中文"]])),
      field(t("Colours"), choice("theme", [["dark", t("dark")], ["light", t("light")]])), fault];
    const dialog = open(t("New display"), content, [cancel(), submit(t("Create display"))], async (form) => {
      const data = new FormData(form), areas = areasOf(data);
      if (data.get("shows") !== "plant" && !data.getAll("line").length) { fault.textContent = t("Choose at least one line."); return false; }
      const document_ = { areas, ...Object.fromEntries(Object.keys(FIELDS).map((key) => [key, Number(data.get(key))])), language: data.get("language"), theme: data.get("theme") };
      return twin.act("kiosk.create", { detail: { name: data.get("name"), document: document_ }, button: form.querySelector("[type=submit]") });
    });
    const follow = () => {
      const data = new FormData(dialog.firstElementChild), kind = data.get("shows");
      chosen.hidden = kind === "plant";
      every.hidden = kind === "plant" || kind === "together";
      letters.textContent = lettersText(data);
      fault.textContent = "";
    };
    dialog.addEventListener("input", follow);
    follow();
  };

  twin.pages.displays = (page) => {
    const list = page.querySelector('[data-list="displays"]');
    let lines = [];
    twin.acts["kiosk.create"] = (button) => { if (button.closest(".head")) create(lines); };
    const paint = once(({ displays, lines: known }) => {
      const all = Object.entries(displays).sort(([, a], [, b]) => a.is_revoked - b.is_revoked || a.name.localeCompare(b.name));
      twin.replace(list, all.length ? all.map(([id, display]) => card(id, display, known))
        : [h("div", { class: "empty" }, h("strong", {}, t("No display yet")), t("Make one, open its link on a screen in the hall, and leave it there."))]);
    });
    return (state) => {
      lines = state.lines;
      paint({ displays: state.displays, lines });
    };
  };
})();

/* Addresses of the crews' calendar feeds: to be put into any calendar program, which cannot sign in. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h } = twin;

  const RENEWED_MS = 300, TRIES = 30;
  const fetched = () => fetch("/data/calendars").then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);

  /** The address once it is another than before; null where that takes too long. */
  const renewed = async (crew, before) => {
    for (let n = 0; n < TRIES; n += 1) {
      const now = (await fetched())?.find((feed) => feed.crew === crew)?.address;
      if (now && now !== before) return now;
      await new Promise((go) => setTimeout(go, RENEWED_MS));
    }
    return null;
  };

  const line = ({ crew, name, address }) => {
    const id = `feed-${crew}`;
    let url = location.origin + address;
    const input = h("input", { id, type: "text", readonly: "", value: url });
    input.addEventListener("focus", () => input.select());
    const copy = h("button", { type: "button", class: "button small", "aria-label": t("Copy the address of {name}", { name: pick(name) }) }, t("Copy"));
    copy.addEventListener("click", async () => {
      input.select();
      const done = await (navigator.clipboard?.writeText(url).then(() => true, () => false) ?? false) || document.execCommand("copy");
      copy.textContent = done ? t("Copied") : t("Copy");
    });
    const file = h("a", { href: address, download: `${crew}.ics` }, t("As a file"));
    const renew = twin.button("calendar.renew", t("New address"), async () => {
      const before = file.getAttribute("href");
      const told = await twin.ask({ title: t("Give the calendar of {name} a new address?", { name: pick(name) }),
        intro: t("The old address opens nothing any more. Calendars that show it have to be given the new one."),
        submit: t("New address"), verb: "calendar.renew", detail: () => ({ crew }), text: t("Calendar's address renewed") });
      const now = told && await renewed(crew, before);
      if (!now) return;
      input.value = url = location.origin + now;
      file.href = now;
      copy.textContent = t("Copy");
    }, { css: "button small" });
    renew.setAttribute("aria-label", t("New address for the calendar of {name}", { name: pick(name) }));
    return h("div", { class: "field feed" }, h("label", { for: id }, pick(name)), h("div", { class: "feed-address" }, input, copy, file, renew));
  };

  const show = async () => {
    const feeds = await fetched();
    if (!feeds) { twin.toast(t("The server did not answer"), { alert: true }); return; }
    const body = h("form", { method: "dialog" }, h("h2", { id: "feeds-title" }, t("Calendars of the crews")),
      h("p", { class: "intro" }, feeds.length ? t("Put an address into a calendar program: it then shows the crew's services of the plan in force. Who has the address can read them without signing in.") : t("The plant file names no crew.")),
      ...feeds.map(line), h("div", { class: "buttons" }, h("button", { type: "submit", class: "button primary" }, t("Close"))));
    const dialog = h("dialog", { class: "form", "aria-labelledby": "feeds-title" }, body);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };

  document.addEventListener("click", (event) => { if (event.target.closest("[data-calendars]")) show(); });
})();

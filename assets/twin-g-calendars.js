/* Addresses of the crews' calendar feeds: to be put into any calendar program, which cannot sign in. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h } = twin;

  const line = ({ crew, name, address }) => {
    const id = `feed-${crew}`, url = location.origin + address;
    const input = h("input", { id, type: "text", readonly: "", value: url });
    input.addEventListener("focus", () => input.select());
    const copy = h("button", { type: "button", class: "button small", "aria-label": t("Copy the address of {name}", { name: pick(name) }) }, t("Copy"));
    copy.addEventListener("click", async () => {
      input.select();
      const done = await (navigator.clipboard?.writeText(url).then(() => true, () => false) ?? false) || document.execCommand("copy");
      copy.textContent = done ? t("Copied") : t("Copy");
    });
    return h("div", { class: "field feed" }, h("label", { for: id }, pick(name)), h("div", { class: "feed-address" }, input, copy, h("a", { href: address, download: `${crew}.ics` }, t("As a file"))));
  };

  const show = async () => {
    const feeds = await fetch("/data/calendars").then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
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

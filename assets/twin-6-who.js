/* Who uses this browser, at the header's right; and what a page shows once its reader is signed out. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, person } = twin;
  const root = document.documentElement;
  const ASK_MS = 5000;

  const menu = () => {
    if (person.signed_in) return [
      h("p", {}, h("strong", {}, person.name)), h("p", {}, t("Role: {role}", { role: twin.roleName(person.role) })),
      h("form", { method: "post", action: "/sign-out" }, h("button", { class: "button wide", type: "submit" }, t("Sign out"))),
    ];
    const rename = h("button", { type: "button", class: "button wide" }, person.name ? t("Another name") : t("Say who you are"));
    rename.addEventListener("click", () => twin.askName());
    return [
      h("p", {}, person.name ? h("strong", {}, person.name) : t("What you do is kept with your name.")),
      h("p", { class: "hint" }, t("Nobody signs in here: whoever uses this computer may do everything.")), rename,
    ];
  };

  /** React draws the frame after us, and once. */
  twin.paintWho = () => {
    const place = document.getElementById("who");
    place?.replaceChildren(h("details", {},
      h("summary", { class: "plain", "aria-label": person.name ? t("You are {name}", { name: person.name }) : null }, h("span", {}, person.name || t("Your name"))),
      h("div", { class: "who-menu" }, ...menu())));
  };
  const observer = new MutationObserver(() => {
    const place = document.getElementById("who");
    if (place && !place.childElementCount) { observer.disconnect(); twin.paintWho(); }
  });
  observer.observe(document.body, { childList: true, subtree: true });

  const shut = (refocus) => {
    const open = document.querySelector(".who details[open]");
    open?.removeAttribute("open");
    if (open && refocus) open.querySelector("summary").focus();
  };
  document.addEventListener("keydown", (event) => event.key === "Escape" && shut(true));
  document.addEventListener("click", (event) => { if (!event.target.closest(".who summary, .who p")) shut(false); });

  /* --- signed out ------------------------------------------------------------------------------- */
  /** What was shown is covered, and the way back leads to where one was. */
  const signedOut = () => {
    if (root.dataset.access === "out") return;
    root.dataset.access = "out";
    document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
    const here = encodeURIComponent(location.pathname + location.search);
    const back = h("a", { class: "button primary", href: `/sign-in?next=${here}` }, t("Sign in"));
    document.body.append(h("section", { class: "panel signed-out", role: "alert" },
      h("h1", {}, t("You are signed out")), h("p", {}, t("Your session has ended, or your user was changed. What this page showed is hidden.")), back));
    document.title = `${t("You are signed out")} · Plant Twin`;
    back.focus();
  };

  const plainFetch = window.fetch.bind(window);
  /** Whatever script asks: an answer 401 says that the session is over. */
  window.fetch = async (...asked) => {
    const answer = await plainFetch(...asked);
    if (answer.status === 401) signedOut();
    return answer;
  };

  let askedAt = -ASK_MS;
  /** A stream was refused or broke: EventSource does not say which. */
  twin.lost = async () => {
    if (performance.now() - askedAt < ASK_MS) return;
    askedAt = performance.now();
    const answer = await plainFetch("/person").catch(() => null);
    if (answer && (answer.status === 401 || answer.status === 403)) signedOut();
  };
  document.addEventListener("visibilitychange", async () => {
    if (root.dataset.access !== "out" || document.hidden) return;
    const answer = await plainFetch("/person").catch(() => null);
    if (answer?.ok) location.reload();
  });
})();

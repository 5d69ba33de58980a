/* Frame of all pages: age, clock, badge, counts, language and theme, links without a reload. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, say, once, number } = twin;
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  let stands = false;  // the plant's clock, as last heard

  twin.paintAge = (kind, seconds, lost = null) => {
    root.dataset.live = kind;
    const mark = byId("live");
    if (mark && mark.dataset.live !== kind) mark.dataset.live = kind;
    const text = lost !== null ? t("No connection for {age}", { age: twin.age(lost) }) : {
      live: () => t("Live, {age} old", { age: twin.age(seconds) }),
      stale: () => seconds === null ? t("No connection") : seconds === undefined ? t("Nothing received yet")
        : stands ? t("Source stopped, {age} ago", { age: twin.age(seconds) }) : t("Not live: {age} old", { age: twin.age(seconds) }),
      connecting: () => t("Connecting"),
    }[kind]();
    say(byId("live-text"), text);
  };

  /** A part of the plant's own software, in words: "worker-2" is the second of several. */
  const partName = (part) => {
    const [kind, ...rest] = part.split("-");
    return [{ worker: t("worker"), planner: t("planner"), feed: t("feed"), gateway: t("gateway"), dashboard: t("screens") }[kind] || kind, ...rest].join(" ");
  };
  const parts = (status) =>
    Object.entries(status.parts || {})
      .filter(([, age]) => age > 15)
      .map(([name, age]) => h("span", { class: "off" }, t("{part} silent for {age}", { part: partName(name), age: twin.age(age) })));

  const reasonText = (reason) => ({
    ahead_of_clock: t("ahead of the clock"), bad_quality: t("unknown quality"), malformed_entry: t("malformed entry"),
    empty: t("without a sample"), misplaced: t("in the wrong partition"), no_values: t("without values"), not_a_number: t("not a number"),
    not_a_list: t("not a list"), not_an_object: t("not an object"), not_json: t("not JSON"), out_of_range: t("out of range"),
    retired_machine: t("machine retired"), time_unparsable: t("unreadable time"), unknown_event: t("unknown event"),
    unknown_key: t("unknown key"), unknown_machine: t("unknown machine"), unknown_mode: t("unknown failure mode"),
    unknown_sensor: t("unknown sensor"), order_refused: t("order refused"), operation_refused: t("report of an operation refused"),
    unreadable_document: t("unreadable document"),
  }[reason] || reason);

  const rejected = (status) => {
    const reasons = Object.entries(status.reasons || {}).slice(0, 3).map(([reason, n]) => `${reasonText(reason)} ${number(n, 0)}`).join(t(", "));
    const text = t("{n} rejected", { n: number(status.rejected, 0) });
    return h("span", { class: status.rejected ? "off" : "" }, reasons ? text + t(": ") + reasons : text);
  };

  const paintStatus = once((status) => {
    twin.replace(byId("status"), [
      h("span", {}, t("{n} samples accepted", { n: number(status.accepted, 0) })),
      rejected(status),
      h("span", {}, t("{n} late or sent again", { n: number(status.late, 0) })),
      h("span", {}, t("{n} readings not believed", { n: number(status.gated, 0) })),
      ...parts(status),
      ...Object.entries(status.restarts || {}).map(([part, n]) => h("span", { class: "off" }, t("{part} restarted {n}×", { part: partName(part), n }))),
    ]);
  });

  twin.paintFrame = (state) => {
    const { clock, status } = state;
    stands = Boolean(clock.stands);
    say(byId("clock"), `${clock.date} ${clock.time} ${clock.offset}`);
    const badge = byId("simulated");
    badge.hidden = !clock.simulated;
    say(badge, clock.speed === 1 || stands ? t("Simulated") : t("Simulated ×{speed}", { speed: clock.speed }));
    if (status) paintStatus(status);
    paintAlarms(status?.alarms?.unack || 0);
  };

  /** How many alarms nobody has acknowledged, behind the link that leads to them. */
  const paintAlarms = once((n) => {
    const count = document.querySelector('[data-tab="/alarms"] .tab-count');
    if (!count) return;
    count.hidden = !n;
    say(count, n);
    count.setAttribute("aria-label", t("{n} not acknowledged", { n }));
  });

  /** Pages that have no tab of their own belong to one that has. */
  const tabOf = (path) => {
    const first = { "/trade-offs": "/schedule", "/scenarios": "/schedule" }[path] || `/${path.split("/")[1]}`;
    return ["/", "/alarms", "/schedule", "/orders", "/forecast", "/record", "/data", "/classes", "/displays"].includes(first) ? first : "/";
  };
  const markTab = () => {
    const here = tabOf(location.pathname);
    document.querySelectorAll("[data-tab]").forEach((tab) => {
      if (tab.dataset.tab === here) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    });
  };

  const remember = (name, value) => {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
  };
  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  /** Follow a link inside the application without loading it anew. */
  const go = (href) => {
    const moves = new URL(href, location.href).pathname !== location.pathname;
    history.pushState({}, "", href);
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    if (moves) scrollTo(0, 0);
  };

  /** An address that leads nowhere has a title, and nothing on it that could be live. */
  new MutationObserver(() => {
    markTab();
    const lost = document.querySelector("[data-nowhere]");
    byId("live")?.toggleAttribute("hidden", Boolean(lost));
    if (lost && document.title !== lost.dataset.title) document.title = lost.dataset.title;
  }).observe(document.body, { childList: true, subtree: true });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-nav]");
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button);
    if (link && plain) { event.preventDefault(); go(link.getAttribute("href")); return; }
    const button = event.target.closest("button");
    if (button?.id === "theme") {
      root.dataset.theme = isDark() ? "light" : "dark";
      remember("theme", root.dataset.theme);
    }
    if (button?.dataset.language) { remember("language", button.dataset.language); location.reload(); }
  });
})();

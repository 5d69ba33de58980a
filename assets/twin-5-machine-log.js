/* Machine page: what happened to it and what people did about it, with their words. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, once } = twin;
  const parts = (twin.machineParts ||= {});

  /** Kinds of lines, as filters: all that begins so belongs to it. */
  const KINDS = {
    all: [],
    alarms: ["alarm"],
    work: ["failure", "repair", "service", "suggestion"],
    comments: ["comment"],
    orders: ["operation", "order", "setup", "plan", "front"],
    twin: ["bad_sensor", "sensor_back", "changed", "model", "catalogue", "source"],
  };
  const kindNames = () => ({ all: t("All of it"), alarms: t("Alarms"), work: t("Failures and services"), comments: t("Comments"), orders: t("Orders"), twin: t("Sensors and twin") });

  const texts = () => ({
    alarm_on: t("Beyond a limit"), alarm_off: t("Back within its limit"), bad_sensor: t("Sensor not to be trusted"), alarm_limit: t("Another limit passed"),
    sensor_back: t("Sensor trusted again"), changed: t("Behaves unlike its twin"), failure: t("Failure"), failure_retracted: t("Failure taken back"),
    repair: t("Repaired, twin starts anew"), model: t("New model"), catalogue: t("Plant file changed"), source: t("Source"), alarm_state: t("Alarm changed its state"),
    service_planned: t("Service planned"), service_moved: t("Service moved"), service_cancelled: t("Service called off"), service_done: t("Service done"), comment: t("Comment"),
    service_start: t("Service begun"), operation_start: t("Operation begun"), operation_end: t("Operation ended"), setup: t("Setting up"), setup_end: t("Set up"),
    "alarm.acknowledge": t("Alarm acknowledged"), "alarm.shelve": t("Alarm shelved"), "alarm.unshelve": t("Alarm no longer shelved"),
    "alarm.remove": t("Alarm taken out of service"), "alarm.restore": t("Alarm back in service"), "failure.report": t("Failure reported"),
    "repair.report": t("Repair reported, twin starts anew"), "comment.add": t("Comment"), "service.plan": t("Service planned"),
    "service.move": t("Service moved"), "service.cancel": t("Service called off"), "action.undo": t("Taken back"),
  });
  const title = (line) => (line.planned && line.kind.startsWith("repair") ? t("Serviced as planned, twin starts anew") : texts()[line.kind] || twin.codeText("verbs", line.kind));

  const row = (line) => h("li", { "data-kind": line.kind },
    h("time", { datetime: line.time }, line.time.slice(5, 16).replace("T", " ")),
    h("div", {},
      h("span", { class: line.undone ? "undone" : null }, [title(line), pick(line.about)].filter(Boolean).join(t(": "))),
      line.who ? h("span", { class: "who" }, ` · ${line.who}`) : null,
      line.refused ? h("b", {}, ` · ${t("refused")}`) : null,
      line.undone ? h("span", { class: "who" }, ` · ${t("taken back")}`) : null,
      line.text ? h("blockquote", {}, line.text) : null),
    line.can_undo && !line.undone && twin.act ? h("button", { type: "button", class: "button small", "data-act": "action.undo", "data-undo": line.action }, t("Take back")) : null);

  parts.log = (page) => {
    const region = page.querySelector('[data-list="log"]'), filters = page.querySelector('[data-list="log-kinds"]');
    let lines = [], older = [];
    const list = h("ol", { tabindex: 0, "aria-label": t("What happened") });
    region.replaceChildren(list);
    const kind = () => { const named = new URLSearchParams(location.search).get("log"); return named in KINDS ? named : "all"; };
    const paint = () => {
      const chosen = kind(), own = KINDS[chosen];
      for (const b of filters.children) b.setAttribute("aria-pressed", String(b.dataset.kind === chosen));
      const known = new Set(lines.map((x) => x.time + x.kind));
      const all = [...lines, ...older.filter((x) => !known.has(x.time + x.kind))].sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
      const shown = all.filter((line) => !own.length || own.some((prefix) => line.kind.startsWith(prefix)));
      twin.replace(list, shown.length ? shown.map(row) : [h("li", { class: "quiet" }, lines.length ? t("Nothing of this kind.") : t("Nothing has happened yet."))]);
    };
    filters.setAttribute("role", "group");
    filters.setAttribute("aria-label", t("Kinds of lines"));
    filters.replaceChildren(...Object.entries(kindNames()).map(([key, text]) => h("button", { type: "button", class: "plain", "data-kind": key }, text)));
    filters.addEventListener("click", (event) => {
      const chosen = event.target.dataset.kind;
      if (!chosen) return;
      const query = new URLSearchParams(location.search);
      query.set("log", chosen);
      history.replaceState({}, "", `${location.pathname}?${query}`);
      paint();
    });
    list.addEventListener("click", (event) => {
      const action = event.target.dataset?.undo;
      if (action) twin.act("action.undo", { machine: page.dataset.machine, detail: { action } });
    });
    page.addEventListener("older", (event) => { older = event.detail || []; paint(); });
    const put = once((value) => { lines = value; paint(); });
    return (state) => put(state.log || []);
  };
})();

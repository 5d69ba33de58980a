/* What if, for planners: up to three scenarios, each planned anew beside the plan in force. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, once, number } = twin;
  const MOST = 3, HOUR_MS = 3600000;
  const SHOWN = ["total", "tardiness", "risk", "energy", "changeover", "late_h", "late_jobs", "makespan_h", "energy_kwh", "setup_h"];
  const short = (iso) => iso.slice(5, 16).replace("T", " ");

  const kinds = () => ({ rush: t("A rush order"), down: t("A machine is down"), shift: t("A shift more"), postpone: t("A service later") });
  const options = (list) => list.map((x) => [x.id, pick(x.name)]);
  const nameOf = (list, id) => pick(list.find((x) => x.id === id)?.name || id);
  /** What a change is, in words. */
  const said = (state, c) => ({
    rush: () => t("{n} × {product}, due {time}", { n: number(c.quantity, 0), product: nameOf(state.products, c.product), time: short(c.due) }),
    down: () => t("{machine} is down until {time}", { machine: nameOf(state.machines, c.machine), time: short(c.until) }),
    shift: () => t("{line} works from {start} to {end}", { line: nameOf(state.lines, c.line), start: short(c.start), end: short(c.end) }),
    postpone: () => t("Service of {machine} not before {time}", { machine: nameOf(state.machines, c.machine), time: short(c.start) }),
  }[c.kind] || (() => c.kind))();

  /** Fields of the form of one kind, with what is likely meant. */
  const fieldsOf = (state, kind) => {
    const now = Date.parse(`${state.clock.date}T${state.clock.time}Z`);
    const at = (hours) => new Date(Math.ceil((now + hours * HOUR_MS) / 900000) * 900000).toISOString().slice(0, 16);
    const time = (name, label, hours) => ({ name, label, kind: "datetime", required: true, min: at(0), value: at(hours) });
    return {
      rush: () => [{ name: "product", label: t("Product"), kind: "select", options: options(state.products) },
        { name: "quantity", label: t("Quantity"), kind: "number", required: true, min: 1, max: 1000000, step: 1, value: 50 }, time("due", t("Due"), 48)],
      down: () => [{ name: "machine", label: t("Machine"), kind: "select", options: options(state.machines) }, time("until", t("Until"), 24)],
      shift: () => [{ name: "line", label: t("Line"), kind: "select", options: options(state.lines) }, time("start", t("Start"), 24), time("end", t("End"), 32)],
      postpone: () => [{ name: "service", label: t("Service"), kind: "select", options: state.services.map((s) => [s.id, `${pick(s.name)} ${short(s.start)}`]) }, time("start", t("Not before"), 72)],
    }[kind]();
  };

  const delta = (name, value, base, currency) => {
    const d = base === null || base === undefined || value === undefined ? 0 : value - base;
    return Math.abs(d) < 1e-9 ? "" : `${d > 0 ? "+" : "−"}${twin.tradeText(name, Math.abs(d), currency)}`;
  };
  const reasonOf = (late) => ({ due_too_soon: t("due too soon"), machine_busy: t("its machine is busy"), service: t("a service"), breakdown: t("a breakdown"),
    closed: t("machines do not work then"), planned_late: t("it is cheaper so"), no_room: t("no room within the horizon") }[late.reason] || late.reason);

  twin.pages.scenarios = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    let state = null, scenarios = [];
    const answers = new Map();
    try { scenarios = JSON.parse(new URLSearchParams(location.search).get("ask") || "[]").slice(0, MOST); } catch { scenarios = []; }
    const keep = () => history.replaceState({}, "", scenarios.length ? `${location.pathname}?ask=${encodeURIComponent(JSON.stringify(scenarios))}` : location.pathname);
    const keyOf = (changes) => JSON.stringify([state.version, changes]);

    /** One after the other: each takes a core for seconds. */
    let queue = Promise.resolve();
    const work = (changes) => {
      const key = keyOf(changes);
      if (answers.has(key)) return;
      answers.set(key, { waiting: true });
      queue = queue.then(async () => {
        try { answers.set(key, await twin.send("/data/plan-scenario", { changes })); } catch (fault) { answers.set(key, { fault: fault.says }); }
        paint();
      });
    };
    const change = () => { keep(); paint(); region("scenarios-editor").querySelector("button")?.focus(); };
    const add = async (n, kind) => {
      const given = await twin.ask({ title: kinds()[kind], fields: fieldsOf(state, kind), submit: t("Add") });
      if (!given) return;
      const made = { kind, ...given };
      if (kind === "postpone") made.machine = state.services.find((s) => s.id === given.service)?.machine;
      if (kind === "rush") made.quantity = Math.round(given.quantity);
      scenarios = n < scenarios.length ? scenarios.map((s, k) => (k === n ? [...s, made] : s)) : [...scenarios, [made]];
      change();
    };
    const adders = (n) => h("div", { class: "buttons" }, ...Object.entries(kinds()).map(([kind, label]) => {
      const empty = (kind === "rush" && !state.products.length) || (kind === "postpone" && !state.services.length);
      const button = h("button", { type: "button", class: "button small", "aria-disabled": empty ? "true" : null, title: empty ? t("There is none to choose") : null }, `+ ${label}`);
      button.addEventListener("click", () => !empty && add(n, kind));
      return button;
    }));
    const letter = (n) => String.fromCharCode(65 + n);
    const editor = () => [...scenarios.map((changes, n) => h("section", { class: "scenario", "aria-label": t("Scenario {n}", { n: letter(n) }) },
      h("h3", {}, t("Scenario {n}", { n: letter(n) })),
      h("ul", {}, ...changes.map((c, k) => {
        const drop = h("button", { type: "button", class: "button small", "aria-label": t("Remove {what}", { what: said(state, c) }) }, "✕");
        drop.addEventListener("click", () => { scenarios = scenarios.map((s, i) => (i === n ? s.filter((_, j) => j !== k) : s)).filter((s) => s.length); change(); });
        return h("li", {}, h("span", {}, said(state, c)), drop);
      })), adders(n))),
    scenarios.length < MOST ? h("section", { class: "scenario", "aria-label": t("Another scenario") },
      h("h3", {}, scenarios.length ? t("Another scenario") : t("What could happen?")), adders(scenarios.length)) : null].filter(Boolean);

    const cell = (name, a, key) => a.waiting ? h("td", { class: "num" }, "…") : a.fault || !a[key] ? h("td", { class: "num" }, "—")
      : h("td", { class: "num" }, twin.tradeText(name, a[key][name], state.currency), h("div", { class: "detail" }, delta(name, a[key][name], a.before?.[name], state.currency)));
    const notes = (a, n) => a.waiting ? null : a.fault ? h("p", { class: "notice alert" }, `${t("Scenario {n}", { n: letter(n) })}${t(": ")}${a.fault}`)
      : h("details", {}, h("summary", {}, t("Scenario {n}: {moves} operations move, late orders: {late}", { n: letter(n), moves: a.n_moves, late: a.n_late })),
        h("ul", {}, ...a.late.map((l) => h("li", {}, t("{order} is {h} late: {why}", { order: l.order, h: twin.duration(l.late_h), why: reasonOf(l) }))),
          ...a.left_out.map((l) => h("li", {}, t("{order} is left out: {why}", { order: l.order, why: reasonOf(l) }))),
          ...a.moves.filter((m) => m.from && m.to).map((m) => h("li", {}, t("{order}, step {n}: from {a} to {b}", { order: m.order, n: m.step + 1, a: `${pick(m.from.machine)} ${short(m.from.start)}`, b: `${pick(m.to.machine)} ${short(m.to.start)}` })))));
    const table = () => {
      if (!state.version) return [h("p", { class: "empty" }, t("No plan is in force."))];
      if (!scenarios.length) return [h("p", { class: "empty" }, t("Add what could happen; its plan appears here beside the one in force."))];
      const names = twin.tradeNames(), found = scenarios.map((changes) => answers.get(keyOf(changes)) || { waiting: true });
      const first = found.find((a) => a.before);
      return [h("div", { class: "wide-table", tabindex: 0, role: "region", "aria-label": t("Side by side") }, h("table", { class: "plain-table" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Figure")), h("th", { scope: "col", class: "num" }, t("in force")),
          ...found.flatMap((_, n) => [h("th", { scope: "col", class: "num" }, t("{n}, kept", { n: letter(n) })), h("th", { scope: "col", class: "num" }, t("{n}, planned anew", { n: letter(n) }))]))),
        h("tbody", {}, ...SHOWN.map((name) => h("tr", {}, h("th", { scope: "row" }, names[name]), h("td", { class: "num" }, first ? twin.tradeText(name, first.before[name], state.currency) : "…"),
          ...found.flatMap((a) => [cell(name, a, "kept"), cell(name, a, "after")])))))),
      ...found.map(notes).filter(Boolean)];
    };
    const draw = once(() => {
      region("scenarios-editor").replaceChildren(...editor());
      region("scenarios-table").replaceChildren(...table());
      page.dataset.answered = scenarios.every((s) => { const a = answers.get(keyOf(s)); return a && !a.waiting; }) ? "1" : "0";
    });
    const paint = () => {
      if (!state) return;
      if (state.version) scenarios.forEach(work);
      draw({ scenarios, version: state.version, services: state.services, answers: scenarios.map((s) => answers.get(keyOf(s))) });
    };
    return (now) => { state = now; paint(); };
  };
})();

/* What if, for planners: up to three scenarios, each planned anew beside the plan in force. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, once, number } = twin;
  const MOST = 3, MOST_CHANGES = 8, HOUR_MS = 3600000;
  const WAIT_MS = 120000, AGAIN_MS = 2000;  // a solver on a busy computer; while others ask
  const SHOWN = ["total", "tardiness", "risk", "energy", "changeover", "late_h", "late_jobs", "makespan_h", "energy_kwh", "setup_h"];
  const short = (iso) => iso.slice(5, 16).replace("T", " ");

  const kinds = () => ({ rush: t("A rush order"), down: t("A machine is down"), shift: t("An extra shift"), postpone: t("A service postponed") });
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

  /** An answer of lines of JSON, told one by one as they come; {says, error} where it is refused. */
  const lines = async (body, signal, tell) => {
    const reply = await fetch("/data/plan-scenario", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });
    if (!reply.ok) return { says: t("The server did not take this"), error: "refused", ...(await reply.json().catch(() => ({}))) };
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let got = await reader.read(); !got.done; got = await reader.read()) {
      const parts = (text + got.value).split("\n");
      text = parts.pop();
      parts.forEach((part) => tell(JSON.parse(part)));
    }
    return {};
  };

  twin.pages.scenarios = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    let state = null, scenarios = [];
    /** Of all scenarios that are asked about, or they would not be as of one moment. */
    let answers = [], askedFor = "", asking = null;
    const isScenario = (changes) => Array.isArray(changes) && changes.length > 0 && changes.every((c) => c && typeof c.kind === "string");
    try { scenarios = JSON.parse(new URLSearchParams(location.search).get("ask") || "[]").filter(isScenario).slice(0, MOST); } catch { scenarios = []; }
    const keep = () => history.replaceState({}, "", scenarios.length ? `${location.pathname}?ask=${encodeURIComponent(JSON.stringify(scenarios))}` : location.pathname);
    const answerOf = (n) => answers[n] || { waiting: true };

    /** What the plans kept come to is there at once; a new plan takes a core for seconds. */
    const ask = async () => {
      asking?.abort();
      const mine = (asking = new AbortController()), late = setTimeout(() => mine.abort(), WAIT_MS), n = scenarios.length;
      const told = (answer, k) => { if (mine === asking) { answers[k] = { ...answers[k], ...answer }; paint(); } };
      answers = Array.from({ length: n }, () => ({ waiting: true }));
      const take = (part) => told(part.error ? { waiting: false, fault: part.says } : { ...part, waiting: !part.after }, part.n);
      const end = await lines({ scenarios }, mine.signal, take).catch(() => ({ error: "connection", says: t("No answer came in time.") }));
      clearTimeout(late);
      if (mine !== asking || !page.isConnected) return;
      if (end.error === "busy") { setTimeout(() => mine === asking && page.isConnected && ask(), AGAIN_MS); return; }
      answers.forEach((answer, k) => answer.waiting && told({ waiting: false, fault: end.says || t("No answer came in time.") }, k));
    };
    const change = () => { keep(); paint(); region("scenarios-editor").querySelector("button")?.focus(); };
    const add = async (n, kind) => {
      const send = (values) => {
        if (values.end && values.end <= values.start) throw { says: "", fields: { end: t("The shift ends before it begins.") } };
        return values;
      };
      const given = await twin.ask({ title: kinds()[kind], fields: fieldsOf(state, kind), submit: t("Add"), send });
      if (!given) return;
      const made = { kind, ...given };
      if (kind === "postpone") made.machine = state.services.find((s) => s.id === given.service)?.machine;
      if (kind === "rush") made.quantity = Math.round(given.quantity);
      scenarios = n < scenarios.length ? scenarios.map((s, k) => (k === n ? [...s, made] : s)) : [...scenarios, [made]];
      change();
    };
    const adders = (n) => h("div", { class: "buttons" }, ...Object.entries(kinds()).map(([kind, label]) => {
      const empty = (kind === "rush" && !state.products.length) || (kind === "postpone" && !state.services.length) || (kind === "down" && !state.machines.length);
      const full = (scenarios[n] || []).length >= MOST_CHANGES;
      const why = empty ? t("There is none to choose") : full ? t("At most {n} things happen in a scenario.", { n: MOST_CHANGES }) : null;
      const button = h("button", { type: "button", class: "button small", "aria-disabled": why ? "true" : null, title: why }, `+ ${label}`);
      button.addEventListener("click", () => (why ? twin.toast(why, { alert: true }) : add(n, kind)));
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

    /** Against the plan in force where that is kept; against planning anew by itself where it is planned anew. */
    const css = (key) => (key === "kept" ? "num first" : "num");
    const figure = (name, a, key, base) => [twin.tradeText(name, a[key][name], state.currency), h("div", { class: "detail" }, twin.tradeDelta(name, a[key][name], base?.[name], state.currency))];
    /** While a side is not there yet, one place in its first row says so. */
    const cell = (n, a, key, content) => a[key] ? h("td", { class: css(key) }, ...content())
      : a.fault || a[key] === null ? h("td", { class: css(key) }, "—")
        : n ? null : h("td", { class: `${css(key)} reckoned`, rowspan: nRows() }, t("is being planned"));
    const cells = (n, name, a) => [cell(n, a, "kept", () => figure(name, a, "kept", a.before)), cell(n, a, "after", () => figure(name, a, "after", a.nothing))];
    const hasRush = () => scenarios.some((changes) => changes.some((c) => c.kind === "rush"));
    const nRows = () => SHOWN.length + (hasRush() ? 1 : 0);
    const doneBy = (a, list) => [(a[list] || []).map((r) => short(r.end)).join(t(", ")) || "—"];
    const orderName = (id) => (id.startsWith("what-if-") ? t("The rush order") : id);
    const reason = (item) => twin.plan.reasonText(item, (id) => (state.machines.some((m) => m.id === id) ? nameOf(state.machines, id) : orderName(id)));
    const place = (p) => `${nameOf(state.machines, p.machine)} ${short(p.start)}`;
    const notes = (a, title) => {
      if (a.waiting) return "";
      if (a.fault) return h("p", { class: "notice alert" }, `${title}${t(": ")}${a.fault}`);
      const found = [a.kept ? "" : t("The plan in force cannot be kept."),
        !a.is_searched ? t("The search did not end in time: this is the best of what is known at once.") : a.is_kept ? t("Nothing better was found than to keep the plan.") : ""].filter(Boolean);
      const list = [...a.late.map((l) => t("{order} is {h} late: {why}", { order: orderName(l.order), h: twin.duration(l.late_h), why: reason(l) })),
        ...a.left_out.map((l) => t("{order} is left out: {why}", { order: orderName(l.order), why: reason(l) })),
        ...a.moves.map((m) => t("{order}, step {n}: from {a} to {b}", { order: m.order, n: m.step + 1, a: place(m.from), b: place(m.to) })),
        a.n_moves > a.moves.length ? t("and {n} more that move later on", { n: a.n_moves - a.moves.length }) : ""].filter(Boolean);
      return h("div", { class: "scenario-note" }, found.length ? h("p", {}, h("b", {}, title), t(": "), found.join(" ")) : null,
        h("details", {}, h("summary", {}, t("{scenario}: planned anew, {moves} operations move and {late} orders come late", { scenario: title, moves: a.n_moves, late: a.n_late })),
          h("ul", {}, ...list.map((line) => h("li", {}, line)))));
    };
    const table = () => {
      if (!state.version) return [h("p", { class: "empty" }, t("No plan is in force."))];
      if (!scenarios.length) return [h("p", { class: "empty" }, t("Add what could happen; its plan appears here beside the one in force."))];
      const names = twin.tradeNames(), found = scenarios.map((_, n) => answerOf(n)), first = found.find((a) => a.nothing) || found.find((a) => a.before) || found.find((a) => a.waiting) || { fault: "none" };
      const nothing = { ...first, kept: first.before, before: null, after: first.nothing, nothing: null, rush: [], rush_kept: [] };
      const titles = found.map((_, n) => t("Scenario {n}", { n: letter(n) }));
      const again = h("button", { type: "button", class: "button small" }, t("Ask again"));
      again.addEventListener("click", () => { askedFor = ""; paint(); region("scenarios-table").querySelector("button")?.focus(); });
      return [h("div", { class: "wide-table", tabindex: 0, role: "group", "aria-label": t("Side by side") }, h("table", { class: "plain-table" },
        h("thead", {},
          h("tr", {}, h("th", { scope: "col", rowspan: 2 }, t("Figure")), ...[t("Nothing happens"), ...titles].map((title) => h("th", { scope: "colgroup", colspan: 2, class: "group first" }, title))),
          h("tr", {}, ...[nothing, ...found].flatMap(() => [h("th", { scope: "col", class: "num first" }, t("plan kept")), h("th", { scope: "col", class: "num" }, t("planned anew"))]))),
        h("tbody", {}, ...SHOWN.map((name, n) => h("tr", {}, h("th", { scope: "row" }, names[name]), ...[nothing, ...found].flatMap((a) => cells(n, name, a)))),
          hasRush() ? h("tr", {}, h("th", { scope: "row" }, t("The rush order is done by")), ...[nothing, ...found].flatMap((a) => [cell(1, a, "kept", () => doneBy(a, "rush_kept")), cell(1, a, "after", () => doneBy(a, "rush"))])) : null))),
      ...found.map((a, n) => notes(a, titles[n])),
      found.some((a) => a.waiting) ? "" : h("div", { class: "buttons asked" }, again, first.made ? h("span", { class: "quiet" }, t("As of {time}", { time: short(first.made) })) : null)];
    };
    const draw = once(() => {
      region("scenarios-editor").replaceChildren(...editor());
      region("scenarios-table").replaceChildren(...table());
      page.dataset.answered = scenarios.length && scenarios.some((_, n) => answerOf(n).waiting) ? "0" : "1";
    });
    const notices = once((compiling) => region("scenarios-notices").replaceChildren(...(compiling
      ? [h("p", { class: "notice" }, t("The planner prepares its search on this computer: until it is done, in a minute or two, planning anew may find nothing better than what is known at once."))] : [])));
    const paint = () => {
      if (!state) return;
      notices(state.compiling);
      const wanted = JSON.stringify([state.version, scenarios]);
      if (wanted !== askedFor) {
        askedFor = wanted;
        if (state.version && scenarios.length) ask();
      }
      draw({ scenarios, version: state.version, services: state.services, answers });
    };
    return (now) => { state = now; paint(); };
  };
})();

/* Trade-offs: points as they come, what one means against the plan in force, which to adopt. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, say, once, number } = twin;
  const SHOWN = ["total", "tardiness", "running", "risk", "energy", "changeover", "late_h", "late_jobs", "makespan_h", "idle_h", "energy_kwh", "setup_h", "stability"];
  const CHOSEN_MAX = 3, ABOVE = ["10", "50", "100"];  // per cent above the least total cost

  twin.pages.tradeoffs = (page) => {
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    const query = new URLSearchParams(location.search), names = twin.tradeNames();
    const words = (text) => (text || "").split(/[ ,]/).filter(Boolean);
    const objectives = words(page.dataset.objectives), usual = words(page.dataset.usual);
    let axes = { x: names[query.get("x")] ? query.get("x") : null, y: names[query.get("y")] ? query.get("y") : null };
    let wanted = words(query.get("trade")).filter((name) => objectives.includes(name));
    let above = ABOVE.includes(query.get("above")) ? query.get("above") : "";
    let chosen = words(query.get("points")), pointed = null, state = null;

    const keep = () => {
      const all = { ...axes, above, trade: wanted.join(), points: chosen.join() };
      const held = new URLSearchParams(Object.entries(all).filter(([, value]) => value));
      history.replaceState({}, "", `${location.pathname}${held.size ? `?${held}` : ""}`);
    };
    /** What is traded in the plans that are shown, as measures; then everything else that is known of them. */
    const traded = () => state.objectives.map(twin.tradeMeasure);
    const others = () => SHOWN.filter((name) => !traded().includes(name));
    const isUsual = (given) => given.length === usual.length && usual.every((name) => given.includes(name));
    /** The axes that somebody chose; else lateness against what it is traded for. */
    const axisOf = (axis) => axes[axis] || (isUsual(state.objectives) ? { x: "late_jobs", y: "running" }
      : { x: "tardiness", y: traded().find((name) => name !== "tardiness" && state.points.some((p) => p[name] !== null)) || "running" })[axis];
    /** A front reaches far; whoever looks at what is near sees those that cost little more than the cheapest. */
    const near = () => {
      const least = Math.min(...state.points.map((p) => p.total));
      return state.points.filter((p) => !above || p.total <= least + (Math.abs(least) * above) / 100);
    };
    const numbers = () => new Map(state.points.map((p, n) => [p.id, n + 1]));
    const choose = (id) => {
      chosen = chosen.includes(id) ? chosen.filter((c) => c !== id) : [...chosen.slice(-(CHOSEN_MAX - 1)), id];
      keep();
      paint();
    };
    const adopt = (id, button) => twin.act("plan.adopt", { detail: { point: id }, button, text: t("Plan adopted") });

    const choice = twin.tradeChoice(region("front-ask"), objectives, (given, asked) => {
      wanted = given;
      if (asked && String(given) !== String(state?.objectives)) axes = { x: null, y: null };
      keep();
      paint();
    });
    choice.show(wanted.length ? wanted : usual);
    const options = (list, on) => list.map((name) => h("option", { value: name, selected: name === on ? "" : null }, names[name]));
    const axisSelect = (axis) => {
      const on = axisOf(axis), isKnown = (name) => name === on || state.points.some((p) => p[name] !== null), first = traded().filter(isKnown), rest = others().filter(isKnown);
      const select = h("select", { id: `axis-${axis}`, "data-row": axis }, h("optgroup", { label: t("Traded") }, ...options(first, on)), h("optgroup", { label: t("Other figures") }, ...options(rest, on)));
      select.addEventListener("change", () => { axes[axis] = select.value; keep(); paint(); });
      return h("span", { class: "axis-choice" }, h("label", { for: `axis-${axis}` }, axis === "x" ? t("Across") : t("Upwards")), select);
    };

    const aboveSelect = () => {
      const named = [["", t("all")], ...ABOVE.map((p) => [p, t("at most {p} % above the least", { p })])];
      const select = h("select", { id: "front-above", "data-row": "above" }, ...named.map(([value, text]) => h("option", { value, selected: value === above ? "" : null }, text)));
      select.addEventListener("change", () => { above = select.value; keep(); paint(); });
      return h("span", { class: "axis-choice" }, h("label", { for: "front-above" }, names.total), select);
    };

    /** Where none can be adopted any more, the button says why. */
    const adopter = (p, label) => {
      if (!state.refusal) return twin.button("plan.adopt", label, (button) => adopt(p.id, button), { css: "button small primary" });
      const why = twin.codeText("refusals", state.refusal), made = h("button", { type: "button", class: "button small", "aria-disabled": "true", title: why }, label);
      made.addEventListener("click", () => twin.toast(why, { alert: true }));
      return made;
    };

    /** One point in words: what it costs and what it changes against the plan in force. */
    const card = () => {
      const p = state.points.find((q) => q.id === pointed) || state.points.find((q) => chosen.includes(q.id));
      if (!p) return [h("p", { class: "quiet" }, t("Point at a plan to read what it means; press it to set it beside others. Filled ones are the best of what is shown here; empty ones are better at something else."))];
      const best = Object.entries(state.best).filter(([, id]) => id === p.id).map(([name]) => names[name]);
      const parts = [...new Set(["total", ...traded(), "late_jobs", "late_h", "energy_kwh"])].map((name) => h("span", {}, `${names[name]} `, h("b", {}, twin.tradeText(name, p[name], state.currency)),
        state.now ? ` ${twin.tradeDelta(name, p[name], state.now[name], state.currency)}` : ""));
      return [h("strong", {}, t("Plan {n}", { n: numbers().get(p.id) })), ...parts, best.length ? h("span", { class: "quiet" }, t("Best at: {names}", { names: best.join(t(", ")) })) : null].filter(Boolean);
    };

    /** The plan that was in force when the search began; another may be now. */
    const nowName = () => (state.superseded ? t("in force then") : t("in force"));
    const isAsNow = (p) => state.now && !state.superseded && SHOWN.every((name) => !twin.tradeDelta(name, p[name], state.now[name], state.currency));
    const compare = () => {
      const marked = chosen.map((id) => state.points.find((p) => p.id === id)).filter(Boolean), n = numbers();
      const points = marked.length ? marked : state.points.filter((p) => p.id === state.best.total);
      const hint = marked.length ? null : h("p", { class: "quiet" }, points.length ? t("This one costs least. Press up to three plans to set them side by side.") : t("Press up to three plans to set them side by side."));
      if (!points.length) return [hint];
      const cell = (name, p) => h("td", { class: "num" }, twin.tradeText(name, p[name], state.currency), state.now ? h("div", { class: "detail" }, twin.tradeDelta(name, p[name], state.now[name], state.currency)) : null);
      const rows = (list) => list.map((name) => h("tr", {}, h("th", { scope: "row" }, names[name]),
        state.now ? h("td", { class: "num" }, twin.tradeText(name, state.now[name], state.currency)) : null, ...points.map((p) => cell(name, p))));
      return [hint, h("div", { class: "wide-table", tabindex: 0, role: "group", "aria-label": t("Plans side by side") }, h("table", { class: "plain-table" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Figure")), state.now ? h("th", { scope: "col", class: "num" }, nowName()) : null,
          ...points.map((p) => h("th", { scope: "col", class: "num" }, t("Plan {n}", { n: n.get(p.id) }))))),
        h("tbody", {}, h("tr", { class: "front-adopt" }, h("td", {}), state.now ? h("td", {}) : null, ...points.map((p) => h("td", { class: "num" },
          p.id === state.chosen ? h("b", {}, t("in force")) : isAsNow(p) ? h("span", { class: "quiet" }, t("as in force")) : adopter(p, t("Adopt plan {n}", { n: n.get(p.id) }))))),
          ...rows(["total"])),
        ...[[t("Traded"), traded()], [t("Other figures"), others().filter((name) => name !== "total")]].map(([title, list]) =>
          h("tbody", {}, h("tr", { class: "group" }, h("th", { scope: "rowgroup", colspan: points.length + (state.now ? 2 : 1) }, title)), ...rows(list)))))].filter(Boolean);
    };

    const nothing = () => h("div", { class: "empty" }, ...(state.has_plan ? [h("strong", {}, t("Nobody has looked for trade-offs yet.")),
      t("The planner then spends a minute on plans that trade what is chosen above. The plan in force stays until you adopt one of them.")]
      : [h("strong", {}, t("There is no plan yet whose trade-offs could be looked for."))]));

    const table = () => {
      const n = numbers(), columns = ["total", ...traded(), ...others().filter((name) => name !== "total")];
      if (!state.points.length) return [state.growing || state.asked ? h("p", { class: "loading", role: "status" }, t("The first plans come within seconds")) : nothing()];
      const row = (p) => {
        const box = h("input", { type: "checkbox", "aria-label": t("Set plan {n} beside others", { n: n.get(p.id) }), checked: chosen.includes(p.id) ? "" : null, "data-row": p.id });
        box.addEventListener("change", () => choose(p.id));
        return h("tr", {}, h("td", {}, h("span", { class: "tap" }, box)), h("th", { scope: "row" }, t("Plan {n}", { n: n.get(p.id) }), p.id === state.chosen ? h("div", { class: "detail" }, t("in force")) : null),
          ...columns.map((name) => h("td", { class: state.best[name] === p.id ? "num best" : "num" }, twin.tradeText(name, p[name], state.currency))));
      };
      return [h("div", { class: "wide-table", tabindex: 0, role: "group", "aria-label": t("All plans") }, h("table", { class: "plain-table" },
        h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, t("Possible plan")), ...columns.map((name) => h("th", { scope: "col", class: "num" }, names[name])))),
        h("tbody", {}, ...near().sort((a, b) => a.total - b.total).map(row))))];
    };
    const listed = (given) => given.map((name) => names[twin.tradeMeasure(name)]).join(t(", "));
    /** Traded, and yet no plan differs in it: there is nothing to give up. */
    const alike = () => traded().filter((name) => state.points.length > 1 && state.points[0][name] !== null
      && state.points.every((p) => !twin.tradeDelta(name, p[name], state.points[0][name], state.currency)));
    const said = () => {
      const n = state.points.length, about = t("Traded: {names}.", { names: listed(state.objectives) });
      if (state.asked && n) return t("The planner begins to search anew: {names}. What was found before stays until then.", { names: listed(state.wished) });
      if (state.asked) return state.compiling ? t("Asked for; the search begins when the planner is ready.") : t("The planner begins to search.");
      const failed = state.fault ? t("The search ended without a plan; the planner's log says why. It can be looked for again.") : "";
      if (failed && !n) return failed;
      if (state.growing) return `${t("Searching: {n} plans so far, {s} s of {all} s.", { n, s: number(state.seconds, 0), all: number(state.until_s, 0) })} ${about}`;
      if (n && state.refusal) return twin.codeText("refusals", state.refusal);
      if (!state.began) return "";
      const held = t("{n} plans, begun {time}; they hold for the plant as it was then. The plan in force stands there with the orders that came since, in its gaps.", { n, time: state.began.slice(5, 16).replace("T", " ") });
      const same = alike().length ? t("All of them are alike in: {names}.", { names: alike().map((name) => names[name]).join(t(", ")) }) : "";
      return [failed, held, about, same, n && state.proven ? t("It is proven that no better plan exists between these.") : ""].filter(Boolean).join(" ");
    };
    /** Regions that are painted anew keep the keyboard where it was. */
    const fill = (name, children) => {
      const place = region(name), held = place.contains(document.activeElement) ? document.activeElement.dataset.row : null;
      place.replaceChildren(...children);
      if (held) place.querySelector(`[data-row="${CSS.escape(held)}"]`)?.focus();
    };
    const draw = () => twin.drawFront(region("front-chart"), { points: near(), now: state.now, nowName: nowName(), x: axisOf("x"), y: axisOf("y"), chosen, currency: state.currency,
      pick: (id) => { pointed = id; region("front-card").replaceChildren(...card()); }, choose });
    const lists = once(() => { fill("front-table", table()); fill("front-compare", compare()); });
    const front = once(() => { fill("axes", [...["x", "y"].map(axisSelect), aboveSelect()]); draw(); region("front-card").replaceChildren(...card()); });
    const notices = once((compiling) => region("front-notices").replaceChildren(...(compiling
      ? [h("p", { class: "notice" }, t("The planner prepares its search on this computer: plans to trade come when it is done, in a minute or two."))] : [])));
    const tick = once((given) => choice.show(given));
    const paint = () => {
      if (!state) return;
      say(region("front-said"), said());
      notices(state.compiling);
      tick(wanted.length ? wanted : state.wished || state.objectives);
      page.querySelector(".front-columns").hidden = !state.points.length;
      page.querySelector(".front-all .panel-foot").hidden = !state.points.length;
      page.dataset.searched = state.began && !state.growing && !state.asked ? "1" : "0";
      const shown = { points: state.points, now: state.now, chosen, axes, above, objectives: state.objectives, adopted: state.chosen, asked: state.asked, refusal: state.refusal, superseded: state.superseded };
      front(shown);
      lists(shown);
    };
    new ResizeObserver(() => state && draw()).observe(region("front-chart"));
    return (now) => { state = now; paint(); };
  };
})();

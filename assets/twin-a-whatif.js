/* What-if page: asks the server for each change, compares, saves, shares by its address. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, number, percent, duration, money } = twin;
  const { fans, chances, title, crossText, LETTERS } = twin.whatIfCharts;
  const PAUSE_MS = 120;

  const blank = () => ({ name: "", inputs: {}, service: "planned", limits: {} });
  const whole = (wish) => ({ ...blank(), ...wish });
  const fromAddress = () => {
    const query = new URLSearchParams(location.search);
    try {
      const told = JSON.parse(query.get("w") || "[]");
      return { sensor: query.get("sensor") || "", wishes: Array.isArray(told) ? told.slice(0, 4).map(whole) : [] };
    } catch {
      return { sensor: "", wishes: [] };
    }
  };

  const points = (now, base) => {
    const d = 100 * (now - base);
    return Math.abs(d) < 0.05 ? t("as baseline") : t("{n} points", { n: `${d > 0 ? "+" : "−"}${number(Math.abs(d), 0, 1)}` });
  };
  const cash = (value, currency) => `${value < 0 ? "−" : ""}${money(Math.abs(value), currency)}`;
  const more = (now, base, currency) => {
    const d = now - base;
    return Math.abs(d) < 0.5 ? t("as baseline") : `${d > 0 ? "+" : "−"}${money(Math.abs(d), currency)}`;
  };

  /** Rows of the comparison: what it is called, and a cell a scenario. */
  const rows = (found, plan) => {
    const [base] = found.courses, all = (make) => found.courses.map((c, n) => make(c, n));
    const cell = (strong, ...quiet) => [h("b", {}, strong), ...quiet.filter(Boolean).map((text) => h("span", { class: "under" }, text))];
    const chance = (key) => all((c, n) => (c.p ? cell(percent(c.p_at[key][0]), t("80 %: {lo} to {hi}", { lo: percent(c.p_at[key][1]), hi: percent(c.p_at[key][2]) }),
      n ? points(c.p_at[key][0], base.p_at[key][0]) : "") : ["—"]));
    const cost = (key) => all((c, n) => (c.p ? (key === "total" ? cell(cash(c.cost.total, found.currency), n ? more(c.cost.total, base.cost.total, found.currency) : "") : [cash(c.cost[key], found.currency)]) : ["—"]));
    const horizon = duration(found.horizon_h);
    const unseen = found.courses.some((c) => c.unseen_h !== null);
    return [
      [t("Fails within this shift"), chance("shift")], [t("Fails within 24 h"), chance("day")], [t("Fails within 7 days"), chance("week")],
      [t("Limit of {sensor}", { sensor: twin.pick(found.sensors.find((s) => s.id === found.sensor).name) }), all((c) => [crossText(c)])],
      [t("Service"), all((c, n) => [c.service_h === null ? t("none") : t("in {time}", { time: duration(c.service_h) }), n && c.service_at ? plan(c) : null])],
      [t("Cost of failure, {time}", { time: horizon }), cost("failure")], [t("Cost of service"), cost("planned")],
      [t("Output lost by running slower (− won)"), cost("slower")], [t("Expected cost, {time}", { time: horizon }), cost("total")],
      ...(unseen ? [[t("Beyond anything learnt from"), all((c) => [c.unseen_h === null ? "—" : c.unseen_h === 0 ? t("now already: probabilities are those at the edge") : t("from {time} on: probabilities are those at the edge", { time: duration(c.unseen_h) })])]] : [])];
  };

  const table = (found, plan) => h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("Table, can be scrolled sideways") },
    h("table", { class: "compare" },
      h("thead", {}, h("tr", {}, h("td"), ...found.courses.map((c, n) => h("th", { scope: "col" }, title(c, n))))),
      h("tbody", {}, ...rows(found, plan).map(([name, cells]) => h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((parts) => h("td", {}, ...parts)))))));

  const withheldText = (code) => ({
    linear: t("This class has its matrices from the plant file: neither wear nor failures were learnt, so there is nothing to play through."),
    failed: t("The machine has failed. Once its repair is reported, a new forecast begins."),
    silent: t("The machine is silent: nothing is forecast from old inputs."),
    never: t("The twin has no belief of this machine yet."),
  }[code]);

  twin.pages.whatif = (root) => {
    const at = (name) => root.querySelector(`[data-list="${name}"]`);
    let { sensor, wishes } = fromAddress();
    let chosen = wishes.length ? 1 : 0, found = null, timer = 0, asked = 0, shape = "";

    const remember = () => {
      const query = new URLSearchParams();
      if (sensor) query.set("sensor", sensor);
      if (wishes.length) query.set("w", JSON.stringify(wishes));
      const text = query.toString();
      history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
    };
    const question = () => ({ machine: root.dataset.machine, sensor, scenarios: wishes });
    const soon = () => { clearTimeout(timer); root.setAttribute("aria-busy", "true"); timer = setTimeout(ask, PAUSE_MS); };
    const changed = () => { remember(); soon(); };

    const ask = async () => {
      const mine = ++asked, began = performance.now();
      let answer = null;
      try {
        answer = await fetch("/data/what-if", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question()) });
      } catch { /* said below */ }
      if (mine !== asked || !root.isConnected) return;
      if (!answer?.ok) {
        root.removeAttribute("aria-busy");
        tell(answer?.status === 422 ? t("One of the values cannot be used.") : t("The server does not answer; what is shown is the last answer."));
        return;
      }
      const told = await answer.json();
      if (mine !== asked || !root.isConnected) return;
      root.removeAttribute("aria-busy");
      if (told.withheld) { found = null; tell(withheldText(told.withheld)); root.classList.add("is-withheld"); return; }
      tell("");
      root.classList.remove("is-withheld");
      found = told;
      sensor = told.sensor;
      paint();
      root.dataset.answered = mine;
      root.dataset.tookMs = Math.round(performance.now() - began);
    };
    const tell = (text) => { at("withheld").hidden = !text; twin.say(at("withheld"), text); };

    const on = {
      changed,
      choose: (n) => { chosen = n; paint(); root.querySelector(`[data-scenario="${n}"]`)?.focus(); },
      add: () => { wishes.push(blank()); chosen = wishes.length; changed(); },
      remove: (n) => { wishes.splice(n - 1, 1); chosen = Math.min(n, wishes.length); changed(); },
      sensor: (id) => { sensor = id; changed(); },
    };

    const plan = (course) => {
      const verb = found.planned ? "service.move" : "service.plan";
      const label = found.planned ? t("Move the planned service here") : t("Plan this service");
      return twin.button(verb, label, () => twin.ask({
        title: label, verb, machine: root.dataset.machine, submit: label,
        fixed: found.planned ? { service: found.planned } : {},
        fields: [{ name: "start", label: t("Start"), kind: "datetime", value: course.service_at, required: true },
          { name: "duration_h", label: t("Duration"), kind: "number", unit: t("hours"), value: found.duration_h, min: 0.1, required: true },
          ...(found.planned ? [] : [{ name: "note", label: t("Note"), kind: "textarea", value: course.name ? t("From the scenario “{name}”", { name: course.name }) : "" }])],
      }).then((done) => done && stands()), { css: "button small" });
    };

    const paint = () => {
      chosen = Math.min(chosen, found.courses.length - 1);
      const now = JSON.stringify([found.sensor, chosen, wishes.length, found.planned, Math.round(found.service_h || 0)]);
      if (now !== shape) {
        const held = document.activeElement?.id;
        at("editor").replaceChildren(...twin.whatIfEditor.editor(found, wishes, chosen, on));
        if (held && root.contains(document.getElementById(held))) document.getElementById(held).focus();
        else if (shape && !root.contains(document.activeElement)) root.querySelector(`[data-scenario="${chosen}"]`)?.focus({ preventScroll: true });
        shape = now;
      }
      twin.whatIfEditor.doubts(root, found, chosen);
      draw();
      at("table").replaceChildren(table(found, plan), foot());
    };
    /** Charts are drawn for a page whose letters are 14 px high and grow with them. */
    const draw = () => {
      const larger = parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;
      const { columns, figures } = fans(found, at("fans").clientWidth / larger);
      at("fans").style.setProperty("--columns", columns);
      at("fans").replaceChildren(...figures);
      at("chance").replaceChildren(...chances(found, chosen, at("chance").clientWidth / larger));
    };

    const foot = () => {
      const save = twin.button("scenario.save", t("Save this comparison"), () => keep());
      const facts = [t("Worked out as of {time}, model version {version}.", { time: found.as_of.replace("T", " "), version: found.version })];
      if (found.provisional) facts.push(t("Few failures were seen: intervals are provisional."));
      if (found.load) facts.push(t("Output is taken as proportional to {input}; {x} brings a full hour's value.", { input: twin.pick(found.inputs[found.load[0]].name), x: `${number(found.load[1], 0, 1)} ${found.inputs[found.load[0]].unit}` }));
      const anew = h("button", { type: "button", class: "button small" }, t("Work out anew"));
      anew.addEventListener("click", soon);
      return h("div", {}, h("p", { class: "quiet" }, facts.join(" ")),
        h("div", { class: "buttons" }, wishes.length ? save : null, anew,
          h("a", { class: "button small", href: `/export/what-if.csv?asked=${encodeURIComponent(JSON.stringify(question()))}`, download: "" }, "CSV"),
          h("a", { class: "button small", href: location.pathname + location.search }, t("Link to this comparison"))));
    };

    const keep = async () => {
      const told = await twin.ask({
        title: t("Save this comparison"), verb: "scenario.save", machine: root.dataset.machine,
        fixed: { document: { sensor, scenarios: wishes, version: found.version, as_of: found.as_of } },
        fields: [{ name: "name", label: t("Name"), required: true, max: 80, value: wishes.map((w) => w.name).filter(Boolean).join(t(", ")) }],
      });
      if (told) await awaited((list) => list.some((s) => s.id === told.id));
    };
    /** The desk takes a moment; the list is asked until it shows what was done. */
    const awaited = async (has) => {
      for (let n = 0; n < 20 && root.isConnected; n++) {
        if (has(await list())) return;
        await new Promise((go) => setTimeout(go, 250));
      }
      if (root.isConnected) twin.toast(t("This has not been taken up yet; the journal says whether it was refused."), { alert: true });
    };

    /** Until the service that was planned or moved stands in the baseline. */
    const stands = async () => {
      const at = () => `${found?.planned} ${found?.courses[0].service_at}`, before = at();
      for (let n = 0; n < 20 && root.isConnected && at() === before; n++) {
        await new Promise((go) => setTimeout(go, 250));
        await ask();
      }
    };

    const list = async () => {
      const answer = await fetch(`/data/scenarios/${encodeURIComponent(root.dataset.machine)}`).catch(() => null);
      const kept = answer?.ok ? await answer.json() : [];
      if (!root.isConnected) return kept;
      at("saved").replaceChildren(...(kept.length ? [h("ul", { class: "saved-list" }, ...kept.map(saved))] : [h("p", { class: "empty" }, t("Nothing is saved for this machine yet."))]));
      return kept;
    };
    const saved = (one) => {
      const open = h("button", { type: "button", class: "button small" }, t("Open"));
      open.setAttribute("aria-label", `${t("Open")}: ${one.name}`);
      open.addEventListener("click", () => {
        wishes = one.document.scenarios.slice(0, 4).map((w) => whole(structuredClone(w)));
        sensor = one.document.sensor || sensor;
        chosen = wishes.length ? 1 : 0;
        shape = "";
        changed();
      });
      const drop = twin.button("scenario.delete", t("Delete"), async (button) => {
        if (await twin.act("scenario.delete", { machine: root.dataset.machine, detail: { scenario: one.id }, button })) await awaited((kept) => !kept.some((s) => s.id === one.id));
      }, { css: "button small" });
      const then = one.document.version;
      const made = found && then !== found.version ? t("Made on model version {then}; now {now}: worked out anew when opened.", { then, now: found.version }) : t("Made on model version {then}.", { then });
      return h("li", {}, h("div", {}, h("b", {}, one.name), h("span", { class: "under" }, `${one.who} · ${one.time.replace("T", " ")} · ${made}`)), h("div", { class: "buttons" }, open, drop));
    };

    new ResizeObserver(() => { if (found && root.isConnected) draw(); }).observe(at("table"));
    ask().then(list);
    return () => {};
  };
})();

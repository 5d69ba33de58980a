/* Editor of the what-if page: which scenario, its inputs, its service, its limits. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, pick, number, duration } = twin;
  const { LETTERS } = twin.whatIfCharts;
  const SCENARIOS_MAX = 4;

  const round = (value, places) => Number(value.toFixed(places));
  /** A number and a slider for one value; both reachable by keyboard, the label names both. */
  const pair = ({ id, label, unit, min, max, step, value, onChange, hint }) => {
    const box = h("input", { id, type: "number", inputmode: "decimal", step: "any", value });
    const slide = h("input", { type: "range", min, max, step, value: value ?? min, "aria-label": t("{name}, slider", { name: label }) });
    const take = (from, to) => {
      if (from.value === "" || !Number.isFinite(Number(from.value))) return;
      to.value = from.value;
      onChange(Number(from.value));
    };
    box.addEventListener("input", () => take(box, slide));
    slide.addEventListener("input", () => take(slide, box));
    const row = h("div", { class: "pair" }, box, h("span", { class: "unit" }, unit), slide);
    const field = h("div", { class: "field" }, h("label", { for: id }, label), row, hint ? h("span", { class: "hint" }, hint) : null);
    return { field, set: (now) => { box.value = now; slide.value = now; } };
  };

  const doubtText = (code, input) => ({
    beyond_range: t("Outside {lo} to {hi} {unit}, the range that was learnt from: nobody knows whether this holds there.", { lo: number(input.range[0], 0, 1), hi: number(input.range[1], 0, 1), unit: input.unit }),
    beyond_recent: t("This machine has not run there in the last 24 hours ({lo} to {hi}).", { lo: number(input.recent[0], 0, 1), hi: number(input.recent[1], 0, 1) }),
    no_wear: t("No effect of this input on wear was learnt: the probability of failure does not move."),
    no_answer: t("No sensor's level answers to it either."),
    eases: t("By what was learnt, more of it alone slows wear, which is hardly so: inputs that moved together in the history share their effects among them. Do not decide by this."),
    unseen_regime: t("No operating regime is near: the nearest one is taken."),
  }[code] || code);

  const inputField = (input, wish, changed) => {
    const held = wish.inputs[input.id], id = `in-${input.id}`, name = pick(input.name);
    const places = input.decimals, usual = round(input.usual, places);
    const put = (change) => {
      const now = wish.inputs[input.id] || { value: usual, from_h: 0 };
      wish.inputs[input.id] = { ...now, ...change };
      back.hidden = false;
      changed();
    };
    const back = h("button", { type: "button", class: "button small", hidden: held ? null : "", "aria-label": t("{name}: as usual", { name }) }, t("as usual"));
    const low = Math.min(input.range[0], held?.value ?? Infinity), high = Math.max(input.range[1], held?.value ?? -Infinity);
    const made = pair({ id, label: name, unit: input.unit, min: low, max: high, step: 10 ** -places, value: held ? held.value : usual,
      hint: t("usually {x}", { x: `${number(input.usual, places)} ${input.unit}` }), onChange: (value) => put({ value }) });
    const from = h("input", { id: `${id}-from`, type: "number", min: 0, step: "any", inputmode: "decimal", value: held ? held.from_h : 0 });
    from.addEventListener("input", () => { if (from.value !== "" && Number(from.value) >= 0) put({ from_h: Number(from.value) }); });
    back.addEventListener("click", () => {
      delete wish.inputs[input.id];
      made.set(usual); from.value = 0; back.hidden = true;
      changed();
      document.getElementById(id).focus();
    });
    const hint = made.field.querySelector(".hint");
    made.field.append(h("div", { class: "below" }, hint, back, h("div", { class: "from" }, h("label", { for: `${id}-from` }, t("from, in hours")), from)),
      h("ul", { class: "doubts", "data-doubts": input.id }));
    return made.field;
  };

  const serviceField = (found, wish, changed) => {
    const at = typeof wish.service === "number";
    const planned = found.service_h === null ? t("as planned: none") : t("as planned: in {time}", { time: duration(found.service_h) });
    const choice = h("select", { id: "service" }, ...[["planned", planned], ["none", t("none within the horizon")], ["at", t("at another time")]]
      .map(([value, text]) => h("option", { value, selected: (at ? "at" : wish.service) === value ? "" : null }, text)));
    const first = at ? wish.service : Math.min(48, found.horizon_h / 2);
    const when = pair({ id: "service-h", label: t("Service in"), unit: t("hours"), min: 0, max: found.horizon_h, step: 1, value: first,
      onChange: (value) => { if (value >= 0) { wish.service = value; changed(); } } });
    when.field.hidden = !at;
    choice.addEventListener("change", () => {
      wish.service = choice.value === "at" ? Number(when.field.querySelector("input").value) : choice.value;
      when.field.hidden = choice.value !== "at";
      changed();
    });
    const note = found.n_new ? t("Afterwards as {n} machines of the class were when new.", { n: found.n_new })
      : t("Afterwards as the class is on average: too few machines were seen new.");
    return [h("div", { class: "field" }, h("label", { for: "service" }, t("Service")), choice, h("span", { class: "hint" }, note)), when.field];
  };

  const limitField = (found, wish, changed, side) => {
    const sensor = found.sensors.find((s) => s.id === found.sensor), own = found.courses[0].limits[side === "low" ? 0 : 1];
    const id = `limit-${side}`, held = wish.limits[sensor.id]?.[side];
    const label = side === "low" ? t("Low limit") : t("High limit");
    const box = h("input", { id, type: "number", step: "any", inputmode: "decimal", value: held ?? own ?? null });
    box.addEventListener("input", () => {
      const now = { ...wish.limits[sensor.id], [side]: box.value === "" || Number(box.value) === own ? null : Number(box.value) };
      if ([now.low, now.high].some(Number.isFinite)) wish.limits[sensor.id] = now;
      else delete wish.limits[sensor.id];
      changed();
    });
    return h("div", { class: "field" }, h("label", { for: id }, label), h("div", { class: "with-unit" }, box, h("span", { class: "unit" }, sensor.unit)),
      h("span", { class: "hint" }, own === null ? t("its own: none") : t("its own: {x}", { x: number(own, 0, sensor.decimals) })));
  };

  /** The whole editor for the scenario that is chosen (0: the baseline, which is as it is). */
  const editor = (found, wishes, chosen, on) => {
    const tab = (n, text) => {
      const made = h("button", { type: "button", class: "button small", "aria-pressed": String(n === chosen), "data-scenario": n }, text);
      made.addEventListener("click", () => on.choose(n));
      return made;
    };
    const tabs = [tab(0, t("Baseline")), ...wishes.map((w, n) => tab(n + 1, w.name ? `${LETTERS[n]} · ${w.name}` : LETTERS[n]))];
    if (wishes.length < SCENARIOS_MAX) {
      const add = h("button", { type: "button", class: "button small", "data-add": "1" }, t("Add a scenario"));
      add.addEventListener("click", () => on.add());
      tabs.push(add);
    }
    const sensors = h("select", { id: "sensor" }, ...found.sensors.map((s) => h("option", { value: s.id, selected: s.id === found.sensor ? "" : null }, `${pick(s.name)} (${s.unit})`)));
    sensors.addEventListener("change", () => on.sensor(sensors.value));
    const top = [h("div", { class: "field" }, h("label", { for: "sensor" }, t("Sensor looked at")), sensors),
      h("div", { class: "buttons scenario-tabs", role: "group", "aria-label": t("Scenarios") }, ...tabs)];
    const wish = wishes[chosen - 1];
    if (!wish) return [...top, h("p", { class: "quiet" }, t("The baseline is the machine as it runs now. Add a scenario to change something."))];
    const name = h("input", { id: "scenario-name", type: "text", maxlength: 60, value: wish.name });
    name.addEventListener("input", () => {
      wish.name = name.value;
      twin.say(tabs[chosen], wish.name ? `${LETTERS[chosen - 1]} · ${wish.name}` : LETTERS[chosen - 1]);
      on.changed();
    });
    const remove = h("button", { type: "button", class: "button small" }, t("Remove scenario {letter}", { letter: LETTERS[chosen - 1] }));
    remove.addEventListener("click", () => on.remove(chosen));
    return [...top,
      h("div", { class: "field" }, h("label", { for: "scenario-name" }, t("Name")), name),
      ...found.inputs.map((input) => inputField(input, wish, on.changed)),
      ...(found.inputs.length ? [] : [h("p", { class: "quiet" }, t("This class has no inputs that could be changed."))]),
      ...serviceField(found, wish, on.changed),
      h("div", { class: "limits" }, limitField(found, wish, on.changed, "low"), limitField(found, wish, on.changed, "high")), remove];
  };

  /** What there is to doubt, beside the inputs; written without touching what is being typed. */
  const doubts = (root, found, chosen) => {
    const course = found.courses[chosen];
    for (const list of root.querySelectorAll("[data-doubts]")) {
      const input = found.inputs.find((u) => u.id === list.dataset.doubts);
      list.replaceChildren(...(course?.doubts[input.id] || []).map((code) => h("li", {}, doubtText(code, input))));
    }
  };

  twin.whatIfEditor = { editor, doubts };
})();

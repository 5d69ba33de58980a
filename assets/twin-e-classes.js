/* Guide from a CSV to a class of machines: columns, preview of the fitted twin, save. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, svg, number } = twin;
  const POLL_MS = 500;

  const post = async (url, body, type = "application/json") => {
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": type }, body });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.error === "needs_role" ? t("Needs the role engineer") : said.error || t("The server did not answer"));
    return said;
  };
  const notice = (text, kind = "") => h("p", { class: `notice ${kind}`, role: kind === "bad" ? "alert" : "status" }, text);
  const field = (label, control, hint) => h("label", { class: "field" }, h("span", {}, label), control, hint ? h("small", {}, hint) : null);
  const text = (value, attributes = {}) => { const i = h("input", { type: "text", ...attributes }); i.value = value ?? ""; return i; };
  const num = (value, label) => { const i = h("input", { type: "number", step: "any", "aria-label": label }); i.value = value ?? ""; return i; };
  const valueOf = (input) => (input.value === "" ? null : Number(input.value));

  /** One line of the table of columns; `read()` gives it back as the definition wants it. */
  const columnRow = (c) => {
    const role = h("select", { "aria-label": `${c.column}: ${t("Role")}` },
      ...[["sensor", t("Sensor")], ["input", t("Input")], ["ignore", t("Leave out")]].map(([v, s]) => h("option", { value: v, selected: v === c.role ? "" : null }, s)));
    if (!c.numbers) { role.value = "ignore"; role.disabled = true; }
    const label = (name) => `${c.column}: ${name}`;
    const id = text(c.id, { "aria-label": label(t("Id")), size: 14 }), name = text(c.name, { "aria-label": label(t("Name")), size: 14 }), unit = text(c.unit, { "aria-label": label(t("Unit")), size: 5 });
    const low = num(c.normal?.[0], label(t("Normal from"))), high = num(c.normal?.[1], label(t("Normal to")));
    const limits = ["low_low", "low", "high", "high_high"].map((k) => [k, num(c.limits?.[k], label({ low_low: t("Very low"), low: t("Low"), high: t("High"), high_high: t("Very high") }[k]))]);
    const deadband = num(c.deadband, label(t("Deadband"))), delay = num(0, label(t("Delay, s")));
    const q = c.quantiles;
    const cells = [id, name, unit, [low, high], limits.map(([, i]) => i), deadband, delay].map((x) => h("td", {}, ...[x].flat()));
    const row = h("tr", {}, h("th", { scope: "row" }, c.column, h("small", {},
      q ? t("{lo} to {hi}, median {mid}, {missing} missing", { lo: number(q[0], 0, 3), hi: number(q[6], 0, 3), mid: number(q[3], 0, 3), missing: twin.percent(c.missing || null) === "—" ? "0 %" : twin.percent(c.missing) }) : t("no numbers: {example}", { example: c.example.join(", ") }))), h("td", {}, role), ...cells);
    const paint = () => {
      row.dataset.role = role.value;
      cells.forEach((cell, n) => cell.querySelectorAll("input").forEach((i) => { i.disabled = role.value === "ignore" || (role.value === "input" && n > 3); }));
    };
    role.addEventListener("change", () => {
      const [a, b] = role.value === "input" ? c.range : c.normal;
      low.value = a; high.value = b;
      paint();
    });
    if (c.role === "input" && c.range) { low.value = c.range[0]; high.value = c.range[1]; }
    paint();
    const read = () => {
      if (role.value === "ignore") return null;
      const range = [valueOf(low), valueOf(high)];
      const own = { column: c.column, role: role.value, id: id.value.trim(), name: name.value.trim(), unit: unit.value.trim() };
      if (role.value === "input") return { ...own, range };
      const alarm = Object.fromEntries(limits.map(([k, i]) => [k, valueOf(i)]).filter(([, v]) => v !== null));
      return { ...own, normal: range, alarm: { ...alarm, deadband: valueOf(deadband) || 0, on_delay_s: valueOf(delay) || 0 } };
    };
    return { row, read };
  };

  /** Measured, estimate and band of one sensor, as a drawing. */
  const chart = (s) => {
    const W = 640, H = 150, known = s.measured.filter((v) => v !== null);
    const lo = Math.min(...known, ...s.level.map((v, i) => v - s.half[i]).slice(5)), hi = Math.max(...known, ...s.level.map((v, i) => v + s.half[i]).slice(5));
    const t0 = Date.parse(`${s.time[0]}Z`), t1 = Date.parse(`${s.time[s.time.length - 1]}Z`);
    const x = (i) => ((Date.parse(`${s.time[i]}Z`) - t0) / (t1 - t0 || 1)) * W;
    const y = (v) => Math.max(0, Math.min(H, H - ((v - lo) / (hi - lo || 1)) * H));
    const line = (values) => {
      let pen = "M";
      return values.map((v, i) => { if (v === null) { pen = "M"; return ""; } const p = `${pen}${x(i).toFixed(1)} ${y(v).toFixed(1)}`; pen = "L"; return p; }).join("");
    };
    const upper = s.level.map((v, i) => `${x(i).toFixed(1)},${y(v + s.half[i]).toFixed(1)}`);
    const lower = s.level.map((v, i) => `${x(i).toFixed(1)},${y(v - s.half[i]).toFixed(1)}`).reverse();
    return svg("svg", { viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: "none", role: "img", "aria-label": t("Measured, estimate, 95 % band") },
      svg("polygon", { class: "band", points: [...upper, ...lower].join(" ") }), svg("path", { class: "measured", d: line(s.measured) }), svg("path", { class: "estimate", d: line(s.level) }));
  };
  const extent = (s) => {
    const known = s.measured.filter((v) => v !== null), when = (i) => s.time[i].replace("T", " ").slice(0, 16);
    return t("{lo} to {hi}; {from} to {to}", { lo: number(Math.min(...known), 0, 3), hi: number(Math.max(...known), 0, 3), from: when(0), to: when(s.time.length - 1) });
  };
  const verdict = (s) => {
    if (s.lag1 === null) return t("This sensor does not move: nothing can be learnt of it.");
    if (Math.abs(s.lag1) > 0.2) return t("The twin lags behind: its errors follow one another (lag one {lag}). Is an input missing, or is the step too long?", { lag: number(s.lag1, 2) });
    return t("The twin follows: errors are white (lag one {lag}) and as large as it says (variance {var}, 1 expected).", { lag: number(s.lag1, 2), var: number(s.variance, 2) });
  };
  const alarmText = (s, days) => s.alarms
    ? t("These limits would have raised {n} alarms in {days} days.", { n: s.alarms, days: number(days, 0, 1) })
    : t("These limits would have raised no alarm in {days} days.", { days: number(days, 0, 1) });

  twin.pages.classes = (root) => {
    const place = (name) => root.querySelector(`[data-list="${name}"]`);
    if (!place("file")) return () => {};
    let job = null, timer = 0;
    const put = (name, ...children) => { place(name).replaceChildren(...children); place(name).closest(".panel").hidden = !children.length; };
    const may = twin.may ? twin.may("class.define") : true;
    const file = h("input", { type: "file", accept: ".csv,text/csv", disabled: may ? null : "" });
    put("file", field(t("Readings of one or more machines of the class, a sample a line"), file, t("A line of names first. A column of times, a column a sensor or input; a column that names the machine if there are several. Up to 64 MB.")),
      may ? "" : notice(t("Needs the role engineer")));
    ["columns", "preview", "save"].forEach((name) => put(name));

    file.addEventListener("change", async () => {
      const chosen = file.files[0];
      if (!chosen) return;
      clearTimeout(timer);
      ["preview", "save"].forEach((name) => put(name));
      put("columns", h("p", { class: "loading", role: "status" }, t("Reading the file")));
      try {
        const found = await post("/define/upload", chosen, "text/csv");
        job = found.job;
        askColumns(found.profile, chosen.name);
      } catch (error) { put("columns", notice(error.message, "bad")); }
    });

    const askColumns = (p, fileName) => {
      const id = text(fileName.replace(/\.[^.]*$/, "").toLowerCase().replace(/[^a-z0-9_.-]+/g, "-").replace(/^[^a-z0-9]+/, "") || "class", { required: "" });
      const name = text(""), period = num(p.period_s, t("Seconds between two samples")), step = num(p.step_s, t("Seconds in a step of the model"));
      const rows = p.columns.map(columnRow), said = h("div", { "aria-live": "polite" });
      const names = [t("Column"), t("Role"), t("Id"), t("Name"), t("Unit"), t("Normal range"), t("Alarms: very low, low, high, very high"), t("Deadband"), t("Delay, s")];
      const go = h("button", { type: "button", class: "button primary" }, t("Fit the twin"));
      go.addEventListener("click", async () => {
        said.replaceChildren();
        const definition = { class_id: id.value.trim(), name: name.value.trim(), time_column: p.time_column, time_unit: p.time_unit, machine_column: p.machine_column, period_s: valueOf(period), step_s: valueOf(step), columns: rows.map((r) => r.read()).filter(Boolean) };
        put("save");
        try { await post(`/define/${job}/fit`, JSON.stringify(definition)); follow(); } catch (error) { said.replaceChildren(notice(error.message, "bad")); }
      });
      put("columns",
        h("p", {}, t("{rows} samples of {n} machines; times in column {column}; {bad} lines without a time.", { rows: number(p.rows, 0), n: p.machines.length || 1, column: p.time_column, bad: p.bad_times })),
        h("div", { class: "fields" }, field(t("Id of the class"), id), field(t("Name"), name), field(t("Seconds between two samples"), period), field(t("Seconds in a step of the model"), step)),
        h("p", { class: "quiet" }, t("Ranges and limits are suggestions from this file: the middle 98 % are normal, limits lie outside what it holds. Correct what you know better.")),
        h("div", { class: "wide", tabindex: 0, role: "region", "aria-label": t("What the columns are") }, h("table", { class: "columns-table" }, h("thead", {}, h("tr", {}, ...names.map((n) => h("th", { scope: "col" }, n)))), h("tbody", {}, ...rows.map((r) => r.row)))),
        h("p", {}, go), said);
    };

    const follow = async () => {
      const stages = ["start", "read", "trend", "landmarks", "hazard", "follow", "done"];
      const state = await fetch(`/define/${job}`).then((r) => r.json()).catch(() => ({ stage: "start" }));
      if (!root.isConnected) return;
      if (state.stage === "failed") { put("preview", notice(state.why, "bad")); return; }
      if (state.stage === "done") { showPreview(state.preview); return; }
      const bar = h("progress", { max: stages.length - 1, value: stages.indexOf(state.stage), "aria-label": t("Fitting the twin") });
      put("preview", h("p", { class: "loading", role: "status" }, t("Fitting the twin")), bar);
      timer = setTimeout(follow, POLL_MS);
    };

    const showPreview = (preview) => {
      const failures = Object.values(preview.fitted.failures || {}).reduce((a, b) => a + b, 0);
      put("preview",
        h("p", {}, t("{machine}, first to last sample. Grey band: where 95 of 100 readings should lie.", { machine: preview.machine })),
        failures ? "" : notice(t("The file holds no failure: this twin follows and forecasts the sensors. It says how likely a failure is once failures have been reported and it was fitted again.")),
        h("div", { class: "previews" }, ...preview.sensors.map((s) => h("figure", { "data-sensor": s.id }, h("figcaption", {}, s.id), chart(s), h("p", { class: "quiet" }, extent(s)), h("p", {}, verdict(s)), h("p", {}, alarmText(s, preview.alarm_days))))));
      askSave(preview);
    };

    const askSave = (preview) => {
      const said = h("div", { "aria-live": "polite" });
      const lines = JSON.parse(root.querySelector(".guide").dataset.lines);
      const line = h("select", { disabled: lines.length ? null : "" }, h("option", { value: "" }, t("None: the class alone")), ...lines.map((l) => h("option", { value: l.id }, twin.pick(l.name) || l.id)));
      const go = h("button", { type: "button", class: "button primary" }, t("Save the class"));
      go.addEventListener("click", async () => {
        if (!(await twin.named())) return;
        go.disabled = true;
        try {
          const saved = await post(`/define/${job}/save`, JSON.stringify({ line: line.value }));
          const undo = h("button", { type: "button", class: "button" }, t("Undo"));
          undo.addEventListener("click", async () => {
            try { await post(`/define/${job}/undo`, "{}"); said.replaceChildren(notice(t("Taken back: the plant file is as it was."))); go.disabled = false; } catch (error) { said.append(notice(error.message, "bad")); }
          });
          said.replaceChildren(notice(saved.machines.length
            ? t("Saved in {file}, with {n} machines. Every part takes it up by itself.", { file: saved.saved, n: saved.machines.length })
            : t("Saved in {file}. Every part takes it up by itself.", { file: saved.saved })), undo);
        } catch (error) { go.disabled = false; said.replaceChildren(notice(error.message, "bad")); }
      });
      const machines = Object.keys(preview.machines).join(", ");
      put("save",
        field(t("Line that gets the machines {machines}", { machines }), line, lines.length ? null : t("This plant is simulated: nobody would send readings of new machines.")),
        h("p", { class: "actions" }, go,
          h("a", { class: "button", href: `/define/${job}/class.toml`, download: "" }, t("Download the plant file's tables")),
          h("a", { class: "button", href: `/define/${job}/model.json`, download: "" }, t("Download the model"))), said);
    };
    return () => {};
  };
})();

/* Explorer: what is shown is in the address; windows and fans are asked for, given up, and drawn. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, say, number } = twin;
  const { figure, strip, fanList, ms, iso } = twin.explorer;
  const WAIT_MS = 150, FOLLOW_MS = 5000, SENSORS_MAX = 4, FANS_MAX = 5, SAMPLES_MAX = 2000000;
  const RANGES = ["hour", "shift", "day", "week", "all"];

  // The figure is drawn anew in the colours of the other theme.
  let redraw = () => {};
  new MutationObserver(() => redraw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());

  const goTo = (id) => {
    const link = h("a", { href: `/forecast/${encodeURIComponent(id)}`, "data-nav": "1" });
    document.body.append(link); link.click(); link.remove();
  };
  const bindPicker = (page) => {
    const place = page.querySelector(".explorer-picker"), known = [...place.querySelectorAll("option")].map((o) => o.value);
    place.addEventListener("change", (event) => {
      const id = event.target.value.trim();
      if (known.includes(id) && id !== place.dataset.chosen) goTo(id);
    });
    place.addEventListener("input", (event) => { if (event.inputType === undefined || event.inputType === "insertReplacementText") event.target.dispatchEvent(new Event("change", { bubbles: true })); });
  };

  twin.pages.explore_none = (page) => { bindPicker(page); return () => {}; };

  const readAddress = (page, sensors) => {
    const query = new URLSearchParams(location.search);
    const asked = (query.get("sensors") || query.get("sensor") || "").split(",").filter((id) => sensors[id]).slice(0, SENSORS_MAX);
    const from = query.get("from"), to = query.get("to");
    const marks = (query.get("fans") || query.get("at") || "").split(",").filter(Boolean).slice(-FANS_MAX).map((text) => {
      const [at, sensor] = text.split("~");
      return { at, sensor: sensors[sensor] ? sensor : asked[0] || Object.keys(sensors)[0] };
    });
    const ids = [...new Set([...(asked.length ? asked : Object.keys(sensors).slice(0, 1)), ...marks.map((m) => m.sensor)])].slice(0, SENSORS_MAX);
    return { machine: page.dataset.machine, ids, from, to,
      range: from && to ? null : RANGES.includes(query.get("range")) ? query.get("range") : "day",
      zone: query.get("zone") === "utc" ? "utc" : "plant", hours: ["8", "24", "72", "168"].includes(query.get("hours")) ? query.get("hours") : "24",
      inputs: query.get("inputs") === "came" ? "came" : "then", marks };
  };
  const address = (s) => {
    const pairs = [["sensors", s.ids.join(",")], ...(s.range ? [["range", s.range]] : [["from", s.from], ["to", s.to]]),
      ["zone", s.zone === "utc" ? "utc" : ""], ["hours", s.hours === "24" ? "" : s.hours], ["inputs", s.inputs === "came" ? "came" : ""], ["fans", s.marks.map((m) => `${m.at}~${m.sensor}`).join(",")]];
    return pairs.filter(([, value]) => value).map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%3A", ":")}`).join("&");
  };

  twin.pages.explore = (page) => {
    bindPicker(page);
    const list = JSON.parse(page.dataset.sensors), sensors = Object.fromEntries(list.map((s) => [s.id, s]));
    const region = (name) => page.querySelector(`[data-list="${name}"]`);
    const s = readAddress(page, sensors);
    const fans = new Map();
    let answer = null, past = null, asking = null, timer = 0, bound = false, askedAt = 0, dotting = 0, drawn = "";

    const keep = () => history.replaceState(history.state, "", `${location.pathname}?${address(s)}`);
    const query = (more) => new URLSearchParams({ machine: s.machine, zone: s.zone, ...more });
    const windowQuery = () => query({ sensors: s.ids.join(","), ...(s.range ? { range: s.range } : { from: s.from, to: s.to }) });
    const ask = async (path, signal) => {
      const reply = await fetch(path, { signal });
      const body = reply.status === 400 || reply.ok ? await reply.json() : { error: t("The store does not answer now; it is asked again.") };
      if (!reply.ok && reply.status !== 400) setTimeout(() => load(), FOLLOW_MS);
      return body;
    };

    const press = () => {
      for (const [name, is] of [["sensor", (v) => s.ids.includes(v)], ["range", (v) => s.range === v], ["zone", (v) => s.zone === v], ["hours", (v) => s.hours === v], ["inputs", (v) => s.inputs === v]])
        page.querySelectorAll(`button[data-${name}]`).forEach((b) => b.setAttribute("aria-pressed", is(b.dataset[name])));
    };
    const key = (mark) => [mark.at, mark.sensor, s.hours, s.zone, s.inputs].join("|");
    const shownFans = () => s.marks.map((mark) => fans.get(key(mark)) || null);

    const saidText = () => {
      if (!answer.n) return t("No sample in this time.");
      const n = number(answer.n, 0);
      return answer.raw ? t("{n} samples; drawn from every one of them.", { n }) : t("{n} samples; drawn from the lowest and highest of each piece. Zoom in for single samples.", { n });
    };
    const heldText = () => past?.first ? t("Held since {time}; single samples since {raw}.", { time: past.first.slice(0, 16).replace("T", " "), raw: past.raw_from.slice(0, 16).replace("T", " ") }) : "";

    const exports_ = () => {
      const over = answer.n > SAMPLES_MAX, q = query({ sensors: s.ids.join(","), from: answer.from, to: answer.to });
      const link = (kind, text) => over ? h("button", { class: "button small", type: "button", disabled: "" }, text)
        : h("a", { class: "button small", href: `/export/history.${kind}?${q}`, download: "" }, text);
      return [h("div", { class: "buttons" }, link("csv", t("Download CSV")), link("parquet", t("Download Parquet"))),
        h("p", { class: "quiet" }, over ? t("{n} samples are more than a file may hold ({most}): choose less time.", { n: number(answer.n, 0), most: number(SAMPLES_MAX, 0) })
          : t("Every sample of the window, with quality, estimate and band; times with their offset."))];
    };

    const follow = (gd) => {
      if (bound) return;
      bound = true;
      gd.on("plotly_relayout", (e) => {
        const from = e["xaxis.range[0]"] ?? e["xaxis.range"]?.[0], to = e["xaxis.range[1]"] ?? e["xaxis.range"]?.[1];
        if (from && to) choose(ms(String(from).replace(" ", "T")), ms(String(to).replace(" ", "T")));
      });
      gd.on("plotly_doubleclick", () => { const wide = ms(answer.to) - ms(answer.from); choose(ms(answer.from) - wide, ms(answer.to) + wide); return false; });
      gd.on("plotly_click", (e) => {
        const point = e.points.find((p) => p.data.meta?.sensor);
        if (point) addFan(String(point.x).replace(" ", "T"), point.data.meta.sensor);
      });
    };

    const draw = async () => {
      const graph = page.querySelector(".explorer-chart .graph .js-plotly-plot"), gd = page.querySelector(".explorer-plot");
      if (!answer || !graph?._context || !window.Plotly) return;
      const { data, layout } = figure({ sensors }, answer, shownFans().filter((f) => f && !f.error), gd.clientWidth);
      // Dash's own plot brings plotly and the reader's language; its listeners would displace ours.
      const { locale, locales } = graph._context;
      await window.Plotly.react(gd, data, layout, { locale, locales, displayModeBar: false, displaylogo: false, showTips: false, doubleClick: false, responsive: true });
      follow(gd);
      // Dots of single samples cost as much as all the rest: they come once the reader stands still.
      clearTimeout(dotting);
      const dotted = data.flatMap((trace, i) => (trace.dots ? [i] : []));
      delete page.dataset.dots;
      if (dotted.length) dotting = setTimeout(async () => {
        if (!page.isConnected) return;
        await window.Plotly.restyle(gd, { mode: "lines+markers" }, dotted);
        page.dataset.dots = "1";
      }, 2 * WAIT_MS);
      page.dataset.drawn = Number(page.dataset.drawn || 0) + 1;
      page.dataset.raw = answer.raw;
    };

    const paintAround = () => {
      press();
      region("said").replaceChildren(h("p", { class: "quiet" }, saidText(), " ", heldText(), " ", answer.offsets.join(", ")));
      region("exports").replaceChildren(...exports_());
      paintLines();
      times();
      if (past?.first) strip(region("strip"), past, answer, choose);
    };

    const paintLines = () => {
      if (!answer) return;
      const lines = shownFans().filter((f) => f?.python).map((f) => `    ${f.python},\n`);
      say(region("python"), lines.length ? ["from twin.pipeline.history.fan import fan_of\n", answer.python.replace("store.close()", `fans = [\n${lines.join("")}]\nstore.close()`)].join("") : answer.python);
    };
    const paintFans = () => paintLines() || fanList(region("fans"), s.marks, shownFans(), sensors, (i) => { s.marks.splice(i, 1); keep(); paintFans(); draw(); });

    const load = async () => {
      clearTimeout(timer);
      asking?.abort();
      const own = (asking = new AbortController());
      page.dataset.asking = "1";
      askedAt = performance.now();
      try {
        const found = await ask(`/data/history?${windowQuery()}`, own.signal);
        if (own !== asking) return;
        if (found.error) { fault(found.error); return; }
        answer = found;
        if (!s.range) { s.from = found.from; s.to = found.to; }
        if (!past || drawn !== s.ids[0] + s.zone || s.range) {
          drawn = s.ids[0] + s.zone;
          ask(`/data/strip?${query({ sensor: s.ids[0] })}`).then((p) => { past = p.error ? null : p; if (answer && past) paintAround(); if (past && !past.first) fault(t("Nothing has been received from this machine yet.")); });
        }
        fault(found.n ? "" : past && !past.first ? t("Nothing has been received from this machine yet.") : t("No sample in this time."));
        paintAround();
        await draw();
      } catch (error) {
        if (error.name !== "AbortError") fault(t("The server does not answer."));
      } finally {
        if (own === asking) delete page.dataset.asking;
      }
    };

    const fault = (text) => {
      const wait = page.querySelector(".explorer-wait");
      wait.hidden = !text && Boolean(answer);
      wait.classList.toggle("loading", !text);
      if (text) say(wait, text);
    };

    const loadFans = () => {
      paintFans();
      for (const mark of s.marks) {
        const name = key(mark);
        if (fans.has(name)) continue;
        fans.set(name, null);
        ask(`/data/fan?${query({ sensor: mark.sensor, at: mark.at, hours: s.hours, inputs: s.inputs })}`).then((fan) => {
          if (!fan.error) mark.at = fan.at;
          fans.set(key(mark), fan);
          keep(); paintFans(); draw();
        })
          .catch(() => fans.delete(name));
      }
    };

    const choose = (from, to) => {
      if (!(to > from)) return;
      Object.assign(s, { range: null, from: iso(from), to: iso(to) });
      keep();
      clearTimeout(timer);
      // The first of a row of movements is answered at once, the rest when they pause.
      if (performance.now() - askedAt > WAIT_MS) load();
      else timer = setTimeout(load, WAIT_MS);
    };
    const addFan = (at, sensor) => {
      s.marks = [...s.marks.filter((m) => m.at !== at || m.sensor !== sensor), { at, sensor }].slice(-FANS_MAX);
      const end = ms(at) + s.hours * 3.6e6;
      keep();
      loadFans();
      if (end > ms(answer.to)) choose(Math.min(ms(answer.from), ms(at) - s.hours * 9e5), end);
      else draw();
    };

    const field = (name, label, value, act) => {
      const input = h("input", { type: "datetime-local", step: "1", id: `explorer-${name}`, value });
      input.addEventListener("change", () => input.value && act(input.value));
      return h("label", {}, h("span", { class: "explorer-label" }, label), input);
    };
    const times = () => {
      if (region("times").contains(document.activeElement)) return;
      region("times").replaceChildren(
        field("from", t("From"), answer.from.slice(0, 19), (v) => choose(ms(v), ms(answer.to))),
        field("to", t("To"), answer.to.slice(0, 19), (v) => choose(ms(answer.from), ms(v))));
    };
    region("moment").replaceChildren(field("moment", t("Moment"), "", () => {}),
      h("button", { type: "button", class: "button small", "data-from-here": "1" }, t("Forecast from then")));

    const actions = {
      sensor: (id) => {
        const has = s.ids.includes(id);
        if (has && s.ids.length === 1) return;
        s.ids = has ? s.ids.filter((i) => i !== id) : [...s.ids, id].slice(-SENSORS_MAX);
        load();
      },
      range: (range) => { Object.assign(s, { range, from: null, to: null }); load(); },
      zone: (zone) => {
        if (zone === s.zone || !answer) return;
        s.marks = s.marks.map((mark) => ({ ...mark, at: fans.get(key(mark))?.at_utc || mark.at }));
        Object.assign(s, { zone, ...(s.range ? {} : { from: answer.from_utc, to: answer.to_utc }) });
        past = null;
        load();
        loadFans();
      },
      hours: (hours) => { s.hours = hours; loadFans(); draw(); },
      inputs: (inputs) => { s.inputs = inputs; loadFans(); draw(); },
      move: (way) => {
        const from = ms(answer.from), to = ms(answer.to), w = to - from;
        choose(...{ in: [from + w / 4, to - w / 4], out: [from - w / 2, to + w / 2], back: [from - w / 2, to - w / 2], on: [from + w / 2, to + w / 2] }[way]);
      },
      fromHere: () => { const at = document.getElementById("explorer-moment").value; if (at && answer) addFan(at, s.ids[0]); },
      copy: (_, button) => navigator.clipboard?.writeText(region("python").textContent).then(() => say(button, t("Copied"))),
    };
    page.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      const name = button && Object.keys(actions).find((k) => k in button.dataset);
      if (name) { actions[name](button.dataset[name], button); keep(); press(); }
    });

    redraw = () => { if (page.isConnected) draw(); };
    new MutationObserver(() => { if (!bound) draw(); }).observe(region("chart"), { childList: true, subtree: true });

    const mark = (kind, text, sign = "") => h("span", {}, h("i", { class: kind, "aria-hidden": "true" }, sign), text);
    region("key").replaceChildren(mark("line", t("measured")), mark("line soft", t("estimate")), mark("band", t("95 % band of a reading")), mark("line fan", t("forecast, bands of 50, 80 and 95 %")),
      mark("line limit", t("limit")), mark("", t("uncertain"), "○"), mark("", t("not believed"), "×"), mark("", t("bad: its source says so"), "□"));
    press();
    load();
    loadFans();
    // A window that ends now moves on with the plant, unless nobody looks.
    return () => { if (s.range && answer && !page.dataset.asking && performance.now() - askedAt > FOLLOW_MS && !region("chart").matches(":hover")) load(); };
  };
})();

/* The wall: figures, tiles, what to do now. Nodes are made once and changed in place; one timer. */
(() => {
  "use strict";
  const { fontFor, pxOf, fit, Stream } = window.wall;
  const root = document.documentElement;
  const settings = JSON.parse(document.getElementById("kiosk").textContent);
  const { words } = settings;
  const $ = (id) => document.getElementById(id);
  const shapes = { 1: "■", 2: "▲", 3: "◆" };
  const CLASSES = { ".": "", i: "idle", s: "silent", 1: "p1", 2: "p2", 3: "p3", a: "p1 silent", b: "p2 silent", c: "p3 silent",
    v: "service", d: "p1 service", e: "p2 service", f: "p3 service" };
  const CODE_S = 15, STALE_S = 10, TURN_S = 15;

  const say = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  const show = (node, on) => { if (node.hidden === on) node.hidden = !on; };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
  const pick = (text) => (typeof text === "string" ? text : text[root.lang.slice(0, 2)] || Object.values(text)[0] || "");
  const number = (value, most) => value.toLocaleString(root.lang, { maximumFractionDigits: most });
  const unit = (n, key) => fill(words[key], { n }).replace(" ", "\u00a0");
  const parts = (h) => h < 1 ? [Math.round(60 * h), "min"] : h < 48 ? [h < 10 ? number(h, 1) : Math.round(h), "h"] : [number(h / 24, h < 240 ? 1 : 0), "d"];
  const time = (hours) => unit(...parts(hours));
  const range = (lo, hi) => fill(words.to, { lo: parts(lo)[1] === parts(hi)[1] ? parts(lo)[0] : time(lo), hi: time(hi) });
  const age = (s) => (s < 120 ? unit(Math.round(s), "s") : time(s / 3600));

  const pen = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(document.body);
  const pens = (size, weight) => { pen.font = `${weight} ${size}px ${style.fontFamily}`; };
  const widthOf = (text, size, weight = 400) => { pens(size, weight); return pen.measureText(text).width; };
  pens(1000, 400);
  const CAP = pen.measureText("H").actualBoundingBoxAscent / 1000;  // of the font that is really there

  const figures = [...$("figures").children], items = [...$("now").querySelectorAll("li")], tiles = [];
  const [code, caption] = $("code").children;
  let m = 16, state = null, shownCode = "", signature = "", listed = [], stream = null;

  const area = () => {
    const all = Object.values(state.areas);
    const n = Math.floor(Date.now() / 1000 / settings.every_s) % all.length;
    return [n, all[n]];
  };

  /* --- figures: fewer of them before smaller words ------------------------------------------- */
  const figureTexts = (f) => [
    { kind: f.p1 ? "p1" : "", big: number(f.p1, 0), words: [`■ ${words.p1}`, "■ P1"] },
    { kind: f.p2 ? "p2" : "", big: number(f.p2, 0), words: [`▲ ${words.p2}`, "▲ P2"] },
    { big: f.running === undefined ? "—" : number(f.running, 0), words: [fill(words.running, { n: f.total }), fill(words.of, { n: f.total })] },
    f.stops === undefined ? { big: f.complete === undefined ? "—" : `${number(f.complete, 1)} %`, words: [words.complete, words.complete_short] }
      : { big: number(f.stops, 1), words: [words.stops, words.stops_short] },
  ];
  const paintFigures = (f) => {
    const all = figureTexts(f);
    const upright = isUpright();
    const ways = upright ? [[4, 2], [2, 2], [2, 1], [1, 1]] : [[4, 4], [3, 3], [2, 2], [1, 1]];
    const room = (columns) => (innerWidth - 2 * edge() - (columns - 1) * edge()) / columns - 1.1 * m - 4;
    const words_ = (figure, columns) => figure.words.find((text) => widthOf(text, m) <= room(columns));
    const [n, columns] = ways.find(([n, c]) => all.slice(0, n).every((figure) => words_(figure, c))) || [upright ? 2 : 3, upright ? 1 : 3];
    const rows = n / columns;
    const tall = (innerHeight * (upright ? 0.11 : 0.12)) / rows ** 0.5;
    const wide = Math.min(...all.slice(0, n).map((figure) => (m * room(columns)) / widthOf(figure.big, m, 700)));
    const size = Math.max(m, Math.min(Math.max(tall, 1.4 * m), wide));
    $("figures").style.cssText = `grid-template-columns: repeat(${columns}, minmax(0, 1fr)); --big: ${size.toFixed(1)}px`;
    figures.forEach((node, k) => {
      show(node, k < n);
      const figure = all[k];
      node.className = figure.kind || "";
      say(node.children[0], figure.big);
      say(node.children[1], words_(figure, columns) || "");
      show(node.children[1], Boolean(words_(figure, columns)));
    });
  };
  const isUpright = () => innerHeight > innerWidth;
  const edge = () => Math.max(8, Math.round(Math.min(innerWidth, innerHeight) / 60));

  const onDay = (day, time) => (day === 1 ? fill(words.tomorrow, { time }) : day > 1 ? fill(words.after, { n: day, time }) : time);

  /* --- what to do now: as many items as fit --------------------------------------------------- */
  const why = (item) => item.till ? words.serviced : item.withheld && item.reason !== "failed" ? words.withheld
    : item.reason === "risk" && item.mode ? pick(item.mode) : words[item.reason] || item.reason;
  const when = (item, brief) => {
    if (item.till) return fill(words.until, { time: onDay(item.till_day, item.till) });
    if (item.reason === "failed" || item.withheld) return "";
    if (item.mid_h === undefined) return item.lo_h === undefined ? "" : fill(words.not_within, { time: time(state.horizon_h) });
    const spread = brief || item.lo_h === undefined ? "" : item.hi_h === undefined ? fill(words.from, { lo: time(item.lo_h) }) : range(item.lo_h, item.hi_h);
    return fill(spread ? words.stop_range : words.stop_in, { time: time(item.mid_h), range: spread });
  };
  const overflows = (node) => node.scrollHeight > node.clientHeight + 1;
  /** In turns: what needs attention, and what this shift has planned. */
  const hasTurn = (here) => Boolean(here.shift) && Math.floor(Date.now() / 1000 / TURN_S) % 2 === 1;
  const span = ({ from, till, day, till_day }) => (from ? `${onDay(day, from)}–${till}` : fill(words.until, { time: onDay(till_day, till) }));
  const progress = (s) => [fill(words.operations, s), s.late ? fill(words.late, { n: s.late }) : ""].filter(Boolean).join(words.comma);
  /** The fullest title first: small and far away, the figures alone still say how far the shift is. */
  const shiftTitles = (plan) => plan.all ? [`${words.shift}\n${progress(plan)}`, `${words.shift}\n${fill(words.operations, plan)}`,
    `${words.shift}\n${plan.done}/${plan.all} ${words.steps}`, `${words.shift}\n${plan.done}/${plan.all}`, `${words.shift} ${plan.done}/${plan.all}`, `${plan.done}/${plan.all}`] : [words.next];
  const shiftTitlesOver = (plan) => (plan.all && plan.beyond ? shiftTitles(plan).map((title) => `${title}\n${words.next}`) : shiftTitles(plan));
  const paintNow = (here, plan) => {
    const panel = $("now"), rest = $("rest"), head = panel.children[0];
    listed = plan ? plan.services : here.now;
    const titles = plan ? shiftTitlesOver(plan) : [words.now];
    items.forEach((node, k) => {
      const item = listed[k];
      show(node, Boolean(item));
      if (!item) return;
      const [badge, name, reason, expected] = node.children;
      badge.className = plan ? `badge service${item.sure ? "" : " open"}` : `badge p${item.priority}`;
      say(badge, plan ? "" : shapes[item.priority]);
      say(name, pick(item.name));
      say(reason, plan ? [pick(item.crew), item.from ? (item.sure ? "" : words.suggested) : words.in_service].filter(Boolean).join(words.comma) : why(item));
      say(expected, plan ? span(item) : when(item));
    });
    const total = listed.length + (plan || here).more;
    const say_rest = (n) => {
      const none = plan ? words.no_service : words.nothing;
      const text = state.plan_old ? words.old_plan : !total ? none : total > n ? fill(words.more, { n: total - n }) : "";
      say(rest, text);
      show(rest, Boolean(text));
    };
    const wanted = Math.min(pxOf(100 * settings.distance_m, settings, innerWidth, innerHeight), 0.35 * Math.min(innerWidth, innerHeight), 0.45 * panel.clientWidth);
    const least = 0.13 * Math.min(innerWidth, innerHeight);
    const trial = (side) => {
      show($("code"), side > 0);
      show(head, true);
      say(head, titles[0]);
      $("code").style.setProperty("--side", `${Math.floor(side)}px`);
      let n = listed.length;
      items.forEach((node, k) => show(node, k < n));
      say_rest(n);
      if (!plan && overflows(panel)) show(head, false);
      while (n > 0 && overflows(panel)) { show(items[--n], false); say_rest(n); }
      if (!plan) show(head, true);
      if (!plan && overflows(panel)) show(head, false);
      if (plan && overflows(panel)) show(rest, false);  // what a plan's list is, only its title says
      for (const title of titles) if (plan && overflows(panel)) say(head, title);
      if (plan && overflows(panel)) { show(head, false); say_rest(n); }
      return n;
    };
    let n = trial(0);
    const withCode = listed.length && wanted >= least ? trial(isUpright() ? wanted : least) : 0;
    if (!withCode || withCode < Math.min(3, n)) {
      n = trial(0);
      if (!n && listed.length && !plan) shorten(panel, listed[0]);
    } else {
      n = withCode;
      const spare = panel.clientHeight - [...panel.children].reduce((sum, node) => sum + (node.hidden ? 0 : node.offsetHeight), 0);
      const side = isUpright() ? wanted : Math.min(wanted, least + Math.max(0, spare - 1.2 * m));
      $("code").style.setProperty("--side", `${Math.floor(side)}px`);
      const metres = (side / pxOf(1000, settings, innerWidth, innerHeight)) * 10;
      caption.dataset.scan = fill(words.scan, { n: number(metres, 1) });
      const room = isUpright() ? side : panel.clientWidth - side - 2 * m;
      show(caption, widthOf(caption.dataset.scan, m) <= room);
    }
    listed = listed.slice(0, n);
    shownCode = "";
  };
  /** Upright as high as the taller turn, so that the tiles, which have the rest, stay in place. */
  const paintTurns = (here) => {
    const { style } = $("now");
    style.minHeight = "";
    for (const plan of hasTurn(here) ? [null, here.shift] : [here.shift, null]) {
      paintNow(here, plan);
      style.minHeight = `${$("now").offsetHeight}px`;
    }
  };
  /** Room for less than one item: its name, with as much of reason, time and range as there is room for. */
  const shorten = (panel, item) => {
    const [, , reason, expected] = items[0].children;
    show(items[0], true);
    show($("rest"), false);
    for (const [because, range] of [[1, 1], [1, 0], [0, 1], [0, 0]]) {
      if (!overflows(panel)) return;
      say(reason, because ? why(item) : "");
      say(expected, when(item, !range));
    }
  };

  /* --- tiles ---------------------------------------------------------------------------------- */
  const paintTiles = (here) => {
    const box = { width: $("tiles").clientWidth, height: $("tiles").clientHeight };
    const all = Object.values(here.lines);
    const label = (g, short) => `${shapes[tileCode(here, g)[1]]} ${short ? g.short : pick(g.name)}`;
    const tall = 1.35 * m;
    const way = (count, short) => all.map((line, n) => ({ n: line.tiles.length, head: widthOf(pick(line.name), m, 700), wide: new Map(here.grown.slice(0, count)
      .filter((g) => g.line === n).map((g) => [g.at, [widthOf(label(g, short), m, 700) + (/silent|service/.test(tileCode(here, g)) ? 1.5 : 0.7) * m, tall]])) }));
    const counts = [here.grown.length, 12, 6, 3, 1].filter((n, k) => n && (!k || n < here.grown.length));
    const choices = [...counts.map((n) => [n, false]), ...counts.map((n) => [n, true]), [0, false]];
    const found = box.width > 2 * m && box.height > m && fit(choices.map((c) => way(...c)), box, 1.45 * m, isUpright() ? 0.18 * innerWidth : Math.min(3.2 * m, 0.11 * innerHeight));
    const names = $("tiles").querySelectorAll("h2");
    let at = 0;
    all.forEach((line, n) => {
      const spot = found && found.placed[n];
      const head = names[n];
      show(head, Boolean(spot && found.head));
      if (spot && found.head) {
        const count = fill(words.machines, { n: line.tiles.length });
        const both = widthOf(pick(line.name), m, 700) + widthOf(count, m) + m < spot.width;
        say(head.children[0], pick(line.name));
        say(head.children[1], both ? count : "");
        head.style.cssText = `left:${spot.x}px;top:${spot.y}px;width:${spot.width}px`;
      }
      const named = new Map(here.grown.slice(0, found ? choices[found.way][0] : 0).filter((g) => g.line === n).map((g) => [g.at, g]));
      [...line.tiles].forEach((letter, k) => {
        const node = tiles[at++];
        const g = named.get(k);
        const [x, y, w, h] = spot ? spot.tiles[k] : [0, 0, 0, 0];
        const css = `left:${x.toFixed(1)}px;top:${y.toFixed(1)}px;width:${w.toFixed(1)}px;height:${h.toFixed(1)}px`;
        if (node.dataset.css !== css) { node.dataset.css = css; node.style.cssText = css; }
        const kind = `${CLASSES[letter] ?? ""}${g ? " named" : ""}`;
        if (node.className !== kind) node.className = kind;
        say(node, g ? label(g, choices[found.way][1]) : "");
        show(node, Boolean(spot));
      });
    });
    for (let n = all.length; n < names.length; n++) show(names[n], false);
    for (; at < tiles.length; at++) show(tiles[at], false);
  };
  const tileCode = (here, g) => CLASSES[here.lines[g.line].tiles[g.at]] || "p3";

  /** As many nodes as the largest area needs; never fewer than before. */
  const provide = () => {
    const all = Object.values(state.areas).map((a) => Object.values(a.lines));
    const most = Math.max(...all.map((lines) => lines.reduce((sum, line) => sum + line.tiles.length, 0)));
    const heads = Math.max(...all.map((lines) => lines.length));
    while (tiles.length < most) tiles.push($("tiles").appendChild(document.createElement("i")));
    while ($("tiles").querySelectorAll("h2").length < heads) {
      const head = document.createElement("h2");
      head.append(document.createElement("b"), document.createElement("span"));
      $("tiles").append(head);
    }
  };

  /* --- the whole ------------------------------------------------------------------------------ */
  const layout = (here) => {
    root.style.setProperty("--edge", `${edge()}px`);
    root.classList.toggle("upright", isUpright());
    paintFigures(here.figures);
    // Words need width: the list gets what its letters ask for, the tiles what is left.
    root.style.setProperty("--list", `${Math.round(Math.min(0.5 * innerWidth, Math.max(0.32 * innerWidth, 15 * m)))}px`);
    show($("body"), true);
    show($("body"), $("body").clientHeight >= 1.6 * m);
    paintTurns(here);
    paintTiles(here);
  };

  const paint = () => {
    if (!state) return;
    const [n, here] = area();
    say(document.querySelector("h1"), here.names.map(pick).join(words.comma));
    show($("simulated"), Boolean(state.clock.simulated));
    say($("simulated"), words.simulated);
    m = Math.max(12, fontFor(settings, innerWidth, innerHeight, CAP));
    root.style.setProperty("--m", `${m.toFixed(2)}px`);
    paintHeader(state.clock);
    const head = document.querySelector("header").offsetHeight;
    const now = JSON.stringify([n, hasTurn(here), here, state.plan_old, state.horizon_h, innerWidth, innerHeight, head]);
    if (now !== signature) { signature = now; provide(); layout(here); }
    root.dataset.seq = stream.seq;
    paintCode();
    mark();
  };

  /** A name that is cut pushes out the word beside the mark, then the zone. */
  const paintHeader = (clock) => {
    const title = document.querySelector("h1"), time = clock.time.slice(0, 5);
    const room = innerWidth - 2 * edge() - 3 * 0.6 * m - (clock.simulated ? widthOf(words.simulated, m) + 0.6 * m + 4 : 0);
    const wants = widthOf(title.textContent, m, 700), zoned = `${time} ${clock.offset}`;
    const spare = room - wants - widthOf(zoned, m) - 0.8 * m;
    say($("live"), spare >= widthOf(words.live, m) ? words.live : "");
    const two = spare < 0 && isUpright();
    root.classList.toggle("two", two);
    say($("clock"), (two ? spare + wants : spare) >= 0 ? zoned : time);
  };

  /** The code leads to each listed machine in turn; its item is marked. */
  const paintCode = () => {
    const n = listed.length && !$("code").hidden ? Math.floor(Date.now() / 1000 / CODE_S) % listed.length : -1;
    const id = n < 0 ? "" : listed[n].id;
    if (id === shownCode) return;
    shownCode = id;
    items.forEach((node, k) => node.classList.toggle("coded", k === n));
    if (id) {
      code.src = `${location.pathname}/qr/${encodeURIComponent(id)}.svg`;
      code.alt = pick(listed[n].name);
      say(caption, `${pick(listed[n].name)}\n${caption.dataset.scan || ""}`);
    }
  };

  /** Is the stream alive, and how old is what is shown? */
  const mark = () => {
    if (root.dataset.live === "revoked") return;
    const clock = state?.clock;
    const old = clock?.age_s === undefined ? undefined : clock.age_s + stream.waited_s;
    const silent = clock && (old === undefined || old > clock.stale_s);
    const kind = stream.lost ? (stream.silence_s > STALE_S ? "stale" : "lost") : silent ? "stale" : clock ? "live" : "connecting";
    if (root.dataset.live !== kind) root.dataset.live = kind;
    say($("notice"), stream.lost ? fill(words.lost, { age: age(stream.silence_s) })
      : silent ? (old === undefined ? words.empty : fill(words.silent, { age: age(old) })) : clock ? "" : words.connecting);
  };

  const closed = () => {
    root.dataset.live = "revoked";
    say($("closed"), words.revoked);
    $("closed").hidden = false;
  };

  root.style.setProperty("--m", `${Math.max(12, fontFor(settings, innerWidth, innerHeight, CAP)).toFixed(2)}px`);
  root.dataset.cap = CAP;
  let asked = 0;
  stream = new Stream(`${location.pathname}/live`, {
    paint: (next) => { state = next; asked ||= requestAnimationFrame(() => { asked = 0; paint(); }); }, closed });
  setInterval(() => { if (stream.url) { paint(); mark(); } }, 500);
  addEventListener("resize", paint);
  document.addEventListener("visibilitychange", () => stream.url && (document.hidden ? stream.close() : stream.open()));
  addEventListener("pageshow", (event) => event.persisted && stream.url && stream.open());
  addEventListener("pagehide", () => stream.close());
})();

/* The live stream of a page: a snapshot, then differences; reopened by ourselves, painted once a frame. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const root = document.documentElement;
  const LOST_MS = 4500;      // two heartbeats and some: nothing heard for so long is no connection
  const HUNG_MS = 4000;      // an attempt that nobody answers
  const RETRY_MS = 500;
  const RETRY_MAX_MS = 4000;
  const RENEW_MS = 2000;
  const ASK_MS = 30000;
  const RENEWED_MS = 600000;

  /** RFC 7396: null removes, objects are merged, all else is replaced. */
  const isTree = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const merge = (target, patch) => {
    for (const [key, value] of Object.entries(patch)) {
      if (value === null) delete target[key];
      else target[key] = isTree(value) ? merge(isTree(target[key]) ? target[key] : {}, value) : value;
    }
    return target;
  };

  let askedAt = -ASK_MS;
  /** Load the page of a newer build: once it is really served, and once a build, or two versions
      behind one address would have us load for ever. */
  const renew = (build) => {
    const tried = JSON.parse(sessionStorage.getItem("renewed")) || {};
    const now = performance.now();
    if (now - askedAt < ASK_MS || Date.now() - (tried[build] || 0) < RENEWED_MS) return;
    askedAt = now;
    setTimeout(async () => {
      const served = await fetch(location.href, { cache: "no-store" }).then((answer) => (answer.ok ? answer.text() : "")).catch(() => "");
      if (!served.includes(`data-build="${build}"`)) return;
      sessionStorage.setItem("renewed", JSON.stringify({ ...tried, [build]: Date.now() }));
      location.reload();
    }, Math.random() * RENEW_MS);
  };

  class Live {
    constructor(url, paint) {
      Object.assign(this, { url, paint, state: null, resumed: false, seq: 0, tries: 0, source: null, timer: 0, frame: 0 });
      this.newsAt = this.heardAt = this.startedAt = performance.now();
      this.open();
    }

    open() {
      this.close();
      if (document.hidden) return;
      this.resumed = this.state !== null;
      this.startedAt = performance.now();
      const source = (this.source = new EventSource(this.url));
      source.addEventListener("snapshot", (e) => this.take(e, (data) => merge({}, data)));
      source.addEventListener("delta", (e) => this.take(e, (data) => merge(this.state || {}, data)));
      source.addEventListener("beat", () => { this.heardAt = performance.now(); });
      source.onerror = () => this.retry();
    }

    close() {
      clearTimeout(this.timer);
      this.source?.close();
      this.source = null;
    }

    /** EventSource gives up after an HTTP error: reopen with jitter, so that screens do not return at once. */
    retry() {
      this.close();
      const wait = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** this.tries++) * (0.5 + Math.random() / 2);
      this.timer = setTimeout(() => this.open(), wait);
      twin.lost?.();
    }

    take(event, next) {
      this.tries = 0;
      this.newsAt = this.heardAt = performance.now();
      this.state = next(JSON.parse(event.data));
      this.seq = event.lastEventId;
      if (this.state.build && this.state.build !== root.dataset.build) renew(this.state.build);
      this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.draw(); });
    }

    draw() {
      if (!this.source) return;
      this.paint(this.state, this.resumed);
      this.resumed = false;
      twin.paintFrame(this.state);
      root.dataset.seq = this.seq;
      this.mark();
    }

    /** Twice a second: is the stream alive, and how old is what we show? */
    watch() {
      const now = performance.now();
      const isOpen = this.heardAt > this.startedAt;
      if (this.source && now - Math.max(this.heardAt, this.startedAt) > (isOpen ? LOST_MS : HUNG_MS)) {
        this.tries = 0;
        this.retry();
      }
      this.mark();
    }

    /** The last frame stays. Without a sign of life it is said so; past ten seconds it greys. */
    mark() {
      const clock = this.state?.clock;
      const waited = (performance.now() - this.newsAt) / 1000, silent = performance.now() - this.heardAt;
      const old = clock && clock.age_s !== undefined ? clock.age_s + waited : waited;
      const stale = clock ? waited > 10 || old > clock.stale_s || clock.age_s === undefined : waited > 10;
      const lost = silent > LOST_MS;
      const kind = stale ? "stale" : lost ? "lost" : clock ? "live" : "connecting";
      twin.paintAge(kind, clock ? (clock.age_s === undefined ? undefined : old) : null, lost ? silent / 1000 : null);
    }

    end() {
      this.close();
      cancelAnimationFrame(this.frame);
    }
  }

  let live = null;
  let shown = null;
  let path = null;
  let visit = new AbortController();

  /** React puts pages in and takes them out; the stream follows the page that is there. */
  const follow = () => {
    const page = document.querySelector("[data-stream]");
    if (page === shown) return;
    live?.end();
    live = null;
    visit.abort();
    visit = new AbortController();
    twin.left = visit.signal;  // what a page listens to outside itself ends with it, or it would never be forgotten
    const first = path === null, moved = path !== location.pathname;
    shown = page;
    if (!page) return;
    path = location.pathname;
    document.title = `${page.dataset.title} · Plant Twin`;
    live = new Live(page.dataset.stream, twin.pages[page.dataset.page](page));
    if (!first && moved) page.querySelector("h1")?.focus({ preventScroll: true });
  };

  new MutationObserver(follow).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("visibilitychange", () => (document.hidden ? live?.close() : live?.open()));
  addEventListener("pagehide", () => live?.close());
  addEventListener("pageshow", (event) => event.persisted && live?.open());
  setInterval(() => live?.watch(), 500);
})();

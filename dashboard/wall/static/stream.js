/* The wall's stream: keeps the last frame through an outage and comes back by itself, spread out. */
(() => {
  "use strict";
  const root = document.documentElement;
  /* An attempt starts 2.5 to 5 s after the one before, answered or not: back within 5 s, and fifty
     displays knock 13 times a second, never at once. */
  const AGAIN_MS = [2500, 5000];
  const BROKEN_MS = [300, 5000];  // a stream that broke off: displays lose theirs together
  const LOST_MS = 4500;  // two heartbeats and some
  const QUIET_MS = [4500, 5500];
  const RENEW_MS = [0, 5000];
  const ASK_MS = 30000;
  const RENEWED_MS = 600000;
  const between = ([low, high]) => low + Math.random() * (high - low);

  const isTree = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const merge = (target, patch) => {
    for (const [key, value] of Object.entries(patch)) {
      if (value === null) delete target[key];
      else target[key] = isTree(value) ? merge(isTree(target[key]) ? target[key] : {}, value) : value;
    }
    return target;
  };

  class Stream {
    constructor(url, { paint, closed }) {
      Object.assign(this, { url, paint, closed, state: null, source: null, timer: 0, askedAt: -ASK_MS, seq: "" });
      this.heardAt = this.newsAt = performance.now();
      this.open();
    }

    open() {
      this.close();
      if (document.hidden) return;
      const source = (this.source = new EventSource(this.url));
      source.addEventListener("snapshot", (e) => this.take(e, {}));
      source.addEventListener("delta", (e) => this.take(e, this.state || {}));
      source.addEventListener("beat", () => this.heard());
      source.addEventListener("revoked", () => { this.close(); this.url = null; this.closed(); });
      let spoke = false;
      for (const kind of ["snapshot", "beat"]) source.addEventListener(kind, () => { spoke = true; });
      source.onerror = () => {
        source.close();  // or the browser would come back in its own time
        if (spoke) this.again(BROKEN_MS);
      };
      this.again(AGAIN_MS);
    }

    again(range) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.url && this.open(), between(range));
    }

    /** A sign of life puts the next attempt off. */
    heard() { this.heardAt = performance.now(); this.again(QUIET_MS); }

    close() {
      clearTimeout(this.timer);
      this.source?.close();
      this.source = null;
    }

    take(event, onto) {
      this.heard();
      this.newsAt = this.heardAt;
      this.state = merge(onto, JSON.parse(event.data));
      this.seq = event.lastEventId;
      if (this.state.build !== root.dataset.build) this.renew(this.state.build);
      this.paint(this.state);
    }

    get silence_s() { return (performance.now() - this.heardAt) / 1000; }
    get waited_s() { return (performance.now() - this.newsAt) / 1000; }
    get lost() { return performance.now() - this.heardAt > LOST_MS; }

    /** Load the page of a newer build: once it is really served, once a build, displays one after another. */
    renew(build) {
      const tried = JSON.parse(sessionStorage.getItem("renewed") || "{}");
      const now = performance.now();
      if (now - this.askedAt < ASK_MS || Date.now() - (tried[build] || 0) < RENEWED_MS) return;
      this.askedAt = now;
      setTimeout(async () => {
        const served = await fetch(location.href, { cache: "no-store" }).then((answer) => (answer.ok ? answer.text() : "")).catch(() => "");
        if (!served.includes(`data-build="${build}"`)) return;
        sessionStorage.setItem("renewed", JSON.stringify({ ...tried, [build]: Date.now() }));
        location.reload();
      }, between(RENEW_MS));
    }
  }

  window.wall.Stream = Stream;
})();

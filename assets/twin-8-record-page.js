/* Track record: what is painted where, and what a person may do about a model. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, number, percent, once } = twin;

  const proposal = (id, entry) => {
    const found = entry.proposal, name = pick(entry.name);
    if (found.kind === "refit") {
      return h("div", { class: "notice" }, h("strong", {}, t("{name}: learn the model again", { name })), " ",
        t("{share} % of {n} ranges held, and 80 % should. Run `twin fit` on the recorded history.", { share: number(100 * found.share, 0), n: found.of }));
    }
    const words = t("Its slope is {b} ({lo} to {hi}) after {n} failures. On machines it was not learnt from, the correction takes the Brier score from {before} to {after}.",
      { b: number(found.b, 2), lo: number(found.b_lo, 2), hi: number(found.b_hi, 2), n: found.failures, before: number(found.before, 4), after: number(found.after, 4) });
    const becomes = (p) => percent(1 / (1 + Math.exp(-(found.a + found.b * Math.log(p / (1 - p))))));
    const effect = t("10 % becomes {low}, 50 % becomes {middle}, 90 % becomes {high}.", { low: becomes(0.1), middle: becomes(0.5), high: becomes(0.9) });
    const ask = () => twin.ask({
      title: t("Recalibrate {name}", { name }), intro: [words, effect], submit: t("Recalibrate"), verb: "model.recalibrate", fields: [],
      fixed: { class_id: id, version: found.version, a: found.a, b: found.b },
    });
    return h("div", { class: "notice" }, h("p", {}, h("strong", {}, t("{name}: probabilities can be corrected", { name })), " ", words),
      h("p", { class: "quiet" }, t("This makes another version of the model, from the next sample on. It can be taken back.")),
      twin.button("model.recalibrate", t("Recalibrate…"), ask));
  };

  /** Rows, each cell with its column's name: on a phone a row is a card. */
  const fillTable = (root, name, rows, none) => {
    const body = root.querySelector(`[data-list="${name}"]`);
    const heads = [...body.parentElement.querySelectorAll("thead th")].map((head) => head.textContent);
    for (const row of rows) [...row.children].forEach((cell, n) => cell.setAttribute("data-label", heads[n]));
    twin.replace(body, rows.length ? rows : [h("tr", {}, h("td", { colspan: heads.length }, none))]);
  };
  const note = (shown, all, href) => h("p", { class: "quiet" }, shown < all ? t("The newest {n} of {m}.", { n: shown, m: all }) + " " : "", h("a", { href, download: "" }, t("All as CSV")));

  twin.pages.record = (root) => {
    const part = twin.recordParts, list = twin.recordLists, place = (name) => root.querySelector(`[data-list="${name}"]`);
    const put = (name, children) => twin.replace(place(name), children);
    const { class: chosen, horizon, version } = root.dataset;

    const paint = once((state) => {
      const entry = state.classes[chosen];
      const scores = entry.scores[horizon][version], band = entry.bands[version];
      const waits = part.empty(t("Nothing has come to its end yet"), part.dueText(state, horizon));
      put("proposals", Object.entries(state.classes).filter(([, c]) => c.proposal).map(([id, c]) => proposal(id, c)));
      fillTable(root, "glance", Object.entries(state.classes).map(([id, c]) => part.glanceRow(root, id, c)), "");
      put("choices", part.choices(root, state, entry));
      put("reliability", scores && scores.bins.length ? twin.recordCharts.reliability(scores.bins) : [waits]);
      put("scores", scores ? part.scoreFacts(scores) : [waits.cloneNode(true)]);
      put("bands", band ? part.bandParts(band) : [part.empty(t("No range has passed yet"), part.dueText(state, "week"))]);
      put("left", list.leftFacts(root, state, entry.left));
      put("fitted", list.fittedFacts(entry.fitted));
      fillTable(root, "dated", entry.closed.map(list.datedRow), t("None has been decided yet"));
      fillTable(root, "failures", entry.failures.map(list.failureRow), t("No failure was seen yet"));
      put("dated-note", [note(entry.closed.length, entry.more.closed, "/export/dated.csv")]);
      put("failures-note", [note(entry.failures.length, entry.more.failures, "/export/episodes.csv")]);
    });
    return ({ classes, open, due, lost }) => paint({ classes, open, due: due || {}, lost: lost || [] });
  };
})();

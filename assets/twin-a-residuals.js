/* Residuals page: overview of all sensors, and for one of them what is wrong, why, and what helps. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, number, pick } = twin;
  const charts = twin.residualCharts;

  const short = (code) => ({
    white: t("white enough"), few: t("too few readings to judge"), lagging: t("lags behind"), coloured: t("noise that lasts"),
    repeating: t("something comes back"), restless: t("follows noise"), narrow: t("bands too narrow"), wide: t("bands too wide"), biased: t("off to one side"),
    changing: t("spread changes"), tails: t("outliers"), lopsided: t("lopsided"), rejects: t("many rejected"),
  }[code] || code);

  /** What it means, and what helps. */
  const long = (code) => ({
    white: t("White enough: what the twin does not foresee is noise. Its bands and probabilities can be taken at their word."),
    few: t("Fewer than 200 readings, or a value that never changes: nothing is judged."),
    lagging: t("Innovations stay correlated for many samples: the estimate lags behind. The process noise q is too small, or an input that moves this sensor is not in the plant file. Fit the class again on recent history; add the missing input."),
    coloured: t("Neighbouring innovations are alike, and after a few samples no longer: the sensor's own noise lasts from one sample to the next. Bands of the level are too narrow. Sample less often, or have the source filter less."),
    repeating: t("Innovations are correlated at a longer lag: a cycle that no input explains. Look for what switches at that interval and make it an input."),
    restless: t("Each innovation is followed by one of the other sign: the estimate follows noise. The process noise q is too large. Fit the class again."),
    narrow: t("Innovations are larger than foreseen: bands are too narrow, limits seem reached with too much certainty. R or q is too small. Check the sensor, then fit the class again."),
    wide: t("Innovations are smaller than foreseen: bands are too wide, changes are noticed late. R or q is too large. Fit the class again."),
    biased: t("Innovations lie to one side: the level is missed steadily, as when a sensor was replaced or moved. If a service was done, report it, so that the twin begins anew."),
    changing: t("The spread of the last third differs from that of the first: the sensor or its conditions have changed within this range."),
    tails: t("More outliers than a normal distribution has. The gate rejects the worst; probabilities of rare values are too small. Look for disturbances, loose contacts, single wrong readings."),
    lopsided: t("Innovations are lopsided: something pushes this sensor one way now and then, such as starts or valve strokes."),
    rejects: t("The gate rejects more than 1 % of the readings; it expects one in ten thousand. Check the sensor."),
  }[code] || code);

  const p = (value) => (value === null ? "—" : value < 0.001 ? "< 0.001" : number(value, 3));
  const share = (value) => (value === null ? "—" : `${number(100 * value, 0)} %`);

  const overview = (found, root) => {
    const head = [t("Sensor"), t("Finding"), t("Readings"), t("Rejected"), t("Variance (1)"), t("Correlation, lag 1 (0)"), t("Lags outside (5 %)"), t("NIS outside (5 %)"), t("Ljung–Box p")];
    const row = (s) => {
      const query = new URLSearchParams({ n: root.dataset.n, sensor: s.id });
      const link = h("a", { href: `${location.pathname}?${query}`, "data-nav": "1", "aria-current": s.id === found.sensor ? "true" : null }, pick(s.name));
      const cells = [number(s.n, 0), number(s.gated, 0), number(s.variance, 2), number(s.lag1, 2), share(s.lags_outside), share(s.nis_outside), p(s.q_p)];
      return h("tr", { class: s.id === found.sensor ? "chosen" : null }, h("th", { scope: "row" }, link),
        h("td", { class: s.codes[0] === "white" ? "" : "strong" }, s.codes.map(short).join(t(", "))), ...cells.map((text) => h("td", { class: "num" }, text)));
    };
    return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("Table, can be scrolled sideways") },
      h("table", { class: "residual-table" }, h("thead", {}, h("tr", {}, ...head.map((text, n) => h("th", { scope: "col", class: n > 1 ? "num" : null }, text)))),
        h("tbody", {}, ...found.sensors.map(row))));
  };

  const figure = (name, drawn, says) => h("figure", { class: "residual" }, h("figcaption", {}, h("b", {}, name)), drawn, h("p", { class: "quiet" }, says));
  const figures = ({ charts: data, sensors, sensor }) => {
    const s = sensors.find((one) => one.id === sensor);
    const acf = t("{p} of 40 lags lie outside the band that holds 95 of 100 when innovations are white. Ljung–Box over all lags: p {q}.", { p: share(s.lags_outside), q: p(s.q_p) });
    const nis = t("Squared innovations, averaged over {n} readings at a time, ought to lie in the band around 1 in 95 of 100 cases; here {p} lie outside.", { n: data.nis.window, p: share(s.nis_outside) });
    const qq = t("Sorted innovations against those of a normal distribution; {p} of the points lie outside the 95 % band. Skewness {s}, kurtosis {k} (3), test of both: p {q}.", { p: share(s.qq_outside), s: number(s.skewness, 2), k: number(s.kurtosis, 2), q: p(s.h_p) });
    const pit = t("Where each reading fell in the distribution foreseen for it: level columns mean honest probabilities, a hump in the middle bands too wide, raised ends bands too narrow.");
    return [
      figure(t("Autocorrelation"), charts.acf(data.acf, t("Autocorrelation") + ". " + acf), acf),
      figure(t("NIS over time"), charts.nis(data.nis, t("NIS over time") + ". " + nis), nis),
      figure(t("Quantiles against the normal"), charts.qq(data.qq, t("Quantiles against the normal") + ". " + qq), qq),
      figure(t("PIT histogram"), charts.pit(data.pit, t("PIT histogram") + ". " + pit), pit)];
  };

  const verdict = (found) => {
    const s = found.sensors.find((one) => one.id === found.sensor);
    return h("div", {}, h("h3", {}, `${pick(s.name)}: ${s.codes.map(short).join(t(", "))}`), ...s.codes.map((code) => h("p", {}, long(code))),
      h("p", { class: "quiet" }, t("{n} samples from {from} to {until}, model version {version}. Rejected readings are left out; lags count samples.",
        { n: number(found.samples, 0), from: found.from.replace("T", " "), until: found.until.replace("T", " "), version: found.version })));
  };

  twin.pages.residuals = (root) => {
    const at = (name) => root.querySelector(`[data-list="${name}"]`);
    const tell = (text) => { at("withheld").hidden = !text; twin.say(at("withheld"), text); root.classList.toggle("is-withheld", Boolean(text)); };
    const ask = async () => {
      const query = new URLSearchParams({ n: root.dataset.n, sensor: root.dataset.sensor });
      const answer = await fetch(`/data/residuals/${encodeURIComponent(root.dataset.machine)}?${query}`).catch(() => null);
      if (!root.isConnected) return;
      if (!answer?.ok) { tell(t("The server does not answer; try again in a moment.")); return; }
      const found = await answer.json();
      if (found.withheld) {
        tell(found.withheld === "linear" ? t("For a class with its own matrices the estimate is not kept with the history: innovations are shown live on the machine's page, but not judged here.")
          : t("No samples of this machine are kept yet."));
        return;
      }
      tell("");
      at("overview").replaceChildren(overview(found, root));
      at("verdict").replaceChildren(verdict(found));
      at("charts").replaceChildren(...figures(found));
      root.dataset.shown = found.sensor;
    };
    ask();
    return () => {};
  };
})();

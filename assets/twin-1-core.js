/* Words, elements and formats that every page uses. No framework; one name in the window. */
(() => {
  "use strict";
  const words = JSON.parse(document.getElementById("words").textContent);
  const language = document.documentElement.lang.slice(0, 2);

  /** A message of the catalogue with its {values} filled in. */
  const t = (id, values = {}) =>
    (words[id] || id).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

  const codes = JSON.parse(document.getElementById("codes").textContent);
  /** What a code of a kind says, "verbs" or "refusals"; one that is not known says itself. */
  const codeText = (kind, code) => t(codes[kind][code] || code);

  /** A name of the plant file: text, or one a language. */
  const pick = (text) =>
    typeof text === "string" ? text : text ? text[language] || Object.values(text)[0] || "" : "";

  const fill = (element, attributes, children) => {
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  /** An HTML element; text is always text, never markup. */
  const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  /** Set text only where it changes: nothing is laid out anew for the same number. */
  const say = (element, text) => {
    if (element && element.textContent !== String(text)) element.textContent = text;
  };

  /** A number with so many decimals, or between least and most; "—" for none. */
  const number = (value, decimals, most = decimals) =>
    value === null || value === undefined
      ? "—"
      : value.toLocaleString(document.documentElement.lang, {
          minimumFractionDigits: decimals, maximumFractionDigits: most, signDisplay: "negative" });

  /** Hours as a reader says them: minutes, hours, then days: the number, and its message. */
  const hoursParts = (hours) =>
    hours < 1 ? [Math.round(hours * 60), "min"]
      : hours < 48 ? [hours < 10 ? number(hours, 0, 1) : Math.round(hours), "h"]
      : [hours < 240 ? number(hours / 24, 0, 1) : Math.round(hours / 24), "d"];
  const withUnit = (n, unit) => ({ min: t("{n} min", { n }), h: t("{n} h", { n }), d: t("{n} d", { n }) }[unit].replace(" ", "\u00a0"));
  const duration = (hours) => (hours === null || hours === undefined ? "—" : withUnit(...hoursParts(hours)));
  /** A range of hours; a unit that both ends share is said once. */
  const durations = (low, high) => {
    const [n, unit] = hoursParts(low);
    const lo = unit === hoursParts(high)[1] ? n : withUnit(n, unit);
    return t("{lo} to {hi}", { lo, hi: duration(high) });
  };
  /** Seconds on the reader's own clock. */
  const age = (seconds) => {
    if (seconds === null || seconds === undefined) return "—";
    if (seconds < 10) return t("{n} s", { n: number(seconds, 1) });
    if (seconds < 120) return t("{n} s", { n: Math.round(seconds) });
    return duration(seconds / 3600);
  };
  /** A probability in per cent: small ones keep a digit, none is ever said to be 0 or 100. */
  const percent = (p) => {
    if (p === null || p === undefined) return "—";
    if (p < 0.001) return "< 0.1 %";
    if (p > 0.999) return "> 99.9 %";
    return `${number(100 * p, p < 0.1 || p > 0.99 ? 1 : 0)} %`;
  };
  /** A weekday and a time in one text, apart in Chinese too. */
  const spaced = (text) => text.replace(/(周.)(?=\d)/, "$1 ");
  /** A factor to two digits: 1.4, 12, 9.9K. */
  const compact = (value) =>
    new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumSignificantDigits: 2 }).format(value);
  const money = (value, currency) =>
    value === null || value === undefined
      ? "—"
      : new Intl.NumberFormat(document.documentElement.lang, {
          style: "currency", currency, maximumSignificantDigits: 2, notation: "compact" }).format(value);

  const shapes = { 1: "■", 2: "▲", 3: "◆" };
  const badge = (priority) => h("span", { class: `badge p${priority}` }, `${shapes[priority]} P${priority}`);

  /** Replace a region's children, keeping the keyboard where it was. */
  const replace = (element, children) => {
    const held = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    element.replaceChildren(...children);
    if (held) [...element.querySelectorAll("a")].find((a) => a.getAttribute("href") === held)?.focus();
  };
  /** Runs a painter only when what it shows has changed. */
  const once = (paint) => {
    let before;
    return (value) => {
      const now = JSON.stringify(value);
      if (now !== before) { before = now; paint(value); }
    };
  };

  window.plantTwin = { t, codeText, pick, h, svg, say, number, duration, durations, age, percent, spaced, compact, money, shapes, badge, replace, once, pages: {} };
})();

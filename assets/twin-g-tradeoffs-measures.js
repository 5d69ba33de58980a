/* Trade-offs: what plans are measured by, how it reads, and where an axis of it has its marks. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, number } = twin;

  const MONEY = new Set(["total", "tardiness", "running", "risk", "energy", "changeover", "stability"]);
  twin.tradeNames = () => ({
    total: t("Total cost"), tardiness: t("Cost of lateness"), running: t("Cost of running it"), risk: t("Expected failure cost"),
    energy: t("Cost of energy"), changeover: t("Cost of setups"), late_h: t("Hours late"), late_jobs: t("Orders late or left out"),
    makespan_h: t("Until all is done"), stability: t("Moving work, as the planner weighs it"), idle_h: t("Machines open, making nothing"), energy_kwh: t("Energy"), setup_h: t("Hours of setup"),
  });
  /** The measure of an objective, as the action names them. */
  twin.tradeMeasure = (objective) => ({ makespan: "makespan_h", idle: "idle_h" }[objective] || objective);

  /** Whole money, if not told otherwise: what two plans differ by is little beside what either costs. */
  const money = (value, currency, digits) => new Intl.NumberFormat(document.documentElement.lang,
    { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  /** A measure in its unit, as it is read; with more digits where marks of an axis lie close together. */
  twin.tradeText = (name, value, currency, digits = 0) => value === null || value === undefined ? (name === "risk" ? t("no forecast yet") : "—")
    : MONEY.has(name) ? money(value, currency, digits && Math.max(2, digits))
    : name === "energy_kwh" ? `${number(value, digits)} kWh`
    : name === "late_jobs" ? number(value, 0) : t("{n} h", { n: number(value, digits > 1 ? digits : 0, Math.max(1, digits)) });

  /** How much more or less than another it is; nothing where both read the same. */
  twin.tradeDelta = (name, value, base, currency) => {
    if (![value, base].every(Number.isFinite)) return "";
    const text = twin.tradeText(name, Math.abs(value - base), currency);
    return text === twin.tradeText(name, 0, currency) ? "" : `${value > base ? "+" : "−"}${text}`;
  };

  /** Multiples of 1, 2 or 5 times a power of ten, about `most` of them, over [low, high]. */
  const multiples = (low, high, step) => {
    const first = Math.ceil(low / step - 1e-6), last = Math.floor(high / step + 1e-6);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => (first + k) * step);
  };
  /** Marks of an axis, {at, digits}: no two read the same. Whole units where two fit in; orders are never cut. */
  twin.tradeTicks = (name, low, high, most) => {
    const raw = (high - low) / most || 1, power = 10 ** Math.floor(Math.log10(raw));
    const fine = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw * 0.999);
    const unit = MONEY.has(name) || ["late_jobs", "energy_kwh"].includes(name) ? 1 : 0.1;
    const whole = multiples(low, high, Math.max(fine, unit));
    if (fine >= unit || whole.length > 1 || name === "late_jobs") return { at: whole, digits: 0 };
    return { at: multiples(low, high, fine), digits: Math.max(0, -Math.floor(Math.log10(fine) + 1e-6)) };
  };
})();

/* Schedule: why a bar is where it is, and why it cannot be where it was put, in plain words. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, plan, duration } = twin;
  const NEAR_S = 120;  // plans are made in whole minutes

  const stepsOf = (model, bar) => model.bars.filter((b) => b.order && b.order === bar.order).sort((a, b) => a.step - b.step);
  /** The step of the same order before (-1) or after (1). */
  plan.stepBeside = (model, bar, by) => (bar?.order ? stepsOf(model, bar).find((b) => b.step === bar.step + by) || null : null);

  const siteOf = (model, row) => model.data.lines.find((l) => l.id === row.line)?.site;
  /** Seconds that a piece is on its way between two rows' sites, either way. */
  const wayOf = (model, from, to) => {
    const a = siteOf(model, from), b = siteOf(model, to);
    return 60 * (model.data.transport.find(([x, y]) => (x === a && y === b) || (x === b && y === a))?.[2] ?? 0);
  };
  const closedAt = (row, s) => row.closed.find(([from, to]) => from <= s && s < to);

  /** What an operation on a row has to wait for: [{at: second, says, bar}]; isOfStart: of the work, else of its setup. */
  const waits = (model, bar, row) => {
    const found = [], before = plan.stepBeside(model, bar, -1), repaired = model.data.breakdowns[row.id]?.[1], { release } = bar.order;
    if (before) {
      const way = wayOf(model, before.row, row), about = { n: before.step + 1, machine: before.row.text, when: model.say(before.end), time: duration(way / 3600) };
      found.push({ at: before.end + way, bar: before, isOfStart: true, says: way ? t("step {n} on {machine} ends {when}, and to bring it takes {time}", about) : t("step {n} on {machine} ends {when}", about) });
    } else if (release !== null && release !== undefined) found.push({ at: release, isOfStart: true, says: t("the order may not begin before {when}", { when: model.say(release) }) });
    if (repaired) found.push({ at: repaired, says: t("{machine} is reckoned to be repaired {when}", { machine: row.text, when: model.say(repaired) }) });
    return found;
  };
  const busyUntil = (model, other) => {
    const about = { machine: other.row.text, order: other.order?.id, when: model.say(other.end) };
    return other.kind === "service" ? t("{machine} is serviced until {when}", about) : t("{machine} is at order {order} until {when}", about);
  };
  const closedUntil = (model, row, to) => t("{machine} is closed until {when}", { machine: row.text, when: model.say(to) });

  /** What keeps an operation of the plan from beginning sooner: [{says, bar}], never empty. */
  plan.whyHere = (model, bar) => {
    const { row } = bar, found = waits(model, bar, row).map((x) => ({ ...x, slack: (x.isOfStart ? bar.start : bar.setup) - x.at }));
    const last = row.bars.filter((b) => b !== bar && b.end <= bar.setup + 60).reduce((a, b) => (!a || b.end > a.end ? b : a), null);
    if (last) found.push({ slack: bar.setup - last.end, bar: last, says: busyUntil(model, last) });
    found.push({ slack: bar.setup - model.start, says: t("the plan begins then") });
    const least = Math.max(0, Math.min(...found.map((x) => x.slack)));
    const closed = row.closed.find(([from, to]) => Math.abs(to - bar.setup) < NEAR_S && from - NEAR_S <= bar.setup - least);
    if (closed) return [{ says: closedUntil(model, row, closed[1]) }];
    const { prices } = model.data, n = prices.findIndex(([s]) => Math.abs(s - bar.start) < NEAR_S);
    if (least >= NEAR_S && n > 0 && prices[n][1] < prices[n - 1][1]) return [{ says: t("electricity is cheaper from {when} on", { when: model.say(prices[n][0]) }) }];
    const tight = found.filter((x) => x.slack < NEAR_S);
    return tight.length ? tight : [{ says: t("nothing holds it back: {time} sooner would be possible, the planner found no cheaper place", { time: duration(least / 3600) }) }];
  };
  /** Where another plan has the same bar, in rows and seconds of the one drawn; null: there too, or not at all. */
  plan.placeIn = (other, model, bar) => {
    const own = other?.byKey.get(bar.key), row = own && model.rows.find((r) => r.kind === "machine" && r.id === own.row.id);
    if (!row) return null;
    const start = model.s(other.us(own.start)), end = model.s(other.us(own.end));
    return row === bar.row && Math.abs(start - bar.start) < 60 ? null : { row, start, end };
  };
  /** The same as a list whose bars can be gone to. */
  plan.whyText = (model, bar, go) => {
    const links = (one) => (one.bar ? plan.asLink(one.says, () => go(one.bar)) : one.says);
    return h("span", {}, ...plan.whyHere(model, bar).slice(0, 3).flatMap((one, n) => (n ? [t("; "), links(one)] : [links(one)])));
  };
  plan.asLink = (text, onclick) => {
    const button = h("button", { type: "button", class: "plain as-link" }, text);
    button.addEventListener("click", onclick);
    return button;
  };

  const crewObstacles = (model, bar, start, end) => {
    const crew = bar.crewRow;
    if (!crew) return [];
    const other = crew.bars.find((b) => b !== bar && b.start < end && b.end > start);
    return [...(crew.closed.some(([from, to]) => from < end && to > start) ? [t("{crew} is not at work for all of it", { crew: crew.text })] : []),
      ...(other ? [t("{crew} services {machine} then", { crew: crew.text, machine: other.row.text })] : [])];
  };
  /** What stands in the way of a bar at a second of a row, as far as the plan drawn tells. */
  plan.obstacles = (model, bar, row, start, now, failed = {}) => {
    const past = start < now - 60 ? [t("that is in the past")] : start + bar.end - bar.start > model.end ? [t("the plan ends {when}", { when: model.say(model.end) })] : [];
    if (bar.kind === "service") return [...past, ...crewObstacles(model, bar, start, start + bar.end - bar.start)];
    const broken = row.id in failed && !model.data.breakdowns[row.id] ? [t("{machine} stands failed", { machine: row.text })] : [];
    const end = start + bar.end - bar.start, closed = closedAt(row, start), fixed = row.bars.find((b) => b !== bar && b.pin && b.pin !== "done" && b.setup < end && b.end > start);
    return [...past, ...broken, ...waits(model, bar, row).filter((x) => x.at > start + 60).map((x) => x.says), ...(closed ? [closedUntil(model, row, closed[1])] : []), ...(fixed ? [busyUntil(model, fixed)] : [])];
  };
})();

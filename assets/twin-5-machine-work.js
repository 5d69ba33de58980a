/* Machine page: what people do here: alarms, comments, failures, repairs, services. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, pick, h, once, number, duration, money } = twin;
  const parts = (twin.machineParts ||= {});
  const HOUR_MS = 3600000, SMALL = { css: "button small" };
  const short = (iso) => iso.slice(5, 16).replace("T", " ");
  /** The plant's time now, as its clocks show it, and so many hours on. */
  const later = (clock, hours) => new Date(Date.parse(`${clock.date}T${clock.time}Z`) + hours * HOUR_MS).toISOString().slice(0, 16);
  const nowOf = ({ clock }) => later(clock, 0);
  const modeField = (s, label, value = "") => ({ name: "mode", label, kind: "select", value, options: [["", t("not known")], ...(s.modes || []).map((m) => [m.id, pick(m.name)])] });
  const noteField = () => ({ name: "note", label: t("Note"), kind: "textarea", max: 2000 });
  const tidy = ({ mode, ...rest }) => ({ ...rest, ...(mode ? { mode } : {}) });
  const title = (page, text) => `${page.dataset.name}${t(": ")}${text}`;

  const failure = (page, s) => twin.ask({
    title: title(page, t("Report a failure")), verb: "failure.report", machine: page.dataset.machine, submit: t("Report the failure"), detail: tidy,
    intro: t("From then on the machine counts as failed until a repair is reported: nothing is forecast and no alarm calls. The report becomes a label of the next fit."),
    fields: [modeField(s, t("Failure mode")), { name: "time", label: t("When it failed"), kind: "datetime", required: true, value: nowOf(s), max: nowOf(s), hint: t("In the plant's time; it may lie back.") }, noteField()],
  });

  const repair = (page, s) => {
    const planned = (s.services || []).filter((x) => x.state === "planned");
    return twin.ask({
      title: title(page, t("Report a repair")), verb: "repair.report", machine: page.dataset.machine, submit: t("Report the repair"),
      detail: ({ service, ...rest }) => tidy({ ...rest, ...(service ? { service } : {}) }),
      intro: h("p", { class: "notice alert" }, t("The twin starts anew: it forgets how the machine was and learns it as new. This cannot be undone.")),
      fields: [modeField(s, t("What was repaired")), { name: "time", label: t("When it ran again"), kind: "datetime", required: true, value: nowOf(s), max: nowOf(s) },
        ...(planned.length ? [{ name: "service", label: t("Planned service that this was"), kind: "select", value: "", options: [["", t("none of them")], ...planned.map((x) => [x.id, `${short(x.start)} · ${duration(x.duration_h)}`])] }] : []),
        { name: "planned", label: t("It was planned, not a failure"), kind: "checkbox", value: false }, noteField()],
    });
  };

  /** What a service costs against waiting, as the work list has worked it out. */
  const costText = (s) => {
    const service = money(s.item?.cost_service ?? s.costs.planned, s.currency);
    return s.item?.cost_wait === undefined || s.item?.cost_wait === null
      ? t("A planned service costs {service}, a failure {failure}.", { service, failure: money(s.costs.unplanned, s.currency) })
      : t("A planned service costs {service}; waiting is expected to cost {wait}.", { service, wait: money(s.item.cost_wait, s.currency) });
  };
  const plan = (page, s) => {
    const by = s.item?.service_by_h;
    return twin.ask({
      title: title(page, t("Plan a service")), verb: "service.plan", machine: page.dataset.machine, submit: t("Plan the service"), detail: tidy,
      intro: [costText(s), by === undefined || by === null ? "" : by < 1 ? t("Service is cheapest now.") : t("It is cheapest in {n}: that is the start proposed.", { n: duration(by) })].filter(Boolean),
      fields: [{ name: "start", label: t("Start"), kind: "datetime", required: true, value: later(s.clock, Math.max(1, by ?? 24)), min: nowOf(s) },
        { name: "duration_h", label: t("Duration"), kind: "number", required: true, min: 0.1, value: s.costs.planned_h || 4, unit: t("hours") }, modeField(s, t("For which failure mode"), s.item?.mode || ""), noteField()],
    });
  };
  const move = (page, s, x) => twin.ask({
    title: title(page, t("Move the service")), verb: "service.move", machine: page.dataset.machine, submit: t("Move it"), fixed: { service: x.id },
    fields: [{ name: "start", label: t("Start"), kind: "datetime", required: true, value: x.start, min: nowOf(s) }, { name: "duration_h", label: t("Duration"), kind: "number", required: true, min: 0.1, value: x.duration_h, unit: t("hours") }],
  });
  const cancel = (page, x) => twin.ask({
    title: title(page, t("Call off the service of {time}", { time: short(x.start) })), verb: "service.cancel", machine: page.dataset.machine, submit: t("Call it off"), fixed: { service: x.id },
    fields: [{ name: "reason", label: t("Reason"), required: true, max: 2000 }],
  });
  const comment = (page) => twin.ask({
    title: title(page, t("Comment")), verb: "comment.add", machine: page.dataset.machine, submit: t("Add the comment"),
    fields: [{ name: "text", label: t("What should others know?"), kind: "textarea", required: true, max: 2000 }],
  });

  const unacked = (s) => (s.alarms || []).filter((a) => ["unacknowledged", "returned_unacknowledged"].includes(a.state));
  const acknowledge = (page, s, button) => twin.act("alarm.acknowledge", { machine: page.dataset.machine, detail: { alarms: unacked(s).map((a) => a.id) }, button });

  const actions = (page, s) => {
    const calling = unacked(s).length;
    return [
      calling ? twin.button("alarm.acknowledge", t("Acknowledge ({n})", { n: calling }), (b) => acknowledge(page, page.state, b), { css: "button small primary" }) : null,
      s.failed ? null : twin.button("failure.report", t("Report failure"), () => failure(page, page.state), SMALL),
      twin.button("repair.report", t("Report repair"), () => repair(page, page.state), { css: s.failed ? "button small primary" : "button small" }),
      twin.button("service.plan", t("Plan service"), () => plan(page, page.state), SMALL),
      twin.button("comment.add", t("Comment"), () => comment(page), SMALL),
      h("a", { class: "button small", href: `/compare?a=${encodeURIComponent(page.dataset.machine)}`, "data-nav": 1 }, t("Compare with…")),
    ].filter(Boolean);
  };

  const stateName = (state) => ({
    unacknowledged: t("not acknowledged"), acknowledged: t("acknowledged"), returned_unacknowledged: t("returned, not acknowledged"), shelved: t("shelved"),
    suppressed_by_design: t("suppressed by design"), out_of_service: t("out of service"),
  }[state] || state);
  const limitName = (limit) => ({ low_low: t("lowest limit"), low: t("lower limit"), high: t("upper limit"), high_high: t("highest limit") }[limit] || "");
  const alarmRow = (a) => h("li", {}, twin.badge(a.priority || 3), " ", h("b", {}, pick(a.name)), a.limit ? ` · ${limitName(a.limit)}` : "",
    h("div", { class: "quiet-inline" }, [stateName(a.state), a.since ? t("since {time}", { time: short(a.since) }) : "", a.who || ""].filter(Boolean).join(" · ")));

  const serviceState = (state) => ({ planned: t("planned"), done: t("done"), cancelled: t("called off") }[state] || state);
  const lacks = (found) => (found ? h("div", { class: "detail" }, t("No spare part “{part}” is left for that time. The next one is there from {time} on.", { part: pick(found.part), time: short(found.from) })) : null);
  const serviceRow = (page, x) => h("tr", { "data-service": x.id },
    h("th", { scope: "row" }, short(x.start)), h("td", {}, duration(x.duration_h)), h("td", {}, [pick(x.mode), x.note].filter(Boolean).join(" · ") || "—", lacks(x.lacks)),
    h("td", {}, x.begun ? t("under way") : serviceState(x.state)), h("td", {}, x.who || "—", x.crew ? h("div", { class: "detail" }, pick(x.crew)) : null),
    h("td", {}, ...(x.state === "planned" && !x.begun ? [twin.button("service.move", t("Move"), () => move(page, page.state, x), { css: "button small" }), " ",
      twin.button("service.cancel", t("Call off"), () => cancel(page, x), { css: "button small" })] : [])));

  parts.work = (page) => {
    const place = (name) => page.querySelector(`[data-list="${name}"]`);
    const bar = once((shown) => place("actions").replaceChildren(...actions(page, shown)));
    const alarms = once((list) => {
      page.querySelector(".own-alarms-place").hidden = !list.length;
      place("alarms").replaceChildren(h("ul", {}, ...list.map(alarmRow)), h("a", { href: `/alarms?text=${encodeURIComponent(page.dataset.name)}`, "data-nav": 1 }, t("All alarms")));
    });
    const services = once((list) => place("services").replaceChildren(...(list.length ? list.map((x) => serviceRow(page, x))
      : [h("tr", {}, h("td", { colspan: 6, class: "empty" }, t("No service is planned, and none was done since the desk keeps them.")))])));
    return (s) => {
      bar({ failed: s.failed, alarms: unacked(s) });
      alarms(s.alarms || []);
      services(s.services || []);
    };
  };
})();

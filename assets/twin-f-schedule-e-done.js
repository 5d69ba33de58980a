/* Schedule: what people did here: taken back, and watched until it is so. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, plan } = twin;
  const ADOPTED_MS = 4000;

  /** What was done by hand on the chart, the last one last: Ctrl+Z takes it back, long after its message has gone. */
  plan.handiwork = () => {
    const done = [];
    return {
      keep: async (promise, machine) => {
        const told = await promise;
        if (told?.undoable) done.push({ id: told.id, machine });
        return told;
      },
      undo: async () => {
        const last = done.pop();
        if (!last) twin.toast(t("There is nothing to take back."), { alert: true });
        else await twin.act("action.undo", { machine: last.machine, detail: { action: last.id } });
      },
    };
  };

  /** The planner may have made a newer plan meanwhile: what was asked for is watched until it is so. */
  plan.adoption = () => {
    let awaited = null;
    return {
      adopt: async (version, button) => {
        const told = await twin.act("plan.adopt", { detail: { version }, button, text: t("Plan {n} is put in force", { n: version }) });
        if (told) awaited = { version, until: performance.now() + ADOPTED_MS };
        return told;
      },
      watch: ({ in_force: force, proposed }) => {
        if (awaited && force?.version >= awaited.version) awaited = null;
        if (!awaited || performance.now() < awaited.until) return;
        twin.toast(t("Plan {n} is not in force: the planner has made plan {m} since.", { n: awaited.version, m: proposed?.version ?? "—" }), { alert: true });
        awaited = null;
      },
    };
  };
})();

/* Schedule: a plan is fetched when it has changed, and the one proposed beside it while somebody compares. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { plan } = twin;
  const AGAIN_MS = 3000;
  const get = (which) => fetch(`/data/schedule/plan?which=${which}`).then((r) => (r.ok ? r.json() : null)).catch(() => null);

  /** tell: {state(), model(), isHeld(): a hand holds a bar, compares(), none(), plan(model), other(model or null)} of the page. */
  plan.fetcher = (page, tell) => {
    let fetched = "", waiting = false, fetchedAt = 0, otherOf = "";
    const self = {
      plan: async () => {
        const state = tell.state(), { in_force: force, proposed } = state.plans, model = tell.model();
        if (waiting || fetched === state.stamp || tell.isHeld()) return;  // nothing moves under a hand
        // Steps begin and end all the time; another plan is shown at once, the same one anew every few seconds.
        if (model && model.head.version === (force ?? proposed)?.version && performance.now() - fetchedAt < AGAIN_MS) return;
        fetchedAt = performance.now();
        const which = force ? "in_force" : proposed ? "proposed" : null, { stamp } = state;
        if (!which) { fetched = stamp; tell.none(); return; }
        waiting = true;
        const data = await get(which);
        waiting = false;
        if (!page.isConnected || !data || tell.isHeld()) return;
        fetched = stamp;
        tell.plan(plan.model(data));
        self.other();
      },
      /** Until a newer one is there, the one before stays on the chart. */
      other: async () => {
        const { in_force: force, proposed } = tell.state().plans;
        if (!tell.compares() || !proposed || !force) { otherOf = ""; tell.other(null); return; }
        if (otherOf === fetched) return;
        const mine = otherOf = fetched, data = await get("proposed");
        if (otherOf !== mine || !page.isConnected) return;
        if (data) tell.other(plan.model(data));
        else otherOf = "";
      },
    };
    return self;
  };
})();

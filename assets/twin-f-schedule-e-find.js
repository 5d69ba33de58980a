/* Schedule: what an address or a filter names comes into view. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { plan } = twin;

  /** A link from another page names a suggestion: it comes into view, once, and its bar is selected.
   *  tell: {list: where suggestions stand, chartHidden(), suggestionOf(bar), forget(): it is in view} of the page. */
  plan.pointsOut = (chart, tell) => {
    let pointed = new URLSearchParams(location.search).get("suggestion");
    return () => {
      const { model } = chart, isLaid = chart.layout.at.size > 0;
      const item = pointed && [...tell.list.querySelectorAll("[data-suggestion]")].find((li) => li.dataset.suggestion === pointed);
      if (!item || !model || (!isLaid && !tell.chartHidden())) return;
      const own = isLaid && model.bars.find((bar) => tell.suggestionOf(bar)?.id === pointed);
      pointed = null;
      tell.forget();
      item.parentElement.classList.add("all");
      item.classList.add("pointed-at");
      item.querySelector("details.why")?.setAttribute("open", "");
      item.scrollIntoView({ block: "nearest" });
      if (own && !tell.chartHidden()) chart.select(own);
    };
  };

  /** Who names one order wants to see it: its first step that is not done, and from there its way. */
  plan.findOrder = (chart, wanted, shows) => {
    const number = wanted?.toLowerCase();
    const named = number && chart.layout.at.size ? chart.model.bars.filter((bar) => bar.order?.id.toLowerCase().includes(number)) : [];
    const exactly = named.filter((bar) => bar.order.id.toLowerCase() === number), steps = (exactly.length ? exactly : named).sort((a, b) => a.step - b.step);
    if (!steps.length || new Set(steps.map((bar) => bar.order)).size > 1 || steps.includes(chart.selected)) return;
    chart.select(steps.find((bar) => bar.pin !== "done" && shows(bar.row)) || steps[0]);
  };
})();

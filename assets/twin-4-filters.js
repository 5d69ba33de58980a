/* A bar of filters that lives in the address: a link shows what I see. Used by lists of any page. */
(() => {
  "use strict";
  const twin = window.plantTwin;
  const { t, h, say } = twin;

  const read = () => Object.fromEntries(new URLSearchParams(location.search));
  const write = (values) => {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(values)) value ? query.set(key, value) : query.delete(key);
    const text = query.toString();
    history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
  };

  const control = (field, id) => {
    if (!field.options) return h("input", { type: "search", id, size: 26, autocomplete: "off", placeholder: field.hint || "" });
    return h("select", { id }, ...field.options.map(([value, text]) => h("option", { value }, text)));
  };

  /** fields: [{key, label, options: [[value, text]] or none for a search}]; changed(values) is told.
   *  Returns {values, say(shown, of), query()}. Ends by itself when its region leaves the page. */
  twin.filterBar = (region, fields, changed) => {
    const controls = new Map(fields.map((field) => [field.key, control(field, `filter-${field.key}`)]));
    const count = h("span", { class: "filter-count", role: "status" });
    const clear = h("button", { type: "button", class: "button small", hidden: "" }, t("Show all"));
    const wide = matchMedia("(min-width: 701px)");
    const box = h("details", { class: "filter-box" }, h("summary", {}, t("Filters")), h("div", { class: "filter-fields" },
      ...fields.map((field) => h("div", { class: "filter" }, h("label", { for: `filter-${field.key}` }, field.label), controls.get(field.key)))));
    box.open = wide.matches;
    wide.addEventListener("change", () => { box.open = wide.matches; }, { signal: twin.left });
    const bar = h("form", { class: "filters", role: "search", "aria-label": t("Filters") },
      box, count, clear);
    region.replaceChildren(bar);

    const values = {};
    const take = (given) => {
      for (const [key, input] of controls) {
        input.value = given[key] || "";
        if (input.selectedIndex === -1) input.value = "";  // an address may name what is not there
        values[key] = input.value.trim();
      }
    };
    const tell = () => { clear.hidden = !Object.values(values).some(Boolean); changed(values); };
    const fromControls = () => {
      for (const [key, input] of controls) values[key] = input.value.trim();
      write(values);
      tell();
    };
    const fromAddress = () => {
      if (!bar.isConnected) {
        for (const name of ["popstate", "_dashprivate_pushstate"]) removeEventListener(name, fromAddress);
        return;
      }
      take(read());
      tell();
    };
    bar.addEventListener("input", fromControls);
    bar.addEventListener("submit", (event) => event.preventDefault());
    clear.addEventListener("click", () => { take({}); write(values); tell(); controls.values().next().value.focus(); });
    for (const name of ["popstate", "_dashprivate_pushstate"]) addEventListener(name, fromAddress);
    take(read());
    clear.hidden = !Object.values(values).some(Boolean);
    return {
      values,
      isActive: () => Object.values(values).some(Boolean),
      say: (text) => say(count, text),
      query: (more = {}) => new URLSearchParams(Object.entries({ ...values, ...more }).filter(([, value]) => value)).toString(),
    };
  };

  /** All languages of a name: a search finds what a colleague calls it, and a list equals its CSV. */
  const texts = (name) => (typeof name === "string" ? [name] : name ? Object.values(name) : []);
  twin.contains = (wanted, ...names) => !wanted || names.flatMap(texts).join("\n").toLowerCase().includes(wanted.toLowerCase());
})();

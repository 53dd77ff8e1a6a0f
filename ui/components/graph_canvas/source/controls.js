// The two bars above the canvas: finding and expanding, and what can be done with what is selected.

import { data, el } from "./dom.js";

/** Search box with a list of hits below it, as a combobox that keyboard and screen reader know. */
export function searchBox(t, { search, choose }) {
  const list = el("ul", { class: "gc-hits", role: "listbox", id: "gc-hits", hidden: true });
  const input = el("input", {
    class: "gc-search", type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "gc-hits",
    "aria-autocomplete": "list", "aria-label": t("search"), placeholder: t("search_by"), maxlength: 200, autocomplete: "off",
  });
  let timer;
  let active = -1;
  const show = (children) => {
    list.replaceChildren(...children);
    list.hidden = !children.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    active = -1;
    input.removeAttribute("aria-activedescendant");
  };
  const options = () => [...list.querySelectorAll("[role=option]")];
  const move = (step) => {
    const all = options();
    if (!all.length) return;
    active = (active + step + all.length) % all.length;
    all.forEach((option, position) => option.setAttribute("aria-selected", String(position === active)));
    all[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[active].id);
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const text = input.value.trim();
    if (!text) return show([]);
    timer = setTimeout(() => search(text), 180);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      move(event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
    } else if (event.key === "Enter") {
      options()[Math.max(active, 0)]?.click();
      event.preventDefault();
    } else if (event.key === "Escape") show([]);
    event.stopPropagation();
  });
  input.addEventListener("blur", () => setTimeout(() => show([]), 200));
  const box = el("div", { class: "gc-find" }, input, list);
  box.found = (asked, hits) => {
    if (input.value.trim() !== asked) return;
    if (!hits.length) return show([el("li", { class: "gc-quiet" }, t("found_nothing"))]);
    show(hits.map((hit, position) =>
      el("li", {
        role: "option", id: `gc-hit-${position}`, "aria-selected": "false",
        onmousedown: (event) => event.preventDefault(),
        onclick: () => { input.value = ""; show([]); choose(hit); },
      }, el("span", { class: "gc-hit-name" }, data(hit.name, 60)), el("span", { class: "gc-quiet" }, hit.what, " · ", data(hit.key, 40)))));
  };
  box.focusInput = () => input.focus();
  return box;
}

/** What an expansion brings: relations, direction, days, how many. `box.chosen()` says so. */
export function expandOptions(t, { types, limits }) {
  const checks = types.map(({ id, label }) => el("label", {}, el("input", { type: "checkbox", value: id }), " ", label));
  const summary = el("summary", {}, t("every_relation"));
  const relation = el("details", { class: "gc-types" }, summary, el("div", { class: "gc-types-list" }, checks));
  const direction = select(["both", "source", "target"].map((id) => [id, t(`direction_${id}`)]));
  const since = el("input", { type: "date", "aria-label": t("since") });
  const until = el("input", { type: "date", "aria-label": t("until") });
  const limit = select(limits.map((number) => [String(number), String(number)]));
  limit.value = "50";
  const ticked = () => checks.map((label) => label.firstChild).filter((box) => box.checked);
  relation.addEventListener("change", () => {
    const chosen = ticked();
    summary.textContent = chosen.length ? chosen.map((box) => types.find(({ id }) => id === box.value).label).join(", ") : t("every_relation");
  });
  relation.addEventListener("focusout", (event) => { if (!relation.contains(event.relatedTarget)) relation.open = false; });
  const box = el("fieldset", { class: "gc-options" }, el("legend", { class: "gc-hidden" }, t("expand_with")),
    field(t("relations"), relation), field(t("direction"), direction), field(t("since"), since), field(t("until"), until), field(t("at_most"), limit));
  box.chosen = () => ({
    kinds: ticked().map((check) => check.value),
    direction: direction.value,
    since: since.value || null,
    until: until.value || null,
    limit: Number(limit.value),
  });
  return box;
}

export function select(options, label) {
  return el("select", { "aria-label": label ?? null }, options.map(([value, words]) => el("option", { value }, words)));
}

export function field(label, control) {
  return el("div", { class: "gc-field" }, el("span", { class: "gc-quiet" }, label), control);
}

export function button(words, onclick, more = {}) {
  return el("button", { type: "button", class: "gc-button", onclick, ...more }, words);
}

/** A button that opens a list of choices; it closes when one is taken or the focus leaves. */
export function menu(words, choices) {
  const box = el("details", { class: "gc-menu" }, el("summary", { class: "gc-button" }, words));
  box.append(el("div", { class: "gc-menu-list" }, choices.map(([label, act]) =>
    button(label, () => { box.open = false; act(); }))));
  box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) box.open = false; });
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") { box.open = false; box.firstChild.focus(); } });
  return box;
}

// The tables beside the canvas, in step with it: what is drawn, what is selected, and the same things to do.

import { button } from "./controls.js";
import { data, el, filled } from "./dom.js";
import { named } from "./exporting.js";
import { SIGNS } from "./style.js";

const MOST_ROWS = 300;

export function nodeTable(t, nodes, selected, { choose, expand, statuses }) {
  const rows = [...nodes].sort((one, two) => selected.has(two.id) - selected.has(one.id)).slice(0, MOST_ROWS).map((node) =>
    el("tr", { "data-node": node.id, "aria-selected": String(selected.has(node.id)), onclick: () => choose(node.id) },
      el("th", { scope: "row" }, el("button", { type: "button", class: "gc-link", "aria-pressed": String(selected.has(node.id)) }, data(named(node), 60)),
        el("div", { class: "gc-quiet" }, node.what, node.members || node.key === node.name ? null : [" · ", data(node.key, 30)])),
      el("td", {}, node.status === "none" ? "" : `${SIGNS[node.status]} ${statuses[node.status]}`),
      el("td", { class: "gc-end" }, node.members ? "" : node.beyond ? `+${node.beyond}` : "0"),
      el("td", {}, button(t(node.members ? "ungroup" : "expand"), (event) => { event.stopPropagation(); expand(node.id); }, { "aria-label": `${t(node.members ? "ungroup" : "expand")} ${named(node).slice(0, 80)}` }))));
  return table(t("nodes"), [t("node"), t("status"), t("hidden_neighbours"), ""], rows, nodes.length, t);
}

export function edgeTable(t, edges, nodes, selected, { choose, amounts, when }) {
  const names = new Map(nodes.map((node) => [node.id, named(node)]));
  const rows = [...edges].sort((one, two) => selected.has(two.id) - selected.has(one.id)).slice(0, MOST_ROWS).map((edge) =>
    el("tr", { "aria-selected": String(selected.has(edge.id)), onclick: () => choose(edge.id) },
      el("th", { scope: "row" }, el("button", { type: "button", class: "gc-link", "aria-pressed": String(selected.has(edge.id)) }, data(names.get(edge.source), 40)),
        el("div", { class: "gc-quiet" }, edge.suspected ? `${t("suspected")}: ` : null, edge.label, " → "), data(names.get(edge.target), 40)),
      el("td", { class: "gc-end" }, amounts(edge)),
      el("td", {}, when(edge))));
  return table(t("relations"), [t("relation"), t("amount"), t("when")], rows, edges.length, t);
}

export function pathList(t, found, nodeName, { add, addAll, show }) {
  if (!found.ways.length) return el("p", { class: "gc-quiet" }, t("paths_none"), " ", found.complete ? "" : t("paths_cut"));
  const items = found.ways.map((way, position) =>
    el("li", {}, el("button", { type: "button", class: "gc-link", onclick: () => show(way) },
      way.nodes.flatMap((id, step) => [step ? ` ${way.signs[step - 1]} ` : null, data(nodeName(id), 30)])),
    " ", button(t("add"), () => add(way), { "aria-label": `${t("add")} ${position + 1}` })));
  const notes = [
    found.hubs.length ? el("p", { class: "gc-quiet" }, filled(t("paths_hubs"), { names: found.hubs.join(", ") })) : null,
    found.complete ? null : el("p", { class: "gc-quiet" }, t("paths_cut")),
  ];
  return el("div", {}, button(t("add_all"), addAll), el("ol", { class: "gc-paths" }, items), notes);
}

function table(caption, headings, rows, count, t) {
  if (!rows.length) return el("p", { class: "gc-quiet" }, t("nothing_here"));
  const more = count > rows.length ? el("p", { class: "gc-quiet" }, filled(t("more_rows"), { count: count - rows.length })) : null;
  return el("div", {}, el("table", { class: "gc-table" }, el("caption", { class: "gc-hidden" }, caption),
    el("thead", {}, el("tr", {}, headings.map((words) => el("th", { scope: "col" }, words)))), el("tbody", {}, rows)), more);
}

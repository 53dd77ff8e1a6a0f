// What is to be seen of a model: hidden nodes gone, filters applied, groups and repeated relations drawn as one.

import { neighbours } from "./model.js";
import { sums } from "./money.js";

/**
 * { nodes, edges } to draw. A node is one of the model's, with place, `beyond` (neighbours that are not here) and, for a
 * group, `members`; an edge has `parts`, the edges it stands for, and `totals` by currency.
 */
export function drawn(model, currencies) {
  const beside = neighbours(model);
  const nodes = new Map();
  for (const [id, node] of model.nodes) {
    const place = model.places.get(id);
    if (place.hidden) continue;
    if (!place.group) {
      const beyond = node.degree === undefined ? 0 : Math.max(0, node.degree - beside.get(id).size);
      nodes.set(id, { ...node, ...place, beyond, members: null });
      continue;
    }
    const group = nodes.get(place.group) ?? groupOf(place, node);
    group.members.push(node);
    nodes.set(place.group, group);
  }
  const at = (id) => (nodes.has(id) ? id : model.places.get(id)?.hidden ? null : model.places.get(id)?.group ?? null);
  const met = new Set();
  const bundles = new Map();
  for (const edge of model.edges.values()) {
    const source = at(edge.source);
    const target = at(edge.target);
    if (source === null || target === null) continue;
    met.add(source).add(target);
    if (!within(edge, model.look)) continue;
    const alone = model.look.single && !nodes.get(source).members && !nodes.get(target).members;
    const key = alone ? edge.id : [edge.type, edge.suspected, edge.ended, source, target].join("\n");
    const bundle = bundles.get(key) ?? { id: key, source, target, parts: [] };
    bundle.parts.push(edge);
    bundles.set(key, bundle);
  }
  const edges = [...bundles.values()].map(described).filter((edge) => large(edge, model.look.least, currencies));
  const joined = new Set(edges.flatMap(({ source, target }) => [source, target]));
  // What a filter cut off from everything goes; what never was joined to anything stays.
  const shown = [...nodes.values()].filter(({ id, pinned }) => pinned || joined.has(id) || !met.has(id));
  return { nodes: shown, edges };
}

/** First and last instant of what the model knows a time of, or null. */
export function span(model) {
  const instants = [...model.edges.values()].map(({ at }) => at).filter((at) => at !== null);
  if (!instants.length) return null;
  return { first: instants.reduce((a, b) => Math.min(a, b)), last: instants.reduce((a, b) => Math.max(a, b)) };
}

function groupOf(place, node) {
  return {
    id: place.group,
    table: node.table,
    kind: node.kind,
    what: node.what,
    name: "",
    status: "none",
    x: place.groupX,
    y: place.groupY,
    pinned: false,
    hidden: false,
    beyond: 0,
    members: [],
  };
}

function within({ at, from, to }, { since, until }) {
  if (at !== null) return (since === null || at >= since) && (until === null || at <= until);
  return (since === null || to === null || to > since) && (until === null || from === null || from <= until);
}

function described(bundle) {
  const [first] = bundle.parts;
  return {
    ...bundle,
    type: first.type,
    label: bundle.parts.every(({ label }) => label === first.label) ? first.label : first.relation,
    suspected: first.suspected,
    ended: first.ended,
    totals: sums(bundle.parts),
  };
}

/** Whether an edge has at least so much in some currency; what has no amount is not judged by it. */
function large({ totals }, least, currencies) {
  if (!least || !totals.size) return true;
  return [...totals].some(([code, minor]) => minor >= minorUnits(least, currencies[code]?.digits ?? 0));
}

/** Minor units of a decimal text, rounded up. */
export function minorUnits(text, digits) {
  const [whole, fraction = ""] = text.split(".");
  const kept = BigInt((whole || "0") + fraction.slice(0, digits).padEnd(digits, "0"));
  return /[1-9]/.test(fraction.slice(digits)) ? kept + 1n : kept;
}

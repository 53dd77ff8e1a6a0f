// What is on the canvas, as values that are never changed in place: each step makes a new model, so that going back is
// taking up an old one.
//
// nodes   id → what the server says of it
// edges   id → likewise; an edge whose ends are not both here waits in it until they are
// places  id → { x, y, pinned, hidden, group }
// look    { single, since, until, least }: payments one by one; instants in milliseconds or null; a decimal text or ""

export const MOST_NODES = 1000;

export function empty() {
  return {
    nodes: new Map(),
    edges: new Map(),
    places: new Map(),
    look: { single: false, since: null, until: null, least: "" },
  };
}

/** The model with these nodes and edges; what is known already gets its new words and keeps its place. */
export function merged(model, nodes, edges, places) {
  const next = { ...model, nodes: new Map(model.nodes), edges: new Map(model.edges), places: new Map(model.places) };
  for (const node of nodes) {
    const known = next.nodes.get(node.id);
    next.nodes.set(node.id, known ? { ...known, ...node, degree: node.degree ?? known.degree } : node);
    if (!known) next.places.set(node.id, { x: 0, y: 0, pinned: false, hidden: false, group: null, ...places.get(node.id) });
  }
  for (const edge of edges) next.edges.set(edge.id, edge);
  return next;
}

export function placed(model, places) {
  const next = new Map(model.places);
  for (const [id, change] of places) if (next.has(id)) next.set(id, { ...next.get(id), ...change });
  return { ...model, places: next };
}

export function looked(model, change) {
  return { ...model, look: { ...model.look, ...change } };
}

export function degreesKnown(model, degrees) {
  const nodes = new Map(model.nodes);
  for (const [id, degree] of Object.entries(degrees)) if (nodes.has(id)) nodes.set(id, { ...nodes.get(id), degree });
  return { ...model, nodes };
}

/** id → ids of the nodes it is joined with by what is known, suspicions left out. */
export function neighbours(model) {
  const found = new Map([...model.nodes.keys()].map((id) => [id, new Set()]));
  for (const { source, target, suspected } of model.edges.values()) {
    if (suspected || source === target || !found.has(source) || !found.has(target)) continue;
    found.get(source).add(target);
    found.get(target).add(source);
  }
  return found;
}

/** The nodes with at most one neighbour on the canvas. */
export function leaves(model) {
  return [...neighbours(model)].filter(([, others]) => others.size <= 1).map(([id]) => id);
}

/**
 * Put leaves of one kind at one node into one group each, where there are at least `least`. Pinned ones stay.
 * A group's id says whom it stands at and of which kind it is.
 */
export function grouped(model, least = 4) {
  const bunches = new Map();
  for (const [id, others] of neighbours(model)) {
    const place = model.places.get(id);
    if (others.size !== 1 || place.pinned || place.hidden || place.group) continue;
    const [hub] = others;
    const group = `group\n${hub}\n${model.nodes.get(id).kind}`;
    bunches.set(group, [...(bunches.get(group) ?? []), id]);
  }
  const places = new Map();
  for (const [group, ids] of bunches) {
    if (ids.length < least) continue;
    const at = ids.map((id) => model.places.get(id));
    const middle = { x: mean(at.map((p) => p.x)), y: mean(at.map((p) => p.y)) };
    for (const id of ids) places.set(id, { group, groupX: middle.x, groupY: middle.y });
  }
  return placed(model, places);
}

export function ungrouped(model, group) {
  const members = [...model.places].filter(([, place]) => place.group && (!group || place.group === group));
  return placed(model, new Map(members.map(([id]) => [id, { group: null }])));
}

/** How many nodes the canvas shows or could show at once: a group counts once, a hidden node not at all. */
export function size(model) {
  const shown = [...model.places].filter(([, place]) => !place.hidden);
  return new Set(shown.map(([id, place]) => place.group ?? id)).size;
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

// The four layouts. Each gives places by id; pinned nodes keep theirs.

import { leftToRight } from "./placing.js";

export function circle(nodes) {
  const radius = Math.max(160, (nodes.length * 95) / (2 * Math.PI));
  return new Map(nodes.map(({ id }, n) => {
    const turn = (2 * Math.PI * n) / nodes.length - Math.PI / 2;
    return [id, { x: radius * Math.cos(turn), y: radius * Math.sin(turn) }];
  }));
}

/** Rings around one node: those one step away on the first, and so on; what is not joined to it on the last. */
export function ego(nodes, edges, centre) {
  const beside = new Map(nodes.map(({ id }) => [id, []]));
  for (const { source, target } of edges) {
    beside.get(source)?.push(target);
    beside.get(target)?.push(source);
  }
  const rings = [[centre]];
  const seen = new Set([centre]);
  while (rings.at(-1).length) {
    const next = [...new Set(rings.at(-1).flatMap((id) => beside.get(id)))].filter((id) => !seen.has(id));
    next.forEach((id) => seen.add(id));
    rings.push(next);
  }
  rings.splice(-1, 1, nodes.map(({ id }) => id).filter((id) => !seen.has(id)));
  const places = new Map();
  let radius = 0;
  rings.filter((ring) => ring.length).forEach((ring, number) => {
    radius = number ? Math.max(radius + 130, (ring.length * 88) / (2 * Math.PI)) : 0;
    ring.forEach((id, n) => {
      const turn = (2 * Math.PI * n) / ring.length - Math.PI / 2;
      places.set(id, { x: radius * Math.cos(turn), y: radius * Math.sin(turn) });
    });
  });
  return places;
}

/** Money from left to right: along payments, and along the other relations where there are no payments at all. */
export function money(nodes, edges) {
  const payments = edges.filter(({ type }) => type === "TRANSFER");
  return leftToRight(nodes.map(({ id }) => id), payments.length ? payments : edges);
}

/** Forces, by fcose, on a canvas of its own without a picture; pinned nodes are where the others gather around. */
export function force(cytoscape, nodes, edges) {
  const known = new Set(nodes.map(({ id }) => id));
  const spread = nodes.every(({ x, y }) => x === nodes[0].x && y === nodes[0].y);
  const scratch = cytoscape({
    headless: true,
    styleEnabled: true,
    style: [{ selector: "node", style: { width: 60, height: 60 } }],
    elements: [
      ...nodes.map(({ id, x, y }) => ({ group: "nodes", data: { id }, position: { x, y } })),
      ...edges.filter(({ source, target }) => known.has(source) && known.has(target) && source !== target)
        .map(({ source, target }, n) => ({ group: "edges", data: { id: `\u0000${n}`, source, target } })),
    ],
  });
  const pinned = nodes.filter((node) => node.pinned).map(({ id, x, y }) => ({ nodeId: id, position: { x, y } }));
  scratch.layout({
    name: "fcose",
    animate: false,
    randomize: spread || !pinned.length,
    quality: nodes.length > 300 ? "draft" : "default",
    nodeSeparation: 110,
    idealEdgeLength: 120,
    nodeRepulsion: 9000,
    numIter: nodes.length > 300 ? 800 : 2500,
    packComponents: false,
    fixedNodeConstraint: pinned.length ? pinned : undefined,
  }).run();
  const places = new Map(scratch.nodes().map((node) => [node.id(), { ...node.position() }]));
  scratch.destroy();
  return places;
}

// The canvas as files: SVG, GraphML, CSV. Whatever a name contains is text in them; a cell that a spreadsheet would take
// for a formula is quoted as `loantrail export` does. PNG is drawn by the canvas itself.

import { decimal } from "./money.js";

/** What XML 1.0 cannot carry, orders to turn the writing direction, and halves of characters. */
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

export function xml(text) {
  return String(text).replace(UNSEEN, "\ufffd").replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

/** A cell of a CSV file; a value that begins like a formula gets an apostrophe before it. */
export function cell(value) {
  const text = String(value ?? "").replace(UNSEEN, "\ufffd");
  const safe = /^\s*[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const line = (cells) => `${cells.map(cell).join(",")}\r\n`;

/** Nodes and edges as one CSV: a row an edge as it is drawn, then a row for each node without an edge. */
export function csv({ nodes, edges }, { headings, currencies }) {
  const named = new Map(nodes.map((node) => [node.id, node]));
  const rows = [];
  const joined = new Set();
  for (const edge of edges) {
    joined.add(edge.source).add(edge.target);
    const [source, target] = [named.get(edge.source), named.get(edge.target)];
    const amounts = edge.totals.size ? [...edge.totals] : [[null, null]];
    for (const [code, minor] of amounts) {
      const amount = minor === null ? "" : decimal(minor, currencies[code]?.digits ?? 0);
      rows.push([...about(source), edge.label, ...about(target), amount, code ?? "", edge.parts.length, ...days(edge.parts)]);
    }
  }
  for (const node of nodes) if (!joined.has(node.id)) rows.push([...about(node), "", "", "", "", "", "", 0, "", ""]);
  return `\ufeff${line(headings)}${rows.map(line).join("")}`;
}

/** GraphML with the columns of the CSV as data. */
export function graphml({ nodes, edges }, { currencies }) {
  const keys = [
    ...["name", "kind", "table", "record"].map((name) => `<key id="n_${name}" for="node" attr.name="${name}" attr.type="string"/>`),
    ...["x", "y"].map((name) => `<key id="n_${name}" for="node" attr.name="${name}" attr.type="double"/>`),
    ...["type", "label", "amount", "currency", "first", "last"].map((name) => `<key id="e_${name}" for="edge" attr.name="${name}" attr.type="string"/>`),
    '<key id="e_count" for="edge" attr.name="count" attr.type="int"/>',
    '<key id="e_suspected" for="edge" attr.name="suspected" attr.type="boolean"/>',
  ];
  const datum = (key, value) => (value === "" || value === null ? "" : `<data key="${key}">${xml(value)}</data>`);
  const ids = new Map(nodes.map((node, position) => [node.id, `n${position}`]));
  const drawnNodes = nodes.map((node) =>
    `<node id="${ids.get(node.id)}">${datum("n_name", named(node))}${datum("n_kind", node.kind)}${datum("n_table", node.table)}` +
    `${datum("n_record", node.key ?? "")}${datum("n_x", node.x.toFixed(1))}${datum("n_y", node.y.toFixed(1))}</node>`);
  const drawnEdges = edges.flatMap((edge) => (edge.totals.size ? [...edge.totals] : [["", null]]).map(([code, minor]) => {
    const amount = minor === null ? "" : decimal(minor, currencies[code]?.digits ?? 0);
    const [first, last] = days(edge.parts);
    return `<edge source="${ids.get(edge.source)}" target="${ids.get(edge.target)}">${datum("e_type", edge.type)}${datum("e_label", edge.label)}` +
      `${datum("e_amount", amount)}${datum("e_currency", code)}${datum("e_first", first)}${datum("e_last", last)}` +
      `${datum("e_count", edge.parts.length)}${datum("e_suspected", edge.suspected)}</edge>`;
  }));
  return '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n' +
    `${keys.join("\n")}\n<graph edgedefault="directed">\n${[...drawnNodes, ...drawnEdges].join("\n")}\n</graph>\n</graphml>\n`;
}

/** The picture as SVG. `shape`, `colours` and `text` come from the style that the canvas is drawn in. */
export function svg({ nodes, edges }, { points, colours, caption, edgeText, width }) {
  const margin = 90;
  const xs = nodes.map(({ x }) => x);
  const ys = nodes.map(({ y }) => y);
  const [left, top] = [Math.min(...xs) - margin, Math.min(...ys) - margin];
  const [wide, high] = [Math.max(...xs) - left + margin, Math.max(...ys) - top + margin];
  const at = new Map(nodes.map((node) => [node.id, node]));
  const lines = edges.map((edge, number) => {
    const [from, to] = [at.get(edge.source), at.get(edge.target)];
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
    const bow = 14 + 6 * (number % 3);
    const [mx, my] = [(from.x + to.x) / 2 - dy * bow, (from.y + to.y) / 2 + dx * bow];
    const [ex, ey] = [to.x - dx * 26, to.y - dy * 26];
    const dashes = edge.suspected ? ' stroke-dasharray="7 5"' : edge.ended ? ' stroke-dasharray="2 4"' : "";
    const colour = edge.suspected ? colours.suspected : colours.edge;
    return `<path d="M${from.x.toFixed(1)},${from.y.toFixed(1)} Q${mx.toFixed(1)},${my.toFixed(1)} ${ex.toFixed(1)},${ey.toFixed(1)}" fill="none" stroke="${colour}" ` +
      `stroke-width="${width(edge).toFixed(1)}"${dashes} marker-end="url(#tip)"/>` +
      `<text x="${mx.toFixed(1)}" y="${my.toFixed(1)}" font-size="10" text-anchor="middle" class="on">${xml(edgeText(edge))}</text>`;
  });
  const boxes = nodes.map((node) => {
    const { fill, line: border } = colours.of(node);
    const outline = points(node).map(([x, y]) => `${(node.x + x * 22).toFixed(1)},${(node.y + y * 22).toFixed(1)}`).join(" ");
    return `<g><title>${xml(named(node))}</title><polygon points="${outline}" fill="${fill}" stroke="${border}" stroke-width="2"/>` +
      `<text x="${node.x.toFixed(1)}" y="${(node.y + 38).toFixed(1)}" font-size="12" text-anchor="middle" class="on">${xml(caption(node))}</text></g>`;
  });
  return '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${left.toFixed(0)} ${top.toFixed(0)} ${wide.toFixed(0)} ${high.toFixed(0)}" width="${wide.toFixed(0)}" height="${high.toFixed(0)}" font-family="sans-serif">` +
    `<style>.on{fill:${colours.text};paint-order:stroke;stroke:${colours.ground};stroke-width:3px;stroke-linejoin:round}</style>` +
    `<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="${colours.edge}"/></marker></defs>` +
    `<rect x="${left.toFixed(0)}" y="${top.toFixed(0)}" width="${wide.toFixed(0)}" height="${high.toFixed(0)}" fill="${colours.ground}"/>${lines.join("")}${boxes.join("")}</svg>\n`;
}

export function named(node) {
  return node.members ? `${node.members.length} × ${node.what}` : node.name;
}

/** What is drawn, with the names that a reader of this role may hand over. */
export function handedOver({ nodes, edges }) {
  return {
    nodes: nodes.map((node) => (node.public === undefined ? node : { ...node, name: node.public })),
    edges: edges.map((edge) => {
      const hidden = edge.parts.find((part) => part.public !== undefined);
      return hidden === undefined ? edge : { ...edge, label: hidden.public };
    }),
  };
}

function about(node) {
  return [named(node), node.what, node.key ?? ""];
}

/** First and last day of what has a day, as YYYY-MM-DD in the book's own days. */
function days(parts) {
  const known = parts.map(({ day }) => day).filter(Boolean).sort();
  return [known[0] ?? "", known.at(-1) ?? ""];
}

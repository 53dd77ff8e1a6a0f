// How things look: shape says what a node is, colour and a sign say how it stands, width how much, dashes how sure.
// Colours are those of the desk (desk.css); no meaning rests on colour alone.

export const SHAPES = {
  company: "round-rectangle",
  sole_trader: "cut-rectangle",
  person: "ellipse",
  public_body: "pentagon",
  bank: "octagon",
  group: "concave-hexagon",
  unknown: "rectangle",
  account: "hexagon",
  loan: "diamond",
  drawdown: "round-diamond",
  contract: "tag",
  invoice: "bottom-round-rectangle",
  collateral: "heptagon",
  contact: "round-triangle",
  nameless: "vee",
  event: "star",
};

export const SIGNS = { R: "◆", O: "▲", Y: "●", confirmed: "✓", none: "" };
export const STATUSES = ["R", "O", "Y", "confirmed", "none"];

export function theme(element) {
  const style = getComputedStyle(element);
  const value = (name) => style.getPropertyValue(name).trim();
  const pair = (name) => ({ line: value(`--lt-${name}`), fill: value(`--lt-${name}-ground`) });
  return {
    R: pair("red"),
    O: pair("orange"),
    Y: pair("yellow"),
    confirmed: pair("green"),
    none: { line: value("--lt-quiet"), fill: value("--lt-quiet-ground") },
    blue: value("--lt-blue"),
    text: value("--st-text-color") || style.color,
    quiet: value("--lt-quiet"),
    ground: value("--lt-surface"),
    font: style.fontFamily,
  };
}

/** Style sheet for cytoscape; every value that depends on data is a function, so that no text of it is ever parsed. */
export function sheet(colours) {
  return [
    {
      selector: "node",
      style: {
        shape: (node) => node.data("shape"),
        width: 34,
        height: 34,
        label: (node) => node.data("caption"),
        color: colours.text,
        "font-family": colours.font,
        "font-size": 11,
        "text-wrap": "wrap",
        "text-max-width": 112,
        "text-valign": "bottom",
        "text-margin-y": 5,
        "text-background-color": colours.ground,
        "text-background-opacity": 0.82,
        "text-background-padding": 1,
        "min-zoomed-font-size": 6,
        "background-color": (node) => colours[node.data("status")].fill,
        "border-color": (node) => colours[node.data("status")].line,
        "border-width": 2,
        "border-style": (node) => (node.data("inferred") ? "dotted" : "solid"),
        "overlay-opacity": 0,
        "underlay-opacity": 0,
      },
    },
    {
      selector: "node[badge]",
      style: {
        "background-image": (node) => badge(node.data("badge"), colours),
        "background-width": (node) => `${badgeWidth(node.data("badge"))}px`,
        "background-height": "15px",
        "background-position-x": "38px",
        "background-position-y": "-9px",
        "background-offset-x": "-6px",
        "background-clip": "none",
        "background-image-containment": "over",
        "bounds-expansion": 60,
      },
    },
    { selector: "node[?pinned]", style: { "border-width": 4 } },
    { selector: "node[?members]", style: { "border-style": "double", "border-width": 6, width: 44, height: 44 } },
    {
      selector: "edge",
      style: {
        width: (edge) => edge.data("width"),
        "line-color": (edge) => (edge.data("suspected") ? colours.R.line : colours.quiet),
        "target-arrow-color": (edge) => (edge.data("suspected") ? colours.R.line : colours.quiet),
        "target-arrow-shape": (edge) => (edge.data("suspected") ? "none" : "triangle"),
        "arrow-scale": 0.9,
        "line-style": (edge) => (edge.data("suspected") ? "dashed" : edge.data("ended") ? "dotted" : "solid"),
        "line-opacity": 0.75,
        "curve-style": "bezier",
        "control-point-step-size": 26,
        label: (edge) => edge.data("caption"),
        color: colours.text,
        "font-family": colours.font,
        "font-size": 9,
        "min-zoomed-font-size": 8,
        "text-rotation": "autorotate",
        "text-background-color": colours.ground,
        "text-background-opacity": 0.85,
        "text-background-padding": 1,
        "overlay-opacity": 0,
      },
    },
    {
      selector: "node:selected",
      style: { "border-color": colours.blue, "border-width": 4, "underlay-color": colours.blue, "underlay-opacity": 0.16, "underlay-padding": 7 },
    },
    {
      selector: "edge:selected",
      style: { "line-color": colours.blue, "target-arrow-color": colours.blue, "line-opacity": 1, color: colours.blue },
    },
    { selector: ".dim", style: { opacity: 0.25 } },
  ];
}

/** Width of a line: by the logarithm of its amount, between those on the canvas. */
export function widths(edges) {
  const size = ({ totals }) => Math.max(0, ...[...totals.values()].map((minor) => String(minor < 0n ? -minor : minor).length + lead(minor)));
  const sizes = edges.filter(({ totals }) => totals.size).map(size);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  return (edge) => (!edge.totals.size ? 1.4 : most - least < 0.01 ? 2.6 : 1.4 + (5.6 * (size(edge) - least)) / (most - least));
}

/** Shape as corners between -1 and 1, for pictures that are drawn elsewhere. */
export function corners(shape) {
  const ring = (count, turn = -Math.PI / 2) =>
    [...Array(count).keys()].map((n) => [Math.cos(turn + (2 * Math.PI * n) / count), Math.sin(turn + (2 * Math.PI * n) / count)]);
  const known = {
    ellipse: ring(24),
    diamond: ring(4),
    "round-diamond": ring(4),
    pentagon: ring(5),
    hexagon: ring(6, 0),
    heptagon: ring(7),
    octagon: ring(8, Math.PI / 8),
    "round-triangle": ring(3),
    star: ring(10).map(([x, y], n) => (n % 2 ? [x * 0.45, y * 0.45] : [x, y])),
    tag: [[-0.8, -0.6], [0.4, -0.6], [1, 0], [0.4, 0.6], [-0.8, 0.6]],
    vee: [[-0.9, -0.8], [0, -0.4], [0.9, -0.8], [0, 0.9]],
    "cut-rectangle": [[-0.5, -0.8], [0.5, -0.8], [0.8, -0.5], [0.8, 0.5], [0.5, 0.8], [-0.5, 0.8], [-0.8, 0.5], [-0.8, -0.5]],
    "concave-hexagon": [[-0.8, -0.8], [0.8, -0.8], [0.5, 0], [0.8, 0.8], [-0.8, 0.8], [-0.5, 0]],
  };
  return known[shape] ?? [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]];
}

function lead(minor) {
  const digits = String(minor < 0n ? -minor : minor).slice(0, 4);
  return Math.log10(Number(digits) / 10 ** (digits.length - 1) || 1);
}

function badgeWidth(text) {
  return 9 + 6 * text.length;
}

function badge(text, colours) {
  const width = badgeWidth(text);
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="15"><rect x="0.5" y="0.5" width="${width - 1}" height="14" rx="7" fill="${colours.blue}"/>` +
    `<text x="${width / 2}" y="11" font-size="10" font-weight="600" font-family="sans-serif" text-anchor="middle" fill="${colours.ground}">${text}</text></svg>`;
  return `data:image/svg+xml;utf8,${encodeURIComponent(picture)}`;
}

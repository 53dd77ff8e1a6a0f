// The canvas's own code without a browser: `node --test`.

import assert from "node:assert/strict";
import test from "node:test";
import { inside } from "../../../ui/components/graph_canvas/source/lasso.js";

const source = "../../../ui/components/graph_canvas/source";
const models = await import(`${source}/model.js`);
const { drawn, minorUnits, span } = await import(`${source}/drawn.js`);
const { cell, csv, graphml, handedOver, svg, xml } = await import(`${source}/exporting.js`);
const { brief, decimal, money, sums } = await import(`${source}/money.js`);
const { History } = await import(`${source}/history.js`);
const { SPACING, freePlaces, layers, leftToRight } = await import(`${source}/placing.js`);
const { circle, ego } = await import(`${source}/layout.js`);
const { corners, widths } = await import(`${source}/style.js`);

const CNY = { CNY: { digits: 2, before: "CNY ", after: "" } };
const node = (id, more = {}) => ({ id, table: "account", key: id, kind: "account", name: id, what: "account", status: "none", inferred: false, ...more });
const pay = (id, source, target, amount = "100", more = {}) => ({ id, source, target, type: "TRANSFER", label: "pays", relation: "pays", amount, currency: "CNY", at: null, from: null, to: null, day: null, when: null, ended: false, suspected: false, row: ["transfer", id], ...more });
const canvas = (nodes, edges) => models.merged(models.empty(), nodes, edges, new Map());

test("amounts beyond what a float holds stay exact", () => {
  assert.equal(decimal(-5n, 2), "-0.05");
  assert.equal(money("9007199254740993123", "CNY", CNY, "en"), "CNY 90,071,992,547,409,931.23");
  assert.equal(money("500", "XXX", {}, "en"), "XXX 500");
  assert.equal(brief("115371946", "CNY", CNY, "en", "CNY"), "1.15M");
  assert.equal(brief("115371946", "CNY", CNY, "zh-Hans-CN", "CNY"), "115万");
  const totals = sums([pay("1", "a", "b", "9007199254740993"), pay("2", "a", "b", "1"), pay("3", "a", "b", "7", { currency: "USD" })]);
  assert.deepEqual([...totals], [["CNY", 9007199254740994n], ["USD", 7n]]);
});

test("repeated payments are one line with their sum, or one by one", () => {
  const model = canvas([node("a"), node("b")], [pay("1", "a", "b"), pay("2", "a", "b", "250"), pay("3", "b", "a")]);
  const { edges } = drawn(model, CNY);
  assert.deepEqual(edges.map(({ source, totals, parts }) => [source, totals.get("CNY"), parts.length]), [["a", 350n, 2], ["b", 100n, 1]]);
  assert.equal(drawn(models.looked(model, { single: true }), CNY).edges.length, 3);
});

test("a suspicion and an ended relation are lines of their own", () => {
  const model = canvas([node("a"), node("b")], [pay("1", "a", "b"), pay("2", "a", "b", "1", { ended: true }), pay("3", "a", "b", null, { suspected: true })]);
  assert.equal(drawn(model, CNY).edges.length, 3);
});

test("what waits for its other end appears when that end comes", () => {
  const model = canvas([node("a")], [pay("1", "a", "b")]);
  assert.equal(drawn(model, CNY).edges.length, 0);
  assert.equal(drawn(models.merged(model, [node("b")], [], new Map()), CNY).edges.length, 1);
});

test("the amount filter is inclusive, exact, and judges each currency by itself", () => {
  const model = canvas([node("a"), node("b"), node("c")], [pay("1", "a", "b", "4999"), pay("2", "a", "c", "5000"), pay("3", "b", "c", null)]);
  const least = models.looked(model, { least: "50" });
  assert.deepEqual(drawn(least, CNY).edges.map(({ parts }) => parts[0].id), ["2", "3"]);
  assert.equal(minorUnits("50.001", 2), 5001n);
  assert.equal(minorUnits(".5", 2), 50n);
});

test("time hides payments outside it, and nodes that are cut off, but no pinned one", () => {
  const model = canvas([node("a"), node("b"), node("c")], [pay("1", "a", "b", "1", { at: 10 }), pay("2", "a", "c", "1", { at: 20 })]);
  assert.deepEqual(span(model), { first: 10, last: 20 });
  const early = models.looked(model, { until: 15 });
  assert.deepEqual(drawn(early, CNY).nodes.map(({ id }) => id), ["a", "b"]);
  const pinned = models.placed(early, new Map([["c", { pinned: true }]]));
  assert.deepEqual(drawn(pinned, CNY).nodes.map(({ id }) => id), ["a", "b", "c"]);
  const facts = canvas([node("a"), node("b")], [pay("1", "a", "b", null, { from: 10, to: 20 })]);
  assert.equal(drawn(models.looked(facts, { since: 20 }), CNY).edges.length, 0); // closed-open: over at 20
  assert.equal(drawn(models.looked(facts, { since: 19 }), CNY).edges.length, 1);
});

test("the badge counts neighbours that are not here", () => {
  const model = models.degreesKnown(canvas([node("a"), node("b")], [pay("1", "a", "b"), pay("2", "b", "a")]), { a: 5, b: 1 });
  assert.deepEqual(drawn(model, CNY).nodes.map(({ beyond }) => beyond), [4, 0]);
});

test("leaves of one kind at one node become a group, and come back", () => {
  const leaves = ["1", "2", "3", "4"].map((id) => node(id));
  const model = canvas([node("hub"), node("far"), ...leaves], [...leaves.map(({ id }) => pay(id, "hub", id, "25")), pay("f", "hub", "far"), pay("g", "far", "4")]);
  const three = models.grouped(model); // 4 is no leaf: it is joined with far too
  assert.equal(models.size(three), 6);
  const grouped = models.grouped(models.merged(model, [node("5")], [pay("5", "hub", "5", "25")], new Map()));
  assert.equal(models.size(grouped), 4); // hub, far, 4, and the group of 1, 2, 3 and 5
  const { nodes, edges } = drawn(grouped, CNY);
  const [group] = nodes.filter(({ members }) => members);
  assert.equal(group.members.length, 4);
  assert.equal(edges.find(({ target }) => target === group.id).totals.get("CNY"), 100n);
  assert.equal(models.size(models.ungrouped(grouped)), 7);
  assert.deepEqual(models.leaves(model), ["1", "2", "3"]);
});

test("new words do not move what is known", () => {
  const model = models.placed(canvas([node("a")], []), new Map([["a", { x: 7, y: 8 }]]));
  const again = models.merged(model, [node("a", { name: "新" })], [], new Map([["a", { x: 0, y: 0 }]]));
  assert.equal(again.nodes.get("a").name, "新");
  assert.deepEqual([again.places.get("a").x, again.places.get("a").y], [7, 8]);
});

test("new places are free, and around what was expanded", () => {
  const taken = [...Array(200).keys()].map((n) => ({ x: (n % 20) * 140, y: Math.floor(n / 20) * 140 }));
  const found = freePlaces(taken, { x: 700, y: 700 }, 60);
  const all = [...taken, ...found];
  for (const place of found) {
    for (const other of all) if (other !== place) assert.ok(Math.hypot(place.x - other.x, place.y - other.y) > SPACING * 0.97);
  }
  assert.deepEqual(freePlaces(taken, { x: 700, y: 700 }, 60), found);
});

test("money runs from left to right, rings too", () => {
  const edges = [["a", "b"], ["b", "c"], ["c", "a"], ["x", "c"], ["c", "d"]].map(([source, target]) => ({ source, target }));
  const depth = layers(["a", "b", "c", "d", "x"], edges);
  assert.ok(depth.get("d") > depth.get("c") && depth.get("c") > depth.get("x"));
  const places = leftToRight(["a", "b", "c", "d", "x"], edges);
  assert.equal(new Set([...places.values()].map(({ x, y }) => `${x},${y}`)).size, 5);
});

test("circle and rings put nobody on somebody else", () => {
  const nodes = [..."abcdefgh"].map((id) => node(id));
  const edges = [..."bcd"].map((id) => ({ source: "a", target: id })).concat([{ source: "b", target: "e" }]);
  for (const places of [circle(nodes), ego(nodes, edges, "a")]) {
    assert.equal(new Set([...places.values()].map(({ x, y }) => `${x.toFixed(3)},${y.toFixed(3)}`)).size, 8);
  }
  const rings = ego(nodes, edges, "a");
  const radius = (id) => Math.hypot(rings.get(id).x, rings.get(id).y);
  assert.ok(radius("a") === 0 && radius("b") < radius("e") && radius("e") < radius("h"));
});

test("undo and redo", () => {
  const history = new History(1);
  history.push(2);
  history.amend(3);
  assert.ok(history.undo());
  assert.equal(history.now, 1);
  assert.ok(history.redo());
  assert.equal(history.now, 3);
  history.undo();
  history.push(4);
  assert.equal(history.redo(), false);
});

const HOSTILE = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\u202eevil", "x".repeat(10_000), "😀\ud83d", 'a"b,c\nd', "]]>&amp;\u0000"];

test("hostile names are text in every file", () => {
  const nodes = HOSTILE.map((name, n) => node(`n${n}`, { name, key: name }));
  const shown = drawn(canvas(nodes, [pay("1", "n0", "n1", "100", { label: HOSTILE[0], day: "2026-03-01" })]), CNY);
  const settings = { headings: ["a"], currencies: CNY };
  const table = csv(shown, settings);
  assert.ok(!/(^|[\r\n,])"?=/.test(table), "no cell begins like a formula");
  assert.ok(table.includes("'=cmd|"));
  assert.ok(table.includes(",1.00,CNY,1,2026-03-01,2026-03-01"));
  const written = [graphml(shown, settings), svg(shown, {
    points: () => corners("ellipse"), caption: ({ name }) => name, edgeText: ({ label }) => label, width: widths(shown.edges),
    colours: { text: "#000", ground: "#fff", edge: "#555", suspected: "#a00", of: () => ({ fill: "#fff", line: "#000" }) },
  })];
  for (const text of written) {
    assert.ok(!text.includes("<script"));
    assert.ok(!/[\u0000-\u0008\u202a-\u202e]|[\ud800-\udbff](?![\udc00-\udfff])/.test(text));
  }
  assert.equal(xml('<&">'), "&lt;&amp;&quot;&gt;");
  assert.equal(cell("-12.50"), "-12.50");
  assert.equal(cell("\t=1"), "'\t=1");
});

test("a line catches what lies inside it, also where it is hollow", () => {
  const u = [[0, 0], [30, 0], [30, 30], [20, 30], [20, 10], [10, 10], [10, 30], [0, 30]].map(([x, y]) => ({ x, y }));
  const caught = [[5, 20], [25, 20], [15, 5], [15, 20], [31, 5], [15, 40]].map(([x, y]) => inside({ x, y }, u));
  assert.deepEqual(caught, [true, true, true, false, false, false]); // the hollow of the U is outside
});

test("files have the names that may be handed over", () => {
  const shown = handedOver(drawn(canvas([node("a", { name: "王小明", public: "王***" })], []), CNY));
  assert.ok(!csv(shown, { headings: [], currencies: CNY }).includes("王小明"));
  assert.ok(shown.nodes.some((one) => one.name === "王***"));
});

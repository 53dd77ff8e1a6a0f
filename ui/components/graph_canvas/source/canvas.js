// The graph canvas: one instance a mounted component. The server says what there is; where it stands, what is hidden and
// what was done is known here, and told to the server so that it can be taken up again.

import cytoscape from "cytoscape";
import fcose from "cytoscape-fcose";
import { button, expandOptions, field, menu, searchBox, select } from "./controls.js";
import { clip, data, download, el, filled } from "./dom.js";
import { drawn, span } from "./drawn.js";
import { csv, graphml, handedOver, named, svg } from "./exporting.js";
import { History } from "./history.js";
import { inside, lassoSheet } from "./lasso.js";
import * as layouts from "./layout.js";
import * as models from "./model.js";
import { brief, money } from "./money.js";
import { freePlaces } from "./placing.js";
import { Requests } from "./requests.js";
import { SHAPES, SIGNS, STATUSES, corners, sheet, theme, widths } from "./style.js";
import { edgeTable, nodeTable, pathList } from "./table.js";

cytoscape.use(fcose);

const instances = new WeakMap();
const REMEMBER_MS = 1500;

export default function ({ data: given, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".gc");
  let canvas = instances.get(host);
  if (!canvas) {
    canvas = new Canvas(host, given, setTriggerValue);
    instances.set(host, canvas);
  }
  canvas.receive(given, setTriggerValue);
  return () => {
    canvas.end();
    instances.delete(host);
  };
}

class Canvas {
  constructor(host, given, trigger) {
    this.host = host;
    this.given = given;
    this.trigger = trigger;
    this.history = new History(models.empty());
    this.requests = new Requests((question) => this.trigger("request", question), (op) => this.busy(op), () => this.notice(this.t("late")));
    this.selected = new Set();
    this.tab = "nodes";
    this.found = null;
    this.t = (key) => this.given.words[key];
    this.build();
  }

  get model() {
    return this.history.now;
  }

  // --- the server ----------------------------------------------------------------------------------------------

  receive(given, trigger) {
    const language = this.given.language;
    const dark = this.given.dark;
    this.given = given;
    this.trigger = trigger;
    if (given.language !== language) this.build();
    else if (given.dark !== dark) this.restyle();
    if (given.view) this.open(given.view);
    this.requests.answer(given.answer);
  }

  /** Take up a canvas that was left or saved; the one that is here already only learns new words. */
  open(view) {
    if (view.epoch === this.epoch) {
      this.history.amend(models.merged(this.model, view.nodes, view.edges, new Map()));
      return this.draw();
    }
    this.epoch = view.epoch;
    const fresh = models.merged(models.empty(), view.nodes, view.edges, new Map(Object.entries(view.places)));
    this.history.reset(models.looked(fresh, view.look));
    this.selected.clear();
    if (view.nodes.length && !Object.keys(view.places).length) this.history.reset(this.laidOut("force"));
    this.draw();
    this.fit();
    if (view.expand) this.expand([view.expand]);
    return this.degrees();
  }

  ask(op, content, answered) {
    // every question tells what is here, so that little is lost when the reader leaves
    this.requests.ask(op, { state: this.state(), ...content }, (answer) => (answer.error ? this.notice(answer.error) : answered(answer)));
  }

  busy(op) {
    this.host.setAttribute("aria-busy", String(op !== null && op !== "remember"));
    clearTimeout(this.busyTimer);
    this.wait.hidden = true;
    if (op && op !== "remember" && op !== "degrees") this.busyTimer = setTimeout(() => { this.wait.hidden = false; }, 250);
  }

  /** Tell the server what is here, for when the reader comes back; not while something is under way. */
  remember() {
    clearTimeout(this.rememberTimer);
    this.rememberTimer = setTimeout(() => this.ask("remember", {}, () => { this.host.dataset.kept = this.model.nodes.size; }), REMEMBER_MS);
  }

  state() {
    const places = Object.fromEntries([...this.model.places].map(([id, { x, y, pinned, hidden, group, groupX, groupY }]) =>
      [id, { x: Math.round(x), y: Math.round(y), ...(pinned && { pinned }), ...(hidden && { hidden }), ...(group && { group, groupX, groupY }) }]));
    return {
      nodes: [...this.model.nodes.values()].map(({ table, key }) => [table, key]),
      edges: [...this.model.edges.values()].filter(({ row }) => row).map(({ type, row }) => [type, ...row]),
      places,
      look: this.model.look,
    };
  }

  degrees() {
    const unknown = [...this.model.nodes.values()].filter(({ degree, table }) => degree === undefined && table !== "nameless");
    if (!unknown.length) return;
    this.ask("degrees", { nodes: unknown.map(({ table, key }) => [table, key]) }, ({ degrees }) => {
      this.history.amend(models.degreesKnown(this.model, degrees));
      this.draw();
    });
  }

  // --- steps of the reader -------------------------------------------------------------------------------------

  step(model) {
    this.history.push(model);
    this.draw();
    this.remember();
  }

  go(moved) {
    if (!moved) return;
    this.draw();
    this.remember();
  }

  choose(hit) {
    const id = `${hit.table}:${hit.key}`;
    if (this.model.nodes.has(id)) {
      this.step(models.placed(this.model, new Map([[id, { hidden: false, group: null }]])));
      return this.focus(id);
    }
    return this.ask("add", { nodes: [[hit.table, hit.key]] }, (answer) => {
      this.add(answer, null);
      this.focus(id);
    });
  }

  expand(ids) {
    for (const id of ids) {
      const node = this.model.nodes.get(id);
      if (!node) {
        this.step(models.ungrouped(this.model, id));
        continue;
      }
      if (node.table === "nameless") continue;
      this.ask("expand", { node: [node.table, node.key], ...this.options.chosen() }, (answer) => {
        this.add(answer, id);
        const said = filled(this.t(answer.hidden ? "expanded_part" : "expanded"), { count: answer.edges.length, hidden: answer.hidden });
        this.say(`${clip(named(node), 60)}: ${said}`);
        if (answer.hidden) this.notice(`${clip(named(node), 40)}: ${said}`);
      });
    }
  }

  /** Put what the server found on the canvas: new nodes into free places, everything else stays where it is. */
  add(answer, centre) {
    const fresh = answer.nodes.filter(({ id }) => !this.model.nodes.has(id));
    const over = models.size(this.model) + fresh.length - models.MOST_NODES;
    if (over > 0) return this.tooMany(answer, centre, fresh, over);
    const shown = drawn(this.model, this.given.currencies).nodes;
    const places = this.model.places;
    const at = centre ? places.get(centre) : this.middle(shown);
    const seats = !centre && !shown.length ? [{ x: 0, y: 0 }, ...freePlaces([{ x: 0, y: 0 }], { x: 0, y: 0 }, Math.max(fresh.length - 1, 0))] :
      freePlaces([...places.values()], at, fresh.length);
    const seated = new Map(fresh.map(({ id }, n) => [id, seats[n]]));
    const back = answer.nodes.filter(({ id }) => places.get(id)?.hidden).map(({ id }) => [id, { hidden: false }]);
    this.step(models.merged(models.placed(this.model, new Map(back)), answer.nodes, answer.edges, seated));
    this.reveal(seated);
    this.degrees();
    return undefined;
  }

  tooMany(answer, centre, fresh, over) {
    const fits = new Set(fresh.slice(0, Math.max(0, fresh.length - over)).map(({ id }) => id));
    const known = ({ id }) => this.model.nodes.has(id) || fits.has(id);
    const ids = new Set([...this.model.nodes.keys(), ...fits]);
    const part = { ...answer, nodes: answer.nodes.filter(known), edges: answer.edges.filter(({ source, target }) => ids.has(source) && ids.has(target)) };
    this.notice(filled(this.t("too_many"), { count: models.size(this.model) + fresh.length, most: models.MOST_NODES }),
      button(this.t("group_leaves"), () => {
        this.quiet();
        const group = models.grouped(this.model);
        if (models.size(group) + fresh.length > models.MOST_NODES) return this.notice(this.t("group_not_enough"));
        this.step(group);
        return this.add(answer, centre);
      }),
      fits.size ? button(filled(this.t("add_first"), { count: fits.size }), () => { this.quiet(); this.add(part, centre); }) : null);
  }

  pin() {
    const ids = this.chosenNodes();
    const pinned = !ids.every((id) => this.model.places.get(id)?.pinned);
    this.step(models.placed(this.model, new Map(ids.map((id) => [id, { pinned }]))));
  }

  hide() {
    const ids = this.chosenNodes().flatMap((id) => (this.model.nodes.has(id) ? [id] : [...this.model.places].filter(([, p]) => p.group === id).map(([m]) => m)));
    this.selected.clear();
    this.step(models.placed(this.model, new Map(ids.map((id) => [id, { hidden: true }]))));
  }

  unhide() {
    this.step(models.placed(this.model, new Map([...this.model.places.keys()].map((id) => [id, { hidden: false }]))));
  }

  group() {
    const next = models.grouped(this.model);
    if (models.size(next) === models.size(this.model)) return this.notice(this.t("nothing_to_group"));
    return this.step(next);
  }

  layout(name) {
    this.step(this.laidOut(name));
    this.fit();
  }

  laidOut(name) {
    const { nodes, edges } = drawn(this.model, this.given.currencies);
    if (!nodes.length) return this.model;
    const centre = [...this.selected].find((id) => nodes.some((node) => node.id === id)) ?? this.most(nodes, edges);
    const places = {
      force: () => layouts.force(cytoscape, nodes, edges),
      money: () => layouts.money(nodes, edges),
      circle: () => layouts.circle(nodes),
      ego: () => layouts.ego(nodes, edges, centre),
    }[name]();
    const free = new Map();
    for (const node of nodes) {
      const place = places.get(node.id);
      if (node.members) for (const member of node.members) free.set(member.id, { groupX: place.x, groupY: place.y });
      else if (!node.pinned) free.set(node.id, place);
    }
    return models.placed(this.model, free);
  }

  look(change) {
    this.step(models.looked(this.model, change));
  }

  paths() {
    const ids = this.chosenNodes().filter((id) => this.model.nodes.has(id) && this.model.nodes.get(id).table !== "nameless");
    if (ids.length !== 2) return this.notice(this.t("paths_choose"));
    this.tab = "paths";
    const [start, end] = ids.map((id) => this.model.nodes.get(id));
    const chosen = this.options.chosen();
    const content = { start: [start.table, start.key], end: [end.table, end.key], steps: Number(this.steps.value), money: this.inTime.checked };
    this.side();
    return this.ask("paths", { ...content, kinds: chosen.kinds, since: chosen.since, until: chosen.until }, (answer) => {
      this.found = answer;
      this.side();
      this.say(filled(this.t("paths_found"), { count: answer.ways.length }));
    });
  }

  addWays(ways) {
    const nodes = new Set(ways.flatMap((way) => way.nodes));
    const edges = new Set(ways.flatMap((way) => way.edges));
    const part = { nodes: this.found.nodes.filter(({ id }) => nodes.has(id)), edges: this.found.edges.filter(({ id }) => edges.has(id)) };
    this.add(part, ways[0].nodes.find((id) => this.model.nodes.has(id)) ?? null);
    this.select([...nodes]);
  }

  save(title) {
    this.ask("save", { title }, ({ address }) => {
      const url = new URL(address, document.baseURI).href;
      const link = el("input", { class: "gc-address", readonly: true, value: url, "aria-label": this.t("address"), onfocus: (event) => event.target.select() });
      this.notice(this.t("saved"), link);
    });
  }

  export(kind) {
    const shown = handedOver(drawn(this.model, this.given.currencies));
    const settings = { headings: this.given.headings, currencies: this.given.currencies };
    if (kind === "csv") download("graph.csv", csv(shown, settings), "text/csv;charset=utf-8");
    if (kind === "graphml") download("graph.graphml", graphml(shown, settings), "application/xml");
    if (kind === "svg" && shown.nodes.length) {
      const colours = theme(this.host);
      download("graph.svg", svg(shown, {
        points: (node) => corners(SHAPES[node.kind]),
        colours: { ...colours, edge: colours.quiet, suspected: colours.R.line, of: (node) => colours[node.status] },
        caption: (node) => this.caption(node), edgeText: (edge) => this.edgeCaption(edge), width: widths(shown.edges),
      }), "image/svg+xml");
    }
    if (kind === "png") {
      const captions = new Map(shown.nodes.map((node) => [node.id, this.caption(node)]));
      this.cy.nodes().forEach((node) => { node.data("caption", captions.get(node.id()) ?? ""); });
      download("graph.png", this.cy.png({ output: "blob", full: true, scale: 2, maxWidth: 8000, maxHeight: 8000, bg: theme(this.host).ground }), "image/png");
      this.draw();
    }
    this.ask("exported", { kind, nodes: shown.nodes.length, edges: shown.edges.length }, () => {});
  }

  // --- selection -----------------------------------------------------------------------------------------------

  chosenNodes() {
    return this.cy.nodes(":selected").map((node) => node.id());
  }

  select(ids) {
    const wanted = new Set(ids);
    this.cy.batch(() => this.cy.elements().forEach((element) => { element[wanted.has(element.id()) ? "select" : "unselect"](); }));
  }

  /** What a line was drawn around; with shift or control it adds to what is selected. */
  selectInside(line, { shiftKey, ctrlKey, metaKey }) {
    const kept = shiftKey || ctrlKey || metaKey ? this.chosenNodes() : [];
    const caught = this.cy.nodes().filter((node) => inside(node.renderedPosition(), line)).map((node) => node.id());
    this.select([...kept, ...caught]);
  }

  selectNeighbours() {
    const here = this.cy.nodes(":selected");
    here.union(here.neighborhood("node")).select();
  }

  focus(id) {
    this.select([id]);
    const node = this.cy.getElementById(id);
    if (node.nonempty() && !this.inSight(node)) this.cy.animate({ center: { eles: node }, duration: 150 });
  }

  inSight(node) {
    const { x, y } = node.renderedPosition();
    return x > 30 && y > 30 && x < this.cy.width() - 30 && y < this.cy.height() - 40;
  }

  // --- drawing -------------------------------------------------------------------------------------------------

  draw() {
    const shown = drawn(this.model, this.given.currencies);
    this.shown = shown;
    const width = widths(shown.edges);
    const nodes = new Map(shown.nodes.map((node) => [node.id, node]));
    const edges = new Map(shown.edges.map((edge) => [edge.id, edge]));
    this.cy.batch(() => {
      this.cy.edges().filter((edge) => !edges.has(edge.id())).remove();
      this.cy.nodes().filter((node) => !nodes.has(node.id())).remove();
      const made = [];
      for (const node of nodes.values()) {
        const looks = {
          caption: this.caption(node), shape: SHAPES[node.kind] ?? "rectangle", status: node.status, inferred: node.inferred,
          pinned: node.pinned, members: node.members?.length ?? 0, badge: node.beyond ? `+${new Intl.NumberFormat("en", { notation: "compact" }).format(node.beyond)}` : undefined,
        };
        const old = this.cy.getElementById(node.id);
        if (old.empty()) made.push({ group: "nodes", data: { id: node.id, ...looks }, position: { x: node.x, y: node.y } });
        else {
          if (looks.badge === undefined) old.removeData("badge");
          old.data(looks);
          const { x, y } = old.position();
          if (x !== node.x || y !== node.y) old.position({ x: node.x, y: node.y });
        }
      }
      for (const edge of edges.values()) {
        const looks = { caption: this.edgeCaption(edge), width: width(edge), suspected: edge.suspected, ended: edge.ended };
        const old = this.cy.getElementById(edge.id);
        if (old.empty()) made.push({ group: "edges", data: { id: edge.id, source: edge.source, target: edge.target, ...looks } });
        else old.data(looks);
      }
      this.cy.add(made);
    });
    this.nothing.hidden = shown.nodes.length > 0;
    this.undoButton.disabled = !this.history.before.length;
    this.redoButton.disabled = !this.history.after.length;
    this.legend(shown);
    this.showLook();
    this.side();
    const away = this.model.nodes.size - shown.nodes.reduce((sum, node) => sum + (node.members?.length ?? 1), 0);
    this.count.textContent = filled(this.t("count"), { nodes: shown.nodes.length, edges: shown.edges.length }) + (away ? ` ${filled(this.t("count_hidden"), { count: away })}` : "");
    this.host.dataset.nodes = shown.nodes.length;
    this.host.dataset.drawn = Number(this.host.dataset.drawn ?? 0) + 1;
  }

  caption(node) {
    const sign = SIGNS[node.status];
    // accounts are often called as their holder: their number tells them apart
    const number = node.table === "account" && !node.members && node.key !== node.name ? `\n${clip(node.key, 20)}` : "";
    return `${sign ? `${sign} ` : ""}${clip(named(node), 30)}${number}`;
  }

  edgeCaption(edge) {
    const { currencies, locale, currency } = this.given;
    const text = [...edge.totals].map(([code, minor]) => brief(minor, code, currencies, locale, currency)).join(" + ") || edge.label;
    return clip(edge.parts.length > 1 && edge.totals.size ? `${text} · ${edge.parts.length}×` : text, 30);
  }

  amounts(edge) {
    return [...edge.totals].map(([code, minor]) => money(minor, code, this.given.currencies, this.given.locale)).join(" + ");
  }

  when(edge) {
    const texts = edge.parts.map(({ when, at }) => [at, when]).filter(([, when]) => when).sort(([one], [two]) => (one ?? 0) - (two ?? 0)).map(([, when]) => when);
    return texts.length > 1 && texts[0] !== texts.at(-1) ? `${texts[0]} – ${texts.at(-1)}` : texts[0] ?? "";
  }

  legend({ nodes, edges }) {
    const kinds = new Map(nodes.map(({ kind, what, table }) => [kind, this.given.kinds[kind] ?? this.given.kinds[table] ?? what]));
    const statuses = STATUSES.filter((code) => code !== "none" && nodes.some(({ status }) => status === code));
    const colours = theme(this.host);
    const picture = (kind, { fill, line }, dotted = false) => {
      const ns = "http://www.w3.org/2000/svg";
      const shape = document.createElementNS(ns, "polygon");
      shape.setAttribute("points", corners(SHAPES[kind]).map(([x, y]) => `${(8 + x * 7).toFixed(1)},${(8 + y * 7).toFixed(1)}`).join(" "));
      for (const [name, value] of Object.entries({ fill, stroke: line, "stroke-width": 1.5, ...(dotted && { "stroke-dasharray": "1.5 2" }) })) shape.setAttribute(name, value);
      const box = document.createElementNS(ns, "svg");
      box.setAttribute("width", 16);
      box.setAttribute("height", 16);
      box.setAttribute("aria-hidden", "true");
      box.append(shape);
      return box;
    };
    this.legendBox.replaceChildren(
      ...[...kinds].map(([kind, words]) => el("span", {}, picture(kind, colours.none), words)),
      ...statuses.map((code) => el("span", {}, picture("person", colours[code]), `${SIGNS[code]} ${this.given.statuses[code]}`)),
      ...(nodes.some(({ inferred }) => inferred) ? [el("span", {}, picture("person", colours.none, true), this.t("legend_inferred"))] : []),
      ...(nodes.some(({ beyond }) => beyond) ? [el("span", {}, el("b", { class: "gc-badge" }, "+3"), this.t("legend_hidden"))] : []),
      ...(edges.some(({ suspected }) => suspected) ? [el("span", {}, el("i", { class: "gc-line gc-dashed" }), this.t("legend_suspected"))] : []),
      ...(edges.some(({ ended }) => ended) ? [el("span", {}, el("i", { class: "gc-line gc-dotted" }), this.t("legend_ended"))] : []),
      ...(edges.some(({ totals }) => totals.size) ? [el("span", {}, el("i", { class: "gc-line gc-wide" }), this.t("legend_width"))] : []),
    );
  }

  side() {
    for (const [name, tab] of Object.entries(this.tabs)) {
      tab.setAttribute("aria-selected", String(name === this.tab));
      tab.tabIndex = name === this.tab ? 0 : -1;
    }
    const shown = this.shown ?? { nodes: [], edges: [] };
    const choose = (id) => this.focus(id);
    const content = {
      nodes: () => nodeTable(this.t, shown.nodes, this.selected, { choose, expand: (id) => this.expand([id]), statuses: this.given.statuses }),
      edges: () => edgeTable(this.t, shown.edges, shown.nodes, this.selected, { choose, amounts: (edge) => this.amounts(edge), when: (edge) => this.when(edge) }),
      paths: () => this.pathsPanel(),
    }[this.tab]();
    this.details();
    this.panel.replaceChildren(content);
  }

  pathsPanel() {
    const name = (id) => this.found.nodes.find((node) => node.id === id)?.name ?? this.model.nodes.get(id)?.name ?? id;
    const list = this.found ? pathList(this.t, this.found, name, {
      add: (way) => this.addWays([way]), addAll: () => this.addWays(this.found.ways), show: (way) => this.select(way.nodes),
    }) : el("p", { class: "gc-quiet" }, this.t("paths_choose"));
    return el("div", {}, el("div", { class: "gc-row" }, field(this.t("steps"), this.steps), el("label", { class: "gc-check" }, this.inTime, " ", this.t("in_time")), button(this.t("search_paths"), () => this.paths())), list);
  }

  /** What is known of the one thing that is selected. */
  details() {
    const [id] = this.selected;
    const node = this.selected.size === 1 ? this.shown?.nodes.find((one) => one.id === id) : null;
    const edge = this.selected.size === 1 ? this.shown?.edges.find((one) => one.id === id) : null;
    this.detail.hidden = !node && !edge;
    if (node) {
      const status = node.status === "none" ? null : el("span", {}, `${SIGNS[node.status]} ${this.given.statuses[node.status]}`);
      this.detail.replaceChildren(el("h3", {}, data(named(node), 120)), el("p", { class: "gc-quiet" }, node.what, node.key ? [" · ", data(node.key, 60)] : null, status ? [" · ", status] : null),
        ...(node.facts ?? []).map(([term, value]) => el("p", {}, el("span", { class: "gc-quiet" }, term, " "), data(value, 120))),
        ...(node.links ?? []).map(({ href, words }) => el("p", {}, el("a", { href }, words))));
    } else if (edge) {
      this.detail.replaceChildren(el("h3", {}, edge.label), el("p", {}, el("strong", {}, this.amounts(edge)), " ", el("span", { class: "gc-quiet" }, edge.parts.length > 1 ? `${edge.parts.length}× ` : "", this.when(edge))),
        ...edge.parts.slice(0, 30).map((part) => el("p", { class: "gc-part" }, part.amount === null ? part.label : money(part.amount, part.currency, this.given.currencies, this.given.locale), " ",
          el("span", { class: "gc-quiet" }, part.when ?? "", " ", data(part.note ?? "", 80)), part.href ? [" ", el("a", { href: part.href }, this.t("open"))] : null)));
    }
  }

  restyle() {
    this.cy.style(sheet(theme(this.host)));
    this.draw();
  }

  middle(shown) {
    if (!shown.length) return { x: 0, y: 0 };
    const { x1, x2, y1, y2 } = this.cy.extent();
    return { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
  }

  most(nodes, edges) {
    const counts = new Map(nodes.map(({ id }) => [id, 0]));
    for (const { source, target } of edges) for (const id of [source, target]) counts.set(id, counts.get(id) + 1);
    return [...counts].reduce((one, two) => (two[1] > one[1] ? two : one))[0];
  }

  fit() {
    this.cy.resize();
    if (this.cy.nodes().nonempty()) this.cy.fit(undefined, 50);
    if (this.cy.zoom() > 1.3) this.cy.zoom({ level: 1.3, renderedPosition: { x: this.cy.width() / 2, y: this.cy.height() / 2 } });
    if (this.cy.zoom() >= 1.3) this.cy.center();
  }

  /** Show new nodes that would be out of sight, by zooming out; nothing changes its place. */
  reveal(seated) {
    const hidden = [...seated.keys()].map((id) => this.cy.getElementById(id)).filter((node) => node.nonempty() && !this.inSight(node));
    if (hidden.length) this.fit();
  }

  say(text) {
    this.live.textContent = text;
  }

  notice(text, ...controls) {
    this.noticeBox.replaceChildren(el("span", {}, text), ...controls.filter(Boolean), button(this.t("close"), () => this.quiet()));
    this.noticeBox.hidden = false;
  }

  quiet() {
    this.noticeBox.hidden = true;
  }

  // --- the parts of the page -----------------------------------------------------------------------------------

  build() {
    const { t } = this;
    this.cy?.destroy();
    this.steps = select([1, 2, 3, 4, 5, 6].map((n) => [String(n), String(n)]), t("steps"));
    this.steps.value = "4";
    this.inTime = el("input", { type: "checkbox" });
    this.finder = searchBox(t, {
      search: (text) => this.ask("search", { text }, ({ hits }) => this.finder.found(text, hits)),
      choose: (hit) => this.choose(hit),
    });
    this.options = expandOptions(t, this.given);
    this.undoButton = button(t("undo"), () => this.go(this.history.undo()));
    this.redoButton = button(t("redo"), () => this.go(this.history.redo()));
    this.lasso = button(t("lasso"), () => this.lassoMode(this.lasso.getAttribute("aria-pressed") !== "true"), { "aria-pressed": "false", title: t("lasso_hint") });
    this.single = select([["", t("aggregated")], ["1", t("single")]], t("payments"));
    this.single.addEventListener("change", () => this.look({ single: this.single.value === "1" }));
    const title = el("input", { type: "text", maxlength: 120, "aria-label": t("view_title"), placeholder: t("view_title") });
    const tools = el("div", { class: "gc-tools", role: "toolbar", "aria-label": t("tools") },
      el("span", { class: "gc-set" }, this.undoButton, this.redoButton),
      el("span", { class: "gc-set" }, button(t("expand"), () => this.expand(this.chosenNodes())), button(t("pin"), () => this.pin()), button(t("hide"), () => this.hide()), button(t("unhide"), () => this.unhide())),
      el("span", { class: "gc-set" }, this.lasso, button(t("neighbours"), () => this.selectNeighbours()), button(t("leaves"), () => this.select(models.leaves(this.model)))),
      el("span", { class: "gc-set" }, menu(t("layout"), ["force", "money", "circle", "ego"].map((name) => [t(`layout_${name}`), () => this.layout(name)])),
        menu(t("grouping"), [[t("group_leaves"), () => this.group()], [t("ungroup_all"), () => this.step(models.ungrouped(this.model))]]),
        button(t("fit"), () => this.fit())),
      el("span", { class: "gc-set" }, button(t("find_paths"), () => this.paths()),
        this.given.may.export ? menu(t("export"), [["PNG", "png"], ["SVG", "svg"], ["GraphML", "graphml"], ["CSV", "csv"]].map(([words, kind]) => [words, () => this.export(kind)])) : null,
        this.given.may.save ? button(t("save"), () => this.notice(t("save_as"), title, button(t("save"), () => { if (title.value.trim()) this.save(title.value.trim()); }))) : null));
    this.noticeBox = el("div", { class: "gc-notice", role: "status", hidden: true });
    this.nothing = el("p", { class: "gc-nothing" }, t("nothing_yet"));
    this.wait = el("p", { class: "gc-wait", role: "status", hidden: true }, t("working"));
    this.tip = el("div", { class: "gc-tip", hidden: true });
    this.stage = el("div", { class: "gc-stage", tabindex: 0, role: "application", "aria-label": t("canvas_label") });
    this.lassoSheet = lassoSheet((line, event) => this.selectInside(line, event));
    this.lassoMode(false);
    this.tabs = Object.fromEntries(["nodes", "edges", "paths"].map((name) => [name, el("button", {
      type: "button", role: "tab", id: `gc-tab-${name}`, "aria-controls": "gc-panel",
      onclick: () => { this.tab = name; this.side(); },
      onkeydown: (event) => {
        const names = Object.keys(this.tabs);
        const move = { ArrowRight: 1, ArrowLeft: names.length - 1 }[event.key];
        if (!move) return;
        this.tab = names[(names.indexOf(name) + move) % names.length];
        this.side();
        this.tabs[this.tab].focus();
      },
    }, t({ nodes: "nodes", edges: "relations", paths: "paths" }[name]))]));
    this.detail = el("section", { class: "gc-detail", "aria-label": t("details"), hidden: true });
    this.panel = el("div", { class: "gc-panel", role: "tabpanel", id: "gc-panel", tabindex: 0 });
    this.live = el("div", { class: "gc-hidden", "aria-live": "polite" });
    this.count = el("span", { class: "gc-quiet" });
    this.legendBox = el("div", { class: "gc-legend", "aria-label": t("legend"), role: "group" });
    this.host.replaceChildren(
      el("div", { class: "gc-bar" }, this.finder, this.options), tools,
      el("div", { class: "gc-main" },
        el("div", { class: "gc-frame" }, this.stage, this.lassoSheet, this.nothing, this.wait, this.noticeBox, this.tip),
        el("aside", { class: "gc-side" }, this.detail, el("div", { class: "gc-tabs", role: "tablist" }, Object.values(this.tabs)), this.panel)),
      el("div", { class: "gc-foot" }, this.timeBox(), this.amountBox(), el("div", { class: "gc-field" }, el("span", { class: "gc-quiet" }, t("payments")), this.single), this.count), this.legendBox, this.live);
    this.mount();
    this.showLook();
  }

  timeBox() {
    const { t } = this;
    const make = (label) => el("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": label });
    this.from = make(t("time_from"));
    this.to = make(t("time_to"));
    this.range = el("span", { class: "gc-quiet gc-days" });
    const instants = () => {
      const known = span(this.model);
      if (!known) return { since: null, until: null };
      const at = (value) => Math.round(known.first + ((known.last - known.first) * value) / 1000);
      const [low, high] = [Number(this.from.value), Number(this.to.value)].sort((one, two) => one - two);
      return { since: low === 0 ? null : at(low), until: high === 1000 ? null : at(high) };
    };
    for (const input of [this.from, this.to]) {
      input.addEventListener("input", () => { this.history.amend(models.looked(this.model, instants())); this.draw(); });
      input.addEventListener("change", () => this.remember());
    }
    return el("div", { class: "gc-field gc-time" }, el("span", { class: "gc-quiet" }, t("time")), el("span", { class: "gc-sliders" }, this.from, this.to), this.range);
  }

  amountBox() {
    this.least = el("input", { type: "text", inputmode: "decimal", class: "gc-amount", "aria-label": this.t("amount_least"), placeholder: "0" });
    this.least.addEventListener("change", () => {
      const text = this.least.value.replace(/[,\s]/g, "");
      const valid = /^\d{0,18}(\.\d*)?$/.test(text);
      this.least.setAttribute("aria-invalid", String(!valid));
      if (valid) this.look({ least: text === "." ? "" : text });
      else this.notice(this.t("amount_wrong"));
    });
    return el("div", { class: "gc-field" }, el("span", { class: "gc-quiet" }, this.t("amount_least")), this.least);
  }

  showLook() {
    const { single, since, until, least } = this.model.look;
    const known = span(this.model);
    const part = (at, otherwise) => (at === null || !known || known.last === known.first ? otherwise : Math.round((1000 * (at - known.first)) / (known.last - known.first)));
    this.single.value = single ? "1" : "";
    this.least.value = least;
    const [low, high] = [part(since, 0), part(until, 1000)];
    if (![[low, high], [high, low]].some(([from, to]) => Number(this.from.value) === from && Number(this.to.value) === to)) [this.from.value, this.to.value] = [low, high];
    this.showRange();
  }

  showRange() {
    const known = span(this.model);
    for (const input of [this.from, this.to]) input.disabled = !known;
    const { since, until } = this.model.look;
    const day = new Intl.DateTimeFormat(this.given.locale, { dateStyle: "medium", timeZone: this.given.zone });
    this.range.textContent = known ? `${day.format(since ?? known.first)} – ${day.format(until ?? known.last)}` : this.t("time_none");
  }

  mount() {
    this.cy = cytoscape({ container: this.stage, style: sheet(theme(this.host)), wheelSensitivity: 0.25, minZoom: 0.05, maxZoom: 4, selectionType: "additive", boxSelectionEnabled: true });
    this.cy.on("dbltap", "node", (event) => this.expand([event.target.id()]));
    this.cy.on("tap", (event) => {
      // a plain click selects one thing; with shift or control it adds
      const { shiftKey, ctrlKey, metaKey } = event.originalEvent ?? {};
      if (shiftKey || ctrlKey || metaKey) return;
      const target = event.target === this.cy ? null : event.target.id();
      this.cy.elements(":selected").filter((element) => element.id() !== target).unselect();
      if (target) setTimeout(() => event.target.select(), 0);
    });
    this.cy.on("select unselect", () => {
      clearTimeout(this.selectTimer);
      this.selectTimer = setTimeout(() => this.selectionChanged(), 20);
    });
    this.cy.on("dragfree", "node", (event) => {
      clearTimeout(this.dragTimer);
      const moved = (this.moved ??= new Map());
      const { x, y } = event.target.position();
      const id = event.target.id();
      if (this.model.nodes.has(id)) moved.set(id, { x, y });
      else for (const [member, place] of this.model.places) if (place.group === id) moved.set(member, { groupX: x, groupY: y });
      this.dragTimer = setTimeout(() => { this.moved = null; this.step(models.placed(this.model, moved)); }, 0);
    });
    this.cy.on("mouseover", "node, edge", (event) => this.hover(event));
    this.cy.on("mouseout drag pan zoom", () => { this.tip.hidden = true; });
    this.stage.onkeydown = (event) => this.key(event);
    this.watch?.disconnect();
    this.watch = new ResizeObserver(() => this.cy.resize());
    this.watch.observe(this.stage);
  }

  selectionChanged() {
    this.selected = new Set(this.cy.elements(":selected").map((element) => element.id()));
    if (this.selected.size === 1) {
      const [id] = this.selected;
      const node = this.shown.nodes.find((one) => one.id === id);
      if (node) this.say(`${clip(named(node), 80)}, ${node.what}${node.status === "none" ? "" : `, ${this.given.statuses[node.status]}`}`);
    }
    this.side();
  }

  hover(event) {
    const id = event.target.id();
    const node = this.shown.nodes.find((one) => one.id === id);
    const edge = this.shown.edges.find((one) => one.id === id);
    if (node) this.tip.replaceChildren(el("strong", {}, data(named(node), 200)), el("br"), node.what, node.key ? [" · ", data(node.key, 60)] : null, ...(node.beyond ? [el("br"), filled(this.t("beyond"), { count: node.beyond })] : []));
    else if (edge) this.tip.replaceChildren(el("strong", {}, edge.label), el("br"), this.amounts(edge), edge.parts.length > 1 ? ` · ${edge.parts.length}×` : "", el("br"), this.when(edge));
    const { x, y } = event.renderedPosition ?? { x: 0, y: 0 };
    this.tip.style.left = `${Math.min(x + 14, this.cy.width() - 260)}px`;
    this.tip.style.top = `${Math.min(y + 14, this.cy.height() - 70)}px`;
    this.tip.hidden = false;
  }

  lassoMode(on) {
    this.lasso.setAttribute("aria-pressed", String(on));
    this.lassoSheet.toggleAttribute("hidden", !on);
  }

  key(event) {
    const chosen = this.chosenNodes();
    const act = {
      Enter: () => this.expand(chosen),
      Delete: () => this.hide(),
      p: () => this.pin(),
      Escape: () => this.select([]),
      z: () => (event.ctrlKey || event.metaKey) && this.go(event.shiftKey ? this.history.redo() : this.history.undo()),
      y: () => (event.ctrlKey || event.metaKey) && this.go(this.history.redo()),
      ArrowLeft: () => this.move(-1, 0),
      ArrowRight: () => this.move(1, 0),
      ArrowUp: () => this.move(0, -1),
      ArrowDown: () => this.move(0, 1),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** Select the nearest node in a direction, or the first one. */
  move(dx, dy) {
    const here = this.cy.getElementById(this.chosenNodes()[0] ?? "");
    if (here.empty()) return this.cy.nodes().nonempty() ? this.focus(this.cy.nodes()[0].id()) : undefined;
    const from = here.position();
    let best = null;
    this.cy.nodes().forEach((node) => {
      const [x, y] = [node.position().x - from.x, node.position().y - from.y];
      const along = x * dx + y * dy;
      const aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (along > 1 && along >= aside * 0.5 && (!best || along + 2 * aside < best.cost)) best = { id: node.id(), cost: along + 2 * aside };
    });
    return best ? this.focus(best.id) : undefined;
  }

  end() {
    clearTimeout(this.rememberTimer);
    this.watch?.disconnect();
    this.cy.destroy();
  }
}

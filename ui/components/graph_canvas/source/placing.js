// Where new nodes go, and the layout in which money runs from left to right. Everything here is a pure function of
// places, so that the same canvas always comes out the same.

export const SPACING = 130;

/**
 * Places for `count` new nodes around `centre` that are at least `SPACING` from everything in `taken` and each other:
 * on rings around it, from the emptiest direction on. What is taken never moves.
 */
export function freePlaces(taken, centre, count) {
  const grid = new Grid(SPACING);
  for (const place of taken) grid.add(place);
  const others = taken.filter((place) => Math.hypot(place.x - centre.x, place.y - centre.y) > 1);
  const pull = others.reduce((sum, p) => {
    const distance = Math.hypot(p.x - centre.x, p.y - centre.y);
    return { x: sum.x + (p.x - centre.x) / distance ** 2, y: sum.y + (p.y - centre.y) / distance ** 2 };
  }, { x: 0, y: 0 });
  const away = pull.x || pull.y ? Math.atan2(-pull.y, -pull.x) : -Math.PI / 2;
  const found = [];
  for (let ring = 1; found.length < count; ring += 1) {
    const radius = SPACING * (0.3 + 1.1 * ring);
    const seats = Math.floor((2 * Math.PI * radius) / (SPACING * 1.05));
    for (let seat = 0; seat < seats && found.length < count; seat += 1) {
      // to one side and the other of the emptiest direction by turns
      const turn = (seat % 2 ? 1 : -1) * Math.ceil(seat / 2) * ((2 * Math.PI) / seats);
      const place = { x: centre.x + radius * Math.cos(away + turn), y: centre.y + radius * Math.sin(away + turn) };
      if (grid.near(place)) continue;
      grid.add(place);
      found.push(place);
    }
  }
  return found;
}

/** Ids in columns from left to right along the edges; in a ring, the edge that closes it does not count. */
export function layers(ids, edges) {
  const onward = new Map(ids.map((id) => [id, []]));
  for (const { source, target } of edges) {
    if (source !== target && onward.has(source) && onward.has(target)) onward.get(source).push(target);
  }
  const state = new Map();
  const order = [];
  for (const root of sources(ids, onward)) {
    if (state.has(root)) continue;
    const stack = [[root, 0]];
    state.set(root, "open");
    while (stack.length) {
      const top = stack.at(-1);
      const next = onward.get(top[0])[top[1]];
      top[1] += 1;
      if (next === undefined) {
        state.set(top[0], "done");
        order.unshift(top[0]);
        stack.pop();
      } else if (!state.has(next)) {
        state.set(next, "open");
        stack.push([next, 0]);
      }
    }
  }
  const rank = new Map(order.map((id, position) => [id, position]));
  const depth = new Map(ids.map((id) => [id, 0]));
  for (const id of order) {
    for (const next of onward.get(id)) {
      if (rank.get(next) > rank.get(id)) depth.set(next, Math.max(depth.get(next), depth.get(id) + 1));
    }
  }
  return depth;
}

/** Places of `layers`, each column ordered by where its neighbours stand so that few lines cross. */
export function leftToRight(ids, edges, gap = { x: 230, y: 90 }) {
  const depth = layers(ids, edges);
  const columns = [];
  for (const id of ids) (columns[depth.get(id)] ??= []).push(id);
  const beside = new Map(ids.map((id) => [id, []]));
  for (const { source, target } of edges) {
    beside.get(source)?.push(target);
    beside.get(target)?.push(source);
  }
  const row = new Map();
  const seat = (column) => column.forEach((id, position) => row.set(id, position - (column.length - 1) / 2));
  columns.forEach(seat);
  for (let pass = 0; pass < 4; pass += 1) {
    for (const column of pass % 2 ? [...columns].reverse() : columns) {
      const wish = new Map(column.map((id) => [id, mean(beside.get(id).map((other) => row.get(other) ?? 0), row.get(id))]));
      column.sort((one, two) => wish.get(one) - wish.get(two) || (one < two ? -1 : 1));
      seat(column);
    }
  }
  return new Map(ids.map((id) => [id, { x: depth.get(id) * gap.x, y: row.get(id) * gap.y }]));
}

function sources(ids, onward) {
  const entered = new Set([...onward.values()].flat());
  return [...ids.filter((id) => !entered.has(id)), ...ids];
}

function mean(numbers, otherwise) {
  return numbers.length ? numbers.reduce((sum, number) => sum + number, 0) / numbers.length : otherwise;
}

class Grid {
  constructor(step) {
    this.step = step;
    this.cells = new Map();
  }

  add(place) {
    const key = this.key(place.x, place.y);
    this.cells.set(key, [...(this.cells.get(key) ?? []), place]);
  }

  near({ x, y }) {
    for (const dx of [-1, 0, 1]) {
      for (const dy of [-1, 0, 1]) {
        const cell = this.cells.get(this.key(x + dx * this.step, y + dy * this.step)) ?? [];
        if (cell.some((place) => Math.hypot(place.x - x, place.y - y) < this.step * 0.98)) return true;
      }
    }
    return false;
  }

  key(x, y) {
    return `${Math.floor(x / this.step)},${Math.floor(y / this.step)}`;
  }
}

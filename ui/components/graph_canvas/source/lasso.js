// Selecting by drawing around: a free line over the stage, and which points lie inside it.

const NS = "http://www.w3.org/2000/svg";
const SHORTEST = 3;

/** Whether a point lies inside a line that is closed: a ray to the right crosses its edges an odd number of times. */
export function inside({ x, y }, line) {
  return line.reduce((odd, from, place) => {
    const to = line[(place + 1) % line.length];
    const crosses = from.y > y !== to.y > y && x < from.x + ((to.x - from.x) * (y - from.y)) / (to.y - from.y);
    return crosses ? !odd : odd;
  }, false);
}

/** A sheet to lie over the stage; `drawn` is told each closed line, in pixels of the stage, and the event that ended it. */
export function lassoSheet(drawn) {
  const sheet = document.createElementNS(NS, "svg");
  const shape = document.createElementNS(NS, "polygon");
  sheet.setAttribute("class", "gc-lasso");
  sheet.setAttribute("aria-hidden", "true");
  sheet.append(shape);
  let line = null;
  const show = () => shape.setAttribute("points", (line ?? []).map(({ x, y }) => `${x},${y}`).join(" "));
  const at = (event) => {
    const { left, top } = sheet.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  sheet.addEventListener("pointerdown", (event) => {
    sheet.setPointerCapture(event.pointerId);
    line = [at(event)];
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!line) return;
    line.push(at(event));
    show();
  });
  sheet.addEventListener("pointerup", (event) => {
    const closed = line;
    line = null;
    show();
    if (closed && closed.length >= SHORTEST) drawn(closed, event);
  });
  sheet.addEventListener("pointercancel", () => { line = null; show(); });
  return sheet;
}

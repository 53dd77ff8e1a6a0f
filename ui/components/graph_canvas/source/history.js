// Undo and redo over models that are never changed in place.

const MOST_STEPS = 100;

export class History {
  constructor(model) {
    this.reset(model);
  }

  reset(model) {
    this.now = model;
    this.before = [];
    this.after = [];
  }

  /** A step that the reader took and may take back. */
  push(model) {
    this.before = [...this.before, this.now].slice(-MOST_STEPS);
    this.after = [];
    this.now = model;
  }

  /** Something that became known and is no step of the reader's, such as a count. */
  amend(model) {
    this.now = model;
  }

  undo() {
    if (!this.before.length) return false;
    this.after.push(this.now);
    this.now = this.before.pop();
    return true;
  }

  redo() {
    if (!this.after.length) return false;
    this.before.push(this.now);
    this.now = this.after.pop();
    return true;
  }
}

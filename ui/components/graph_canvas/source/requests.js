// Questions to the server, one at a time: an answer carries the number of its question.

const PATIENCE_MS = 30_000;
const EACH = new Set(["paths", "expand", "exported"]); // every file that was saved is in the audit log

export class Requests {
  /** send: gives a question to the server; changed: called when waiting begins or ends; late: when none answers. */
  constructor(send, changed, late) {
    Object.assign(this, { send, changed, late, waiting: [], asked: null, number: Date.now() });
  }

  /** A newer question takes the place of one of its kind that still waits, but for those that each must be answered. */
  ask(op, content, answered) {
    this.waiting = [...this.waiting.filter((question) => question.op !== op || EACH.has(op)), { op, content, answered }];
    this.next();
  }

  next() {
    if (this.asked || !this.waiting.length) return;
    const question = this.waiting.shift();
    this.number += 1;
    this.asked = { ...question, number: this.number, since: performance.now() };
    this.timer = setTimeout(() => this.finish(() => this.late(question.op)), PATIENCE_MS);
    this.changed(question.op);
    this.send({ number: this.number, op: question.op, ...question.content });
  }

  answer(answer) {
    if (!answer || !this.asked || answer.number !== this.asked.number) return;
    const { answered } = this.asked;
    this.finish(() => answered(answer));
  }

  finish(then) {
    clearTimeout(this.timer);
    this.asked = null;
    try {
      then();
    } finally {
      this.changed(null);
      this.next();
    }
  }
}

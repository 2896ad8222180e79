// Undo and redo: whole states, which are never changed and so share what they have in common.

const STEPS = 200;

export class History {
  #past = [];
  #future = [];

  /** Remember the state that is about to be replaced. */
  keep(state) {
    this.#past.push(state);
    if (this.#past.length > STEPS) this.#past.shift();
    this.#future = [];
  }

  /** @returns the state before, or null; `now` becomes the one to redo. */
  undo(now) {
    return History.#move(this.#past, this.#future, now);
  }

  redo(now) {
    return History.#move(this.#future, this.#past, now);
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  static #move(from, to, now) {
    if (!from.length) return null;
    to.push(now);
    return from.pop();
  }
}

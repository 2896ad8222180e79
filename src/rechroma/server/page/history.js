// @ts-check
// Undo and redo: whole states, which are never changed and so share what they have in common.

const STEPS = 200;

/** @typedef {import("./photo.js").State} State */

export class History {
  /** @type {State[]} */
  #past = [];
  /** @type {State[]} */
  #future = [];

  /**
   * Remember the state that is about to be replaced.
   * @param {State} state
   */
  keep(state) {
    this.#past.push(state);
    if (this.#past.length > STEPS) this.#past.shift();
    this.#future = [];
  }

  /**
   * @param {State} now  becomes the one to redo.
   * @returns {State | null} the state before, if there is one.
   */
  undo(now) {
    return History.#move(this.#past, this.#future, now);
  }

  /** @param {State} now */
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

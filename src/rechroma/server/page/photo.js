// @ts-check
// A photograph on the desk: the file, what the person set for it, and the server's draft of it, made when needed.

import { ApiError, leave, request, send } from "./api.js";
import { History } from "./history.js";
import { NOTHING, toDocument } from "./marks.js";

/** @typedef {{id: string, name: string, file: File, url: string}} Reference */
/** @typedef {Record<string, string | number | boolean>} Options  what is missing is the server's default */
/** @typedef {{marks: import("./marks.js").Marks, options: Options, references: readonly Reference[]}} State */
/** @typedef {{id?: string, width: number, height: number, format?: string, bytes?: number, notes?: string[]}} Facts */

let made = 0;

/** An id for the browser's own storage. */
export const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/**
 * @param {File} file
 * @param {string} [id]
 * @returns {Reference}
 */
export const toReference = (file, id = newId()) => ({
  id,
  name: file.name || "reference.png",
  file,
  url: URL.createObjectURL(file),
});

export class Photo {
  /** @type {Promise<Facts> | null} */
  #draft = null;
  /** Ids that the draft's references have on the server.
   * @type {Map<Reference, Promise<string>>} */
  #sent = new Map();

  /**
   * @param {File} file  kept, so that a draft that the server forgot can be made again.
   * @param {string} [id]  the one under which the browser keeps it already.
   */
  constructor(file, id = newId()) {
    made += 1;
    this.number = made;
    this.id = id;
    this.file = file;
    this.name = file.name || "photograph.png";
    this.url = URL.createObjectURL(file);
    /** What can be undone.
     * @type {State} */
    this.state = { marks: NOTHING, options: {}, references: [] };
    this.history = new History();
    /** Once the server, or at least the browser, has seen it.
     * @type {Facts | null} */
    this.facts = null;
    /** Whether it could not be opened, for a reason that may pass. */
    this.isShut = false;
    /** Whether its colors were shown. */
    this.colored = false;
    /** The newest picture of it.
     * @type {Blob | null} */
    this.thumbnail = null;
    /** How it is getting on where all are colored or saved.
     * @type {"" | "waiting" | "running" | "done" | "failed"} */
    this.progress = "";
  }

  get marks() {
    return this.state.marks;
  }

  get options() {
    return this.state.options;
  }

  get references() {
    return this.state.references;
  }

  /** [width, height], square until known.
   * @returns {[number, number]} */
  get size() {
    return this.facts ? [this.facts.width, this.facts.height] : [1, 1];
  }

  /** Whether there is something to work on. */
  get isOpen() {
    return this.facts !== null && !this.isShut;
  }

  /** Whether the person set anything for it: hints, references or options. */
  get touched() {
    return this.marks !== NOTHING || this.references.length > 0 || Object.keys(this.options).length > 0;
  }

  /** Open the draft on the server, where it is not open. */
  async ready() {
    this.#draft ??= send("api/drafts", this.file, this.name).then((answer) => answer.json());
    const mine = this.#draft;
    try {
      this.facts = await mine;
    } catch (error) {
      if (this.#draft === mine) this.#draft = null;
      throw error;
    }
    return this.facts;
  }

  /** The id of a reference in the draft, which has it from now on. */
  #idOf(reference, draft) {
    let sent = this.#sent.get(reference);
    if (!sent) {
      sent = send(`api/drafts/${draft}/references`, reference.file, reference.name)
        .then((answer) => answer.json())
        .then(({ id }) => id);
      this.#sent.set(reference, sent);
      sent.catch(() => this.#sent.delete(reference));
    }
    return sent;
  }

  /** Ask about the draft; one that the server forgot (restart, too many drafts) is made again. */
  async #ask(method, action, body) {
    for (let attempt = 1; ; attempt += 1) {
      const { id } = await this.ready();
      try {
        return await request(method, `api/drafts/${id}/${action}`, await body(id));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404 || attempt === 2) throw error;
        this.#forget(id);
      }
    }
  }

  /**
   * Ask with all that is set for the photograph.
   * @param {"preview" | "look" | "proposals" | "uncertainty" | "result" | "pack"} action
   * @param {object} [body]  what else the action takes.
   * @param {State} [state]
   */
  ask(action, body = {}, state = this.state) {
    return this.#ask("POST", action, async (id) => ({
      options: state.options,
      hints: toDocument(state.marks),
      references: await Promise.all(state.references.map((reference) => this.#idOf(reference, id))),
      ...body,
    }));
  }

  /**
   * Ask for the smallest preview, to learn whether the server takes marks and references; it remembers them.
   * @param {Partial<State>} part
   */
  check(part) {
    return this.ask("preview", { side: 16 }, { ...this.state, ...part });
  }

  /**
   * The picture's own lightness.
   * @param {number} side  the longer side at most, in pixels.
   * @param {number[] | null} [part]  left, top, right, bottom of the part wanted, 0 to 1.
   */
  gray(side, part = null) {
    return this.#ask("GET", `gray?side=${side}${(part ?? []).map((value) => `&part=${value}`).join("")}`, () => null);
  }

  /** A small gray picture, for a photograph that browsers cannot show; leaves no draft open that was not. */
  async small(side) {
    const isOpen = this.#draft !== null;
    const blob = await (await this.gray(side)).blob();
    if (!isOpen) this.rest();
    return blob;
  }

  /** Drop what is known of the draft, if it is still that one. */
  #forget(id) {
    if (this.facts?.id !== id) return;
    this.#draft = null;
    this.#sent.clear();
  }

  /** Close the draft; it is opened again when it is needed. */
  rest() {
    if (!this.#draft || !this.facts?.id) return;
    leave(`api/drafts/${this.facts.id}`);
    this.#forget(this.facts.id);
  }

  /** Take it off the desk for good. */
  close() {
    this.rest();
    URL.revokeObjectURL(this.url);
    for (const { url } of this.references) URL.revokeObjectURL(url);
  }
}

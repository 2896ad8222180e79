// A photograph on the desk: the file, what the person said about it, and the server's draft of it, made when needed.

import { ApiError, form, leave, request } from "./api.js";
import { History } from "./history.js";
import { NOTHING, toDocument } from "./marks.js";

let made = 0;

export class Photo {
  #draft = null;

  /** @param {File} file  kept, so that a draft that the server forgot can be made again. */
  constructor(file) {
    made += 1;
    this.number = made;
    this.file = file;
    this.name = file.name || "photograph.png";
    this.url = URL.createObjectURL(file);
    this.marks = NOTHING;
    /** What was chosen; what is missing is the server's default. */
    this.options = {};
    /** @type {{name: string, file: File, sent: Promise<string> | null}[]} */
    this.references = [];
    this.history = new History();
    /** Width, height, format and bytes once the server has seen it. */
    this.facts = null;
    /** Whether marks were made that no file holds yet. */
    this.unsaved = false;
  }

  /** [width, height], square until known. */
  get size() {
    return this.facts ? [this.facts.width, this.facts.height] : [1, 1];
  }

  /** Whether the person said anything about it: hints, references or settings. */
  get touched() {
    return this.marks !== NOTHING || this.references.length > 0 || Object.keys(this.options).length > 0;
  }

  /** The draft on the server, with all references: {id, width, height, format, bytes}. */
  async ready() {
    this.#draft ??= request("POST", "api/drafts", form("picture", this.file)).then((answer) => answer.json());
    const mine = this.#draft;
    try {
      this.facts = await mine;
    } catch (error) {
      if (this.#draft === mine) this.#draft = null;
      throw error;
    }
    await Promise.all(this.references.map((reference) => this.#send(reference)));
    return this.facts;
  }

  #send(reference) {
    reference.sent ??= request("POST", `api/drafts/${this.facts.id}/references`, form("picture", reference.file))
      .then((answer) => answer.json())
      .then(({ id }) => id);
    return reference.sent;
  }

  /** Ask about the draft; one that the server forgot (restart, too many drafts) is made again. */
  async #ask(method, action, body) {
    for (let attempt = 1; ; attempt += 1) {
      const { id } = await this.ready();
      try {
        return await request(method, `api/drafts/${id}/${action}`, body && (await body()));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404 || attempt === 2) throw error;
        this.forget(id);
      }
    }
  }

  /** Ask with all that is known about the photograph: action is preview, look, proposals, doubt or result. */
  ask(action, body = {}, marks = this.marks) {
    return this.#ask("POST", action, async () => ({
      options: this.options,
      hints: toDocument(marks),
      references: await Promise.all(this.references.map(({ sent }) => sent)),
      ...body,
    }));
  }

  /** Ask for the smallest preview, to learn whether the server takes marks and references; it remembers them. */
  check(marks = this.marks) {
    return this.ask("preview", { side: 16 }, marks);
  }

  /** The picture's own lightness, longer side at most `side`. */
  gray(side) {
    return this.#ask("GET", `gray?side=${side}`, null);
  }

  /** Drop what the server knows, if it is still that draft. */
  forget(id = this.facts?.id) {
    if (this.facts?.id !== id) return;
    this.#draft = null;
    for (const reference of this.references) reference.sent = null;
  }

  /** Take it off the desk. */
  close() {
    URL.revokeObjectURL(this.url);
    if (this.#draft && this.facts) leave(`api/drafts/${this.facts.id}`);
  }
}

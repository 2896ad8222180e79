// @ts-check
// The browser's own storage (IndexedDB): a small record for each photograph, and the files, which are written once.

/**
 * @typedef {object} Kept
 * @property {string} id  of the photograph; its file has the same.
 * @property {string} desk  which tab it lay in.
 * @property {number} order  place in the strip.
 * @property {number} at  when it was changed last, in milliseconds since 1970.
 * @property {number} seen  when it was in front last.
 * @property {boolean} removed  taken off the desk; goes with the next visit.
 * @property {string} name
 * @property {import("./marks.js").Marks} marks
 * @property {import("./photo.js").Options} options
 * @property {string[]} references  ids of their files.
 */

const NAME = "rechroma-studio";
const VERSION = 1;

/** @type {Promise<IDBDatabase> | null} */
let base = null;

/** @returns {Promise<IDBDatabase>} */
function connect() {
  return new Promise((done, fail) => {
    const opening = indexedDB.open(NAME, VERSION);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("photographs", { keyPath: "id" });
      opening.result.createObjectStore("files", { keyPath: "id" });
    };
    opening.onerror = () => fail(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const gone = () => {
        database.close();
        base = null;
      };
      database.onversionchange = gone;
      database.onclose = gone;
      done(database);
    };
  });
}

/**
 * Run one transaction; it is done when the browser has it.
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(photographs: IDBObjectStore, files: IDBObjectStore) => IDBRequest<T> | void} act
 * @returns {Promise<T>}
 */
async function transact(mode, act) {
  base ??= connect();
  const waiting = base;
  const database = await waiting.catch((error) => {
    base = null;
    throw error;
  });
  return new Promise((done, fail) => {
    const transaction = database.transaction(["photographs", "files"], mode);
    const asked = act(transaction.objectStore("photographs"), transaction.objectStore("files"));
    // Nothing more is asked: a page that is going away need not wait for the answers.
    transaction.commit();
    transaction.oncomplete = () => done(asked ? asked.result : undefined);
    transaction.onabort = () => fail(transaction.error ?? new DOMException("the browser gave up", "AbortError"));
  });
}

/**
 * Write a photograph's record, and those of its files that are new.
 * @param {Kept} record
 * @param {{id: string, file: File}[]} files
 */
export const write = (record, files) =>
  transact("readwrite", (photographs, kept) => {
    for (const { id, file } of files) kept.put({ id, file });
    photographs.put(record);
  });

/** @returns {Promise<Kept[]>} all records, also of other tabs. */
export const records = () => transact("readonly", (photographs) => photographs.getAll());

/**
 * @param {string} id
 * @returns {Promise<File>}
 */
export const fileOf = async (id) => (await transact("readonly", (_, files) => files.get(id)))?.file;

/** Remove files that no record names any more. */
export async function sweep() {
  const named = new Set((await records()).flatMap(({ id, references }) => [id, ...references]));
  const stray = (await transact("readonly", (_, files) => files.getAllKeys())).filter((id) => !named.has(String(id)));
  if (stray.length)
    await transact("readwrite", (_, files) => {
      for (const id of stray) files.delete(id);
    });
}

/**
 * Remove photographs with their files.
 * @param {Kept[]} gone
 */
export const remove = (gone) =>
  transact("readwrite", (photographs, files) => {
    for (const { id, references } of gone) {
      photographs.delete(id);
      for (const file of [id, ...references]) files.delete(file);
    }
  });

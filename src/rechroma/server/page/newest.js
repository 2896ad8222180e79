// @ts-check
// At most one run at a time, and the newest wish wins: what is wished for meanwhile replaces what waited.

/**
 * @param {(wish: any) => Promise<void>} run  does the work; it handles its own errors.
 * @returns {(wish: any) => Promise<void>} settles when no wish is left.
 */
export function newest(run) {
  let waiting = null;
  let running = null;

  async function all() {
    while (waiting) {
      const { wish } = waiting;
      waiting = null;
      await run(wish);
    }
    running = null;
  }

  return (wish) => {
    waiting = { wish };
    running ??= all();
    return running;
  };
}

/** Run `act` when it was not called for `milliseconds`. */
export function settled(milliseconds, act) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), milliseconds);
  };
}

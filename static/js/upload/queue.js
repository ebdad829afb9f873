/**
 * Runs tasks in order, at most `limit` at a time.
 *
 * @param {number} limit
 */
export function createQueue(limit) {
  /** @type {(() => void)[]} */
  const waiting = [];
  let running = 0;

  function startNext() {
    if (running >= limit) return;
    waiting.shift()?.();
  }

  /**
   * @template T
   * @param {() => Promise<T>} task
   * @param {AbortSignal} [signal] once aborted, a task that has not started never does
   * @returns {Promise<T>}
   */
  function run(task, signal) {
    return new Promise((resolve, reject) => {
      const start = () => {
        running += 1;
        task().then(resolve, reject).finally(() => {
          running -= 1;
          startNext();
        });
      };
      const leave = () => {
        const place = waiting.indexOf(start);
        if (place < 0) return;
        waiting.splice(place, 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", leave, { once: true });
      waiting.push(start);
      startNext();
    });
  }

  return { run };
}

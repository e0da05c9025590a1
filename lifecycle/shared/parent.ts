/** Milliseconds between two looks. */
const interval = 1000;

/**
 * Calls `gone` when the program that has started this one is no more. An engine or a plugin that was killed stops nothing:
 * without this, what it has started would work on beside the next run.
 */
export function watchParent(gone: () => void, parentOf: () => number = () => process.ppid): void {
  const parent = parentOf();
  const timer = setInterval(() => {
    if (parentOf() !== parent) {
      clearInterval(timer);
      gone();
    }
  }, interval);
  timer.unref();
}

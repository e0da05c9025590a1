/** Characters of progress that pass as they come. */
const free = 32 * 1024;
/** Characters of all progress of a program. */
const whole = 96 * 1024;
/** Once the free ones are used up: milliseconds between two lines, and characters of a line. */
const interval = 60_000;
const longest = 300;

/**
 * Keeps the progress of a long program short. Pulumi's command plugin keeps all that a program writes to standard error and hands it to
 * the next run in one environment variable, and Linux starts no program with one of more than 128 KiB: a wait for many hosts
 * would be the last thing that its resource ever does.
 *
 * @param sink Takes the lines that pass.
 * @param now Clock in milliseconds.
 */
export function thinned(sink: (line: string) => void, now: () => number = Date.now): (line: string) => void {
  let used = 0;
  let last = -Infinity;
  return (line) => {
    const isFree = used + line.length <= free;
    if (!isFree && now() - last < interval) return;
    const shown = isFree || line.length <= longest ? line : `${line.slice(0, longest)} …`;
    if (used + shown.length > whole) return;
    used += shown.length + 1;
    last = now();
    sink(shown);
  };
}

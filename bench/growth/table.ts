import { markdown } from "../table";
import type { Growth, GrowthOperation } from "./growth";

const mebibyte = 1024 ** 2;

/** The measured operations and what they are called. */
const operations = [
  ["second preview", "preview"],
  ["refresh", "refresh"],
  ["`up` that changes one host", "change"],
] as const;

/** What grows with the inventory as a Markdown table, one column for each number of hosts. Pure. */
export function growthTable(results: readonly Growth[]): string {
  const row = (label: string, value: (result: Growth) => string) => [label, ...results.map(value)];
  const rows = operations.flatMap(([label, key]) => [
    row(`${label}, s`, (result) => result[key].seconds.toFixed(1)),
    row(`${label}, memory at the peak, MiB`, (result) => mebibytes(result[key].peakMemory)),
    row(`${label}, API requests`, (result) => String(result[key].proxied)),
  ]);
  return markdown([
    ["", ...results.map(({ hosts }) => `${hosts} hosts`)],
    row("resources of the stack", ({ resources }) => String(resources)),
    row("state of the stack, MiB", ({ stateSize }) => (stateSize / mebibyte).toFixed(1)),
    row("first `up` without its waits, s", ({ bringUp }) => bringUp.seconds.toFixed(1)),
    row("first `up`, memory at the peak, MiB", ({ bringUp }) => mebibytes(bringUp.peakMemory)),
    row("first `up`, API requests", ({ bringUp }) => String(bringUp.requests.total)),
    ...rows,
  ]);
}

/**
 * Where the processes' own count and the proxy's are not the same, one line each; empty when all agree. Pure.
 */
export function miscounts(results: readonly Growth[]): string[] {
  return results.flatMap((result) =>
    operations.flatMap(([label, key]) => {
      const { requests, proxied }: GrowthOperation = result[key];
      return requests.total === proxied
        ? []
        : [`${result.hosts} hosts, ${label}: ${requests.total} counted, ${proxied} seen by the proxy`];
    }),
  );
}

function mebibytes(bytes: number): string {
  return (bytes / mebibyte).toFixed(0);
}

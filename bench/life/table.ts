import type { Operation } from "../measured";
import { markdown } from "../table";

/** An operation of a stack's life, or why it was not measured. */
export interface LifeRow {
  readonly name: string;
  readonly operation: Operation | { readonly notMeasured: string };
}

const mebibyte = 1024 ** 2;

/** The operations as a Markdown table, in the order in which they were done. Pure. */
export function lifeTable(rows: readonly LifeRow[]): string {
  return markdown([
    [
      "Operation",
      "s",
      "API requests",
      "by the program",
      "by plugins",
      "by lifecycle programs",
      "memory at the peak, MiB",
    ],
    ...rows.map(({ name, operation }) =>
      "notMeasured" in operation
        ? [`${name}: not measured: ${operation.notMeasured}`, ...Array.from({ length: 6 }, () => "-")]
        : [name, ...cells(operation)],
    ),
  ]);
}

function cells({ seconds, requests, peakMemory }: Operation): string[] {
  const by = (role: RegExp) =>
    Object.entries(requests.byRole)
      .filter(([name]) => role.test(name))
      .reduce((sum, [, count]) => sum + count, 0);
  return [
    seconds.toFixed(1),
    String(requests.total),
    String(by(/^program$/)),
    String(by(/^plugin /)),
    String(by(/^verb /)),
    (peakMemory / mebibyte).toFixed(0),
  ];
}

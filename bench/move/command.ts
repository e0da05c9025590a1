import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { toolchainDir } from "../../lab/setup/paths";
import { note } from "../../lab/setup/progress";
import { collect, positive } from "../arguments";
import { stopOnSignals } from "../stop";
import { measureMoves } from "./measure";
import { movePlot } from "./plot";
import { sizeOf } from "./population";
import { type MoveRun, moveRuns } from "./results";
import { movePoints, moveTable, stageTable } from "./table";

/** Numbers of hosts when none is given. */
const defaultHosts = [3, 10, 100, 1000];

/** Results, one folder for each call. */
const resultsDir = join(toolchainDir, "bench", "move");

interface MoveOptions {
  readonly runs: number;
  readonly inUse?: number;
  readonly with?: string;
}

/** `bench move`: the pivot beside bare `clusterctl move`, between two API servers on loopback. */
export function moveCommand(): Command {
  return new Command("move")
    .description("compare the pivot with bare `clusterctl move` on the same objects; needs no lab")
    .argument("[hosts...]", "numbers of hosts, from 3 on", collect, [])
    .option("--runs <n>", "how often each size", positive, 1)
    .option("--in-use <n>", "hosts that machines use, of each size; default: all but one", positive)
    .option("--with <results.json>", "results of an earlier call, to show together")
    .action((hosts: readonly number[], options: MoveOptions) =>
      measure(hosts.length > 0 ? hosts : defaultHosts, options),
    );
}

async function measure(hosts: readonly number[], options: MoveOptions): Promise<void> {
  const sizes = hosts.map((number) => sizeOf(number, options.inUse));
  const earlier = options.with ? moveRuns.parse(JSON.parse(readFileSync(options.with, "utf8"))) : [];
  const signal = stopOnSignals();
  const folder = join(resultsDir, new Date().toISOString().replace(/[:.]/g, "-"));
  mkdirSync(folder, { recursive: true });
  const results: MoveRun[] = [...earlier];
  for (const size of sizes) {
    try {
      await measureMoves({
        size,
        runs: options.runs,
        folder,
        signal,
        onRun: (run) => {
          results.push(run);
          keep(folder, results);
        },
      });
    } catch (error) {
      // Whatever broke off because of it: the user has stopped it.
      signal.throwIfAborted();
      throw error;
    }
  }
  process.stdout.write(`\n${readFileSync(join(folder, "table.md"), "utf8")}\n`);
  note("bench", `tables, plot, numbers and logs are in ${folder}`);
}

/** Writes what is known so far: a size that fails costs no smaller one's results. */
function keep(folder: string, results: readonly MoveRun[]): void {
  const files = {
    "results.json": `${JSON.stringify(results, undefined, 2)}\n`,
    "table.md": `${moveTable(results)}\n\n${stageTable(results)}\n`,
    "move-time.svg": movePlot(movePoints(results)),
  };
  for (const place of [folder, resultsDir]) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  }
}

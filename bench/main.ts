import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { docker } from "../lab/control/docker";
import { labFiles } from "../lab/control/files";
import { toolchainDir, toolPath } from "../lab/setup/paths";
import { note, track } from "../lab/setup/progress";
import { collect, positive } from "./arguments";
import { emptyMachine, obstacles, startLab } from "./lab";
import { bytesIn, readAll } from "./images";
import { measureGrowth, type Growth } from "./growth/growth";
import { growthTable, miscounts } from "./growth/table";
import { measureLife } from "./life/life";
import { type LifeRow, lifeTable } from "./life/table";
import { moveCommand } from "./move/command";
import { measureProgram } from "./program";
import { measureRunbook, prepareRunbook, type Times } from "./runbook";
import { devStackValues } from "./stack";
import { Stopped, stopOnSignals } from "./stop";
import { type Measurement, type RunResult, table, totalRatio } from "./table";
import { UsageSampler } from "./usage";

/** Results and logs, one folder for each call. */
const resultsDir = join(toolchainDir, "bench");

/** One way of doing the nine steps. */
interface Way {
  readonly name: keyof RunResult;
  readonly measure: (log: string, signal: AbortSignal) => Promise<Times>;
}

const runbook: Way = { name: "runbook", measure: measureRunbook };
const program: Way = { name: "program", measure: measureProgram };

/**
 * `make bench`: the nine steps by a plain shell runbook and by `pulumi up`, each on a lab that starts from empty, as often as
 * asked, and a table that compares them. Exit codes: 0 measured, 1 failed or refused, 130 stopped.
 */
async function bench(runs: number): Promise<void> {
  process.env["PATH"] = toolPath();
  const kindName = await freeMachine();
  const stop = stopOnSignals();
  const folder = makeResultsFolder();
  const results: RunResult[] = [];
  for (let run = 1; run <= runs; run++) {
    // Whoever is second finds warmer caches: the order changes with each run.
    const order = run % 2 === 1 ? [runbook, program] : [program, runbook];
    const measured = new Map<Way, Measurement>();
    for (const way of order) {
      const subject = `run ${run} of ${runs}, ${way.name}`;
      const log = join(folder, `${run}-${way.name}.log`);
      const measurement = await track(subject, "running", () => onEmptyLab(kindName, way, log, stop));
      note(subject, `${measurement.totalSeconds.toFixed(1)} s`);
      measured.set(way, measurement);
    }
    results.push({ runbook: of(measured, runbook), program: of(measured, program) });
    await report(folder, results);
  }
}

/**
 * `make bench-life`: the operations of a stack's life on the lab, from `pulumi up` to `pulumi destroy`. Takes the lab up and down.
 */
async function life(): Promise<void> {
  process.env["PATH"] = toolPath();
  const kindName = await freeMachine();
  const stop = stopOnSignals();
  const folder = makeResultsFolder();
  const write = (rows: readonly LifeRow[]) => {
    writeFileSync(join(folder, "life.json"), `${JSON.stringify(rows, undefined, 2)}\n`);
    for (const file of [join(folder, "life.md"), join(resultsDir, "life.md")])
      writeFileSync(file, `${lifeTable(rows)}\n`);
  };
  try {
    stop.throwIfAborted();
    await startLab();
    await measureLife(join(folder, "life.log"), stop, write);
    process.stdout.write(`\n${readFileSync(join(folder, "life.md"), "utf8")}`);
  } catch (error) {
    stop.throwIfAborted();
    throw error;
  } finally {
    note("bench", `table, numbers and logs are in ${folder}`);
    await emptyMachine(kindName);
  }
}

/**
 * The name of the bootstrap cluster, when the machine is free for a lab.
 *
 * @throws Error that says what is in the way
 */
async function freeMachine(): Promise<string> {
  const kindName = bootstrapName();
  const found = await obstacles(kindName);
  if (found.length > 0)
    throw new Error(`the machine is in use:\n${found.map((line) => `  ${line}`).join("\n")}`);
  return kindName;
}

/**
 * `make bench-growth`: how the operations of a running stack grow with the number of hosts, without a lab.
 *
 * @param counts numbers of hosts
 */
async function growth(counts: readonly number[]): Promise<void> {
  process.env["PATH"] = toolPath();
  const stop = stopOnSignals();
  const folder = makeResultsFolder();
  const results: Growth[] = [];
  for (const hosts of counts) {
    results.push(await measureGrowth(hosts, join(folder, `growth-${hosts}.log`), stop));
    const table = growthTable(results);
    writeFileSync(join(folder, "growth.json"), `${JSON.stringify(results, undefined, 2)}\n`);
    for (const file of [join(folder, "growth.md"), join(resultsDir, "growth.md")])
      writeFileSync(file, `${table}\n`);
    process.stdout.write(`\n${table}\n`);
  }
  miscounts(results).forEach((line) => note("bench", line));
  note("bench", `table, numbers and logs are in ${folder}`);
}

function makeResultsFolder(): string {
  const folder = join(resultsDir, new Date().toISOString().replace(/[:.]/g, "-"));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Starts the lab from empty, lets one way do the nine steps, and takes everything down, however it ends. */
async function onEmptyLab(
  kindName: string,
  way: Way,
  log: string,
  signal: AbortSignal,
): Promise<Measurement> {
  try {
    signal.throwIfAborted();
    const files = labFiles();
    await startLab();
    await track("page cache", "reading the images that both ways read", () =>
      readAll([files.registry, files.osImages], signal),
    );
    const sampler = new UsageSampler([files.root, await docker(["info", "--format={{.DockerRootDir}}"])]);
    try {
      const times = await way.measure(log, signal);
      const { peakMemory, peakDisk, containers } = await sampler.stop();
      writeFileSync(log.replace(/\.log$/, "-memory.json"), `${JSON.stringify(containers, undefined, 2)}\n`);
      return { ...times, peakMemory, peakDisk };
    } finally {
      await sampler.stop();
    }
  } catch (error) {
    // Whatever broke off because of it: the user has stopped it.
    signal.throwIfAborted();
    throw error;
  } finally {
    await emptyMachine(kindName);
  }
}

function of(measured: ReadonlyMap<Way, Measurement>, way: Way): Measurement {
  const measurement = measured.get(way);
  if (!measurement) throw new Error(`the ${way.name} was not measured`);
  return measurement;
}

/** Prints the table so far and keeps it with the numbers behind it. */
async function report(folder: string, results: readonly RunResult[]): Promise<void> {
  const { registry, osImages } = labFiles();
  const images = (await bytesIn([registry, osImages])) / 1024 ** 3;
  const text = `${table(results)}

The program takes ${totalRatio(results).toFixed(2)} of the runbook's time. The lab's images, which it keeps, take ${images.toFixed(1)} GiB more.
`;
  writeFileSync(join(folder, "results.json"), `${JSON.stringify(results, undefined, 2)}\n`);
  for (const file of [join(folder, "table.md"), join(resultsDir, "table.md")]) writeFileSync(file, text);
  process.stdout.write(`\n${text}\n`);
  note("bench", `table, numbers and logs are in ${folder}`);
}

/** The name that the dev stack gives to the kind cluster; the lab need not run to know it. */
function bootstrapName(): string {
  const { name } = (devStackValues()["metal3:bootstrap"] ?? {}) as { readonly name?: string };
  if (name === undefined) throw new Error("Pulumi.dev.yaml: metal3:bootstrap.name is missing");
  return name;
}

async function main(): Promise<void> {
  const commands = new Command("bench").description("Measures the program");
  commands
    .command("run", { isDefault: true })
    .description("compare `pulumi up` with a plain shell runbook on the lab")
    .argument("[runs]", "how often", positive, 1)
    .action(bench);
  commands
    .command("life")
    .description("measure preview, refresh, scaling, upgrade and destroy on the lab")
    .action(life);
  commands
    .command("growth")
    .description("measure how preview, refresh and a change grow with the inventory; needs no lab")
    .argument("[hosts...]", "numbers of hosts", collect, [])
    .action((counts: readonly number[]) => growth(counts.length > 0 ? counts : [10, 100, 1000]));
  commands
    .command("render")
    .description("write what bench/runbook.sh needs into a new folder; the lab must be up")
    .argument("<folder>")
    .action(async (folder: string) => {
      mkdirSync(folder, { mode: 0o700 });
      await prepareRunbook(resolve(folder));
    });
  commands.addCommand(moveCommand());
  await commands.parseAsync();
}

main().catch((error: unknown) => {
  note("bench", `failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(error instanceof Stopped ? 130 : 1);
});

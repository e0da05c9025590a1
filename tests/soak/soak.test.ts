import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker } from "../../lab/control/docker";
import { hosts } from "../../lab/control/addresses";
import { toolchainDir } from "../../lab/setup/paths";
import { type Action, actionText, type Disturbance, select, type SoakCase, type Stop } from "./cases";
import { KubeClient } from "../../lifecycle/shared/kube/client";
import { disturb } from "./disturb";
import { expectAsBefore, loseObjects, managedState } from "./lostObjects";
import { harm, lookAround, newSince, type Surroundings, clearHosts, unreleasedHosts } from "./outside";
import { SoakStack } from "./soakStack";

/** One line of the table in the end. */
interface Row {
  readonly name: string;
  readonly did: string;
  readonly seconds: number;
  readonly result: string;
}

const rows: Row[] = [];
let before: Surroundings;

/** Lives of a stack that are stopped everywhere, each from nothing to nothing, judged from outside. */
describe("a stack that is stopped", () => {
  beforeAll(async () => {
    before = await lookAround();
    expect(await unreleasedHosts()).toEqual([]);
  });

  afterAll(() => {
    const lines = table(rows);
    lines.forEach((line) => console.log(line));
    const results = join(toolchainDir, "test-results");
    mkdirSync(results, { recursive: true });
    writeFileSync(join(results, "soak.txt"), `${lines.join("\n")}\n`);
  });

  const { STEPS, CASES, MATRIX } = process.env;
  it.each(select({ steps: STEPS, cases: CASES, matrix: MATRIX }))("$name", async (soakCase) => {
    const stack = new SoakStack(soakCase.name);
    try {
      await stack.begin();
      for (const action of soakCase.actions) await perform(soakCase, stack, action);
      await expectNothingLeft(soakCase, stack);
    } catch (error) {
      await clearHosts();
      throw error;
    } finally {
      await stack.remove();
    }
  });
});

async function perform({ name }: SoakCase, stack: SoakStack, action: Action): Promise<void> {
  const begin = Date.now();
  console.log(`${new Date().toISOString()} ${name}: ${actionText(action)}`);
  let result = "failed";
  try {
    result = (await act(stack, action)) ?? "ok";
  } finally {
    const seconds = Math.round((Date.now() - begin) / 1000);
    rows.push({ name, did: actionText(action), seconds, result });
    console.log(`${new Date().toISOString()} ${name}: ${result} after ${seconds} s`);
  }
}

/** Does it; what there is to be said of it beyond that it went well. */
async function act(stack: SoakStack, action: Action): Promise<string | undefined> {
  if ("harm" in action) await harm(action.harm, stack.kindName);
  else if ("consent" in action) stack.consent();
  else if ("elsewhere" in action) await stack.goElsewhere();
  else if ("changed" in action) return changedUp(stack);
  else if ("refused" in action) await expectRefusal(stack);
  else if ("lostAndRestored" in action) return loseAndRestore(stack);
  else if ("disturbed" in action) return disturbedUp(stack, action);
  else if (action.until)
    await stoppedRun(stack, action.run, { until: action.until, by: action.by ?? "SIGINT" });
  else await wholeRun(stack, action.run);
  return undefined;
}

async function stoppedRun(
  stack: SoakStack,
  verb: "up" | "destroy",
  moment: { readonly until: RegExp; readonly by: Stop },
): Promise<void> {
  const { reached, exitCode, output } = await stack.run(verb, moment);
  expect(reached, output.slice(-4000)).toBe(true);
  expect(exitCode, output.slice(-4000)).not.toBe(0);
  if (moment.by === "SIGKILL") await stack.cancel();
}

async function wholeRun(stack: SoakStack, verb: "up" | "destroy"): Promise<void> {
  const { exitCode, output } = await stack.run(verb);
  expect(exitCode, output.slice(-6000)).toBe(0);
  if (verb === "up") await expectComplete(stack);
}

async function disturbedUp(
  stack: SoakStack,
  { disturbed, at }: { readonly disturbed: Disturbance; readonly at: RegExp },
): Promise<string> {
  const { reached, exitCode, output } = await stack.run("up", { at, begin: () => disturb(disturbed) });
  expect(reached, output.slice(-4000)).toBe(true);
  if (exitCode === 0) {
    await expectComplete(stack);
    return "ok: went on by itself";
  }
  await wholeRun(stack, "up");
  return "ok: failed, and the next one went on";
}

/** The change is all that there is to do. */
async function changedUp(stack: SoakStack): Promise<string> {
  await expectComplete(stack);
  stack.change();
  const { exitCode, output, seconds } = await stack.run("up");
  expect(exitCode, output.slice(-6000)).toBe(0);
  expect(output).toMatch(/target-pool-workers updated/);
  expect(output).not.toMatch(/\breplaced\b|\bcreated\b|\bdeleted\b/);
  await expectComplete(stack);
  return `ok: up alone ${Math.round(seconds)} s`;
}

/** What the restore took, and what it has restored. */
async function loseAndRestore(stack: SoakStack): Promise<string> {
  const client = KubeClient.fromKubeconfig(
    "target",
    await stack.output("kubeconfig"),
    AbortSignal.timeout(1_800_000),
  );
  try {
    const before = await managedState(client);
    await loseObjects(client);
    const begin = Date.now();
    await stack.restore();
    await expectAsBefore(client, before);
    await expectComplete(stack);
    const seconds = Math.round((Date.now() - begin) / 1000);
    return `ok: ${before.keys.length} objects, as they were after ${seconds} s`;
  } finally {
    await client.close();
  }
}

/** A bring-up that has come to its end, whatever came before. */
async function expectComplete(stack: SoakStack): Promise<void> {
  const containers = await docker(["ps", "--all", "--format", "{{.Names}}"]);
  expect(containers).not.toContain(`${stack.kindName}-control-plane`);
  const preview = await stack.previewNoChanges();
  expect(preview.exitCode, preview.all.slice(-6000)).toBe(0);
}

/**
 * Says why, what it knows of each host, and the key of the consent; and keeps everything as it is, the state of a stack that was
 * complete included.
 */
async function expectRefusal(stack: SoakStack): Promise<void> {
  const power = () =>
    Promise.all(hosts().map(({ container }) => docker(["ps", "-aq", "--filter", `name=^${container}$`])));
  const running = await power();
  const { resources: known } = await stack.wholeState();
  const { exitCode, output } = await stack.run("destroy");
  expect(exitCode, output.slice(-6000)).not.toBe(0);
  expect(output).toMatch(/retire(-check)? failed: the machines of lab cannot be released: /);
  for (const { name } of hosts()) expect(output).toMatch(new RegExp(`${name}: power (on|off), by its BMC`));
  expect(output).toContain("pulumi config set releaseUnreachable true");
  expect(await power()).toEqual(running);
  const { resources } = await stack.wholeState();
  const has = (name: string) => (urn: string) => urn.endsWith(`::${name}`);
  if (known.some(has("release-guard-check"))) expect(resources).toEqual(known);
  expect(resources.some(has("retirement-release"))).toBe(true);
}

async function expectNothingLeft({ name }: SoakCase, stack: SoakStack): Promise<void> {
  const begin = Date.now();
  const { resources, pending } = await stack.wholeState();
  const left = {
    hosts: await unreleasedHosts(),
    machine: await newSince(before),
    files: stack.leftFiles(),
    state: resources,
  };
  const report = stack.report();
  const everything = Object.entries(left).flatMap(([where, what]) => what.map((one) => `${where}: ${one}`));
  const notes = pending.length > 0 ? ` (${pending.length} pending operations noted in the state)` : "";
  rows.push({
    name,
    did: "nothing left",
    seconds: Math.round((Date.now() - begin) / 1000),
    result: everything.length === 0 ? `ok${notes}` : everything.join("; "),
  });
  console.log(report ?? "no report: nothing was registered");
  expect(left).toEqual({ hosts: [], machine: [], files: [], state: [] });
}

function table(found: readonly Row[]): string[] {
  const cells = [
    ["case", "what", "seconds", "result"],
    ...found.map(({ name, did, seconds, result }) => [name, did, String(seconds), result]),
  ];
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

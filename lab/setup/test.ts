import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { environment } from "./environment";
import { projectRoot, toolchainDir } from "./paths";
import { note, track } from "./progress";
import {
  addCounts,
  countReport,
  firstLines,
  lastLines,
  type TestCount,
  type VitestReport,
} from "./testCount";

/** Programs write straight to this terminal; nothing reads from it. */
const streams = { stdin: "ignore", stdout: "inherit", stderr: "inherit", reject: false } as const;

/** One part of the test run. Parts run in this order, all of them, however the earlier ones ended. */
interface Part {
  readonly name: string;
  readonly run: () => Promise<TestCount>;
  /** It takes hours, and is run only when it is asked for. */
  readonly long?: boolean;
}

const parts: readonly Part[] = [
  { name: "lint", run: () => check("npm", ["run", "--silent", "lint"]) },
  { name: "types", run: () => check("npm", ["run", "--silent", "typecheck"]) },
  { name: "unit", run: () => vitest("unit") },
  { name: "engine", run: () => vitest("engine") },
  { name: "pivot", run: () => vitest("pivot") },
  { name: "lab", run: () => withLab(() => vitest("lab")) },
  { name: "life", run: () => withLab(() => vitest("life")) },
  { name: "faults", run: () => withLab(() => vitest("faults")) },
  { name: "sweep", run: () => vitest("sweep"), long: true },
  { name: "soak", run: () => withLab(() => vitest("soak")), long: true },
];

/**
 * `make test`: every test but the long ones, or the parts that the arguments name. The last line says how many passed and failed; the exit code
 * is 1 when any failed.
 */
async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0)
    throw new Error(
      `no such part: ${unknown.join(", ")}; there are ${parts.map(({ name }) => name).join(", ")}`,
    );
  const results: { name: string; count: TestCount }[] = [];
  for (const part of parts.filter(({ name, long }) => (asked.length === 0 ? !long : asked.includes(name)))) {
    const count = await track(part.name, "running", part.run).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      note(part.name, reason);
      return { passed: 0, failed: 1, failures: [reason] };
    });
    results.push({ name: part.name, count });
  }
  for (const { name, count } of results)
    process.stdout.write(`${name.padEnd(8)} ${count.passed} passed, ${count.failed} failed\n`);
  // Again, since the reports of the parts are far up by now.
  for (const { name, count } of results)
    for (const failure of count.failures ?? []) process.stdout.write(`failed   ${name}: ${failure}\n`);
  const total = addCounts(results.map(({ count }) => count));
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

/** A program whose success counts as one test. @param excerpt What of its output tells why it has failed. */
async function check(program: string, args: readonly string[], excerpt = firstLines): Promise<TestCount> {
  const shown = ["inherit", "pipe"] as const;
  const { exitCode, all } = await execa(program, args, {
    ...streams,
    stdout: shown,
    stderr: shown,
    all: true,
    cwd: projectRoot,
  });
  return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, failures: excerpt(all) };
}

async function vitest(project: string): Promise<TestCount> {
  const folder = join(toolchainDir, "test-results");
  const report = join(folder, `${project}.json`);
  mkdirSync(folder, { recursive: true });
  rmSync(report, { force: true });
  const { exitCode } = await execa(
    "npx",
    // prettier-ignore
    ["vitest", "run", "--project", project, "--passWithNoTests", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    { ...streams, cwd: projectRoot, env: { PATH: environment()["PATH"] } },
  );
  return countReport(
    existsSync(report) ? (JSON.parse(readFileSync(report, "utf8")) as VitestReport) : undefined,
    exitCode,
  );
}

/** Starts the lab, and takes it down however `work` ends. */
async function withLab(work: () => Promise<TestCount>): Promise<TestCount> {
  const lab = (verb: string) =>
    check("node", ["--import", "tsx", join("lab", "control", "main.ts"), verb], lastLines);
  try {
    const up = await lab("up");
    return up.failed > 0 ? up : await work();
  } finally {
    const down = await lab("down");
    if (down.failed > 0) note("lab", "could not be taken down; see above");
  }
}

main().catch((error: unknown) => {
  note("test", `failed: ${error instanceof Error ? error.message : String(error)}`);
  process.stdout.write("0 passed, 1 failed\n");
  process.exit(1);
});

import { readFileSync } from "node:fs";
import { errorText, LifecycleFailure } from "./shared/failure";
import { createContext } from "./shared/context";
import { parseInput, parseLimit, readVariables, type Variables } from "./shared/input";
import { thinned } from "./shared/progressBudget";
import { watchParent } from "./shared/parent";
import { shortLines } from "./shared/shortLines";
import type { Verb } from "./shared/verb";

/**
 * The programs that command resources run: `node start.mjs lifecycle/main.ts <verb>`, from the project's folder.
 *
 * Non-secret input is JSON in LIFECYCLE_INPUT, secrets have variables of their own (with LIFECYCLE_STDIN, these come as a JSON
 * object on standard input), the time limit is
 * LIFECYCLE_TIMEOUT_SECONDS, LIFECYCLE_CONSOLE_LOG is where hosts' consoles can be read. The result is one JSON object on stdout, progress and failures are lines on stderr.
 * Exit codes: 0 done, 1 failed, 2 called wrongly, 130 and 143 stopped by SIGINT and SIGTERM.
 */
const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  "ironic-credentials": async () => (await import("./ironicCredentials/verb")).verb,
  "backup-key": async () => (await import("./backup/keyVerb")).verb,
  preflight: async () => (await import("./preflight/verb")).verb,
  "management-kubeconfig": async () => (await import("./managementKubeconfig/verb")).verb,
  "providers-prerequisites": async () => (await import("./providersInit/prerequisitesVerb")).verb,
  "providers-init": async () => (await import("./providersInit/verb")).verb,
  "operator-answers": async () => (await import("./operatorAnswers/verb")).verb,
  "hosts-available": async () => (await import("./hostsAvailable/verb")).verb,
  "target-kubeconfig": async () => (await import("./targetKubeconfig/verb")).verb,
  "control-plane-rollout": async () => (await import("./controlPlaneRollout/verb")).verb,
  "remember-target": async () => (await import("./targetKubeconfig/rememberVerb")).verb,
  "nodes-ready": async () => (await import("./nodesReady/verb")).verb,
  "services-ready": async () => (await import("./servicesReady/verb")).verb,
  "ironic-ready": async () => (await import("./ironicReady/verb")).verb,
  "ironic-stage": async () => (await import("./ironicStage/verb")).verb,
  "ironic-handover": async () => (await import("./ironicHandover/verb")).verb,
  pivot: async () => (await import("./pivot/verb")).verb,
  "restore-access": async () => (await import("./managementKubeconfig/restoreVerb")).verb,
  retire: async () => (await import("./retire/verb")).verb,
  "retire-check": async () => (await import("./retire/checkVerb")).verb,
  remains: async () => (await import("./remains/verb")).verb,
  "bootstrap-teardown": async () => (await import("./bootstrapTeardown/verb")).verb,
};

async function main(): Promise<number> {
  const name = process.argv[2] ?? "";
  const load = verbs[name];
  if (!load) {
    say(`usage: lifecycle/main.ts <verb>, where <verb> is one of ${Object.keys(verbs).join(", ")}`);
    return 2;
  }
  const stop = new AbortController();
  let stoppedBy: NodeJS.Signals | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      stoppedBy ??= signal;
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  watchParent(() => {
    stoppedBy ??= "SIGTERM";
    stop.abort(new Error("the program that started this one is gone"));
  });
  let activity = () => "starting";
  const startedAt = new Date();
  try {
    const verb = await load();
    const variables = readVariables(process.env, () => readFileSync(0, "utf8"));
    const secrets = collectSecrets(verb, variables);
    const context = createContext({
      verb: name,
      signal: stop.signal,
      limitSeconds: parseLimit(process.env.LIFECYCLE_TIMEOUT_SECONDS),
      secrets,
      previousResult: process.env.PULUMI_COMMAND_STDOUT,
      consoleLog: process.env.LIFECYCLE_CONSOLE_LOG || undefined,
      sink: thinned(say),
    });
    activity = () => context.activity;
    const result = await verb.run(parseInput(verb.input, variables.LIFECYCLE_INPUT), context);
    const times = { startedAt: startedAt.toISOString(), finishedAt: new Date().toISOString() };
    process.stdout.write(`${JSON.stringify({ ...times, ...result })}\n`);
    return 0;
  } catch (error) {
    if (stoppedBy) {
      say(`${name}: stopped by ${stoppedBy} while ${activity()}; run it again to go on from there`);
      return stoppedBy === "SIGINT" ? 130 : 143;
    }
    report(name, error);
    return 1;
  }
}

function collectSecrets(verb: Verb, variables: Variables): Record<string, string> {
  const required = verb.secrets ?? [];
  const missing = required.filter((name) => !variables[name]);
  if (missing.length > 0) {
    throw new LifecycleFailure(`these environment variables must be set: ${missing.join(", ")}`);
  }
  return Object.fromEntries(
    [...required, ...(verb.optionalSecrets ?? [])].flatMap((name) => {
      const value = variables[name];
      return value ? [[name, value]] : [];
    }),
  );
}

function report(name: string, error: unknown): void {
  say(`${name} failed: ${errorText(error)}`);
  if (error instanceof LifecycleFailure) {
    error.evidence.forEach((line) => say(`  ${line}`));
    if (error.remedy) {
      say(`  remedy: ${error.remedy}`);
    }
  } else if (error instanceof Error && error.stack) {
    say(error.stack);
  }
}

function say(line: string): void {
  process.stderr.write(`${shortLines(line)}\n`);
}

void main().then((code) => {
  process.exitCode = code;
  // Idle keep-alive connections must not hold a finished program.
  setImmediate(() => process.exit(code));
});

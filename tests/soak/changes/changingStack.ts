import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { expect } from "vitest";
import { parse } from "yaml";
import { environment } from "../../../lab/setup/environment";
import { projectRoot, toolchainDir } from "../../../lab/setup/paths";
import { writeStackConfig } from "../../../lab/setup/stackFile";

/** What is read of a Kubernetes object here. */
export interface Item {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** Every kind has another shape: readers say which. */
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

/** A step of a preview, as Pulumi's JSON names it. */
export interface Step {
  readonly op: string;
  /** Pulumi name of the resource. */
  readonly name: string;
}

/** Seconds within which the cluster comes to rest after a change. */
const settleSeconds = 600;

/** A stack of its own on the lab that runs, changed again and again. What each change took is kept in the test results. */
export class ChangingStack {
  private readonly folder = mkdtempSync(join(tmpdir(), "changes-"));
  private readonly name = basename(this.folder).toLowerCase();
  private readonly configFile = join(projectRoot, `Pulumi.${this.name}.yaml`);
  private readonly kubeconfig = join(this.folder, "target.kubeconfig");
  private readonly env: NodeJS.ProcessEnv;
  private readonly times: Record<string, number> = {};
  private changes: Readonly<Record<string, unknown>> = {};
  private runs = 0;

  constructor() {
    const backend = join(this.folder, "backend");
    mkdirSync(backend);
    const own = { PULUMI_BACKEND_URL: `file://${backend}`, PULUMI_CONFIG_PASSPHRASE: "changes" };
    this.env = {
      ...process.env,
      ...environment({ ...process.env, ...own, PULUMI_STACK: this.name }),
      PULUMI_CONFIG_PASSPHRASE: "changes",
    };
  }

  /** The lab's configuration, before any change. */
  get base(): Readonly<Record<string, unknown>> {
    const { config } = parse(readFileSync(join(projectRoot, "Pulumi.dev.yaml"), "utf8")) as {
      config: Record<string, unknown>;
    };
    return Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.replace("metal3:", ""), value]),
    );
  }

  async init(): Promise<void> {
    await this.succeed("stack", "init", this.name, "--no-select");
  }

  /** Sets keys of the configuration, beside those that were set before; undefined takes one back. */
  configure(changes: Readonly<Record<string, unknown>>): void {
    this.changes = { ...this.changes, ...changes };
    const set = Object.entries({ ...this.base, ...withoutUndefined(this.changes) });
    const config = Object.fromEntries(set.map(([key, value]) => [`metal3:${key}`, value]));
    writeStackConfig(this.configFile, config);
  }

  /** `pulumi up`, which must succeed. */
  async up(what: string): Promise<string> {
    const begin = Date.now();
    const { exitCode, output } = await this.tryUp(what);
    this.note(what, begin);
    expect(exitCode, output.slice(-8000)).toBe(0);
    return output;
  }

  /** `pulumi up`, however it ends. */
  async tryUp(what: string): Promise<{ exitCode: number | undefined; output: string }> {
    const { exitCode, all } = await this.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs");
    this.runs += 1;
    const results = join(toolchainDir, "test-results");
    mkdirSync(results, { recursive: true });
    const file = `changes-${String(this.runs).padStart(2, "0")}-${what.replace(/\W+/g, "-")}.log`;
    writeFileSync(join(results, file), all);
    return { exitCode, output: all };
  }

  /** What a preview would do, and everything that it says. */
  async preview(): Promise<{
    readonly exitCode: number | undefined;
    readonly steps: Step[];
    readonly text: string;
  }> {
    const [json, text] = [await this.pulumi("preview", "--json"), await this.pulumi("preview", "--diff")];
    const parsed =
      json.exitCode === 0 ? (JSON.parse(json.stdout) as { steps?: { op: string; urn: string }[] }) : {};
    const steps = (parsed.steps ?? []).filter(({ op }) => op !== "same" && op !== "read");
    return {
      exitCode: json.exitCode,
      steps: steps.map(({ op, urn }) => ({ op, name: urn.split("::").at(-1) ?? "" })),
      text: text.all,
    };
  }

  /** Nothing is left to change, and nothing has drifted. */
  async expectSettled(what: string): Promise<void> {
    const begin = Date.now();
    await this.succeed("preview", "--expect-no-changes", "--diff");
    this.note(`${what}: empty preview`, begin);
    const refreshBegin = Date.now();
    await this.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff");
    this.note(`${what}: refresh`, refreshBegin);
  }

  /** `pulumi refresh`; whether it has found drift, and what it says. */
  async refresh(): Promise<{ readonly drift: boolean; readonly text: string }> {
    const { exitCode, all } = await this.pulumi("preview", "--refresh", "--expect-no-changes", "--diff");
    const { exitCode: refreshed, all: said } = await this.pulumi(
      "refresh",
      "--yes",
      "--skip-preview",
      "--diff",
    );
    expect(refreshed, said.slice(-6000)).toBe(0);
    return { drift: exitCode !== 0, text: `${all}\n${said}` };
  }

  /** A `pulumi destroy` that must refuse; what it says. */
  async refusedDestroy(): Promise<string> {
    const { exitCode, all } = await this.pulumi("destroy", "--yes", "--skip-preview");
    expect(exitCode, all.slice(-6000)).not.toBe(0);
    return all;
  }

  async destroy(): Promise<void> {
    const begin = Date.now();
    await this.succeed("destroy", "--yes", "--skip-preview");
    this.note("destroy", begin);
  }

  /** Writes the target's kubeconfig for {@link kubectl}. */
  async connect(): Promise<void> {
    const { stdout } = await this.pulumi("stack", "output", "kubeconfig", "--show-secrets");
    writeFileSync(this.kubeconfig, stdout, { mode: 0o600 });
  }

  /** kubectl on the target, in the namespace of the hosts. */
  async kubectl(...args: string[]): Promise<string> {
    const { stdout } = await execa(
      "kubectl",
      ["--kubeconfig", this.kubeconfig, "--namespace", "metal3", ...args],
      {
        env: this.env,
      },
    );
    return stdout;
  }

  async get(kind: string, ...options: string[]): Promise<Item[]> {
    return (JSON.parse(await this.kubectl("get", kind, "--output", "json", ...options)) as { items: Item[] })
      .items;
  }

  async getOne(kind: string, name: string, ...options: string[]): Promise<Item> {
    return JSON.parse(await this.kubectl("get", kind, name, "--output", "json", ...options)) as Item;
  }

  /** Node name to boot ID: a node that was rebooted has another one. */
  async bootIds(): Promise<Record<string, string>> {
    const nodes = await this.get("nodes");
    return Object.fromEntries(
      nodes.map(({ metadata, status }) => [
        metadata.name,
        (status as { nodeInfo: { bootID: string } }).nodeInfo.bootID,
      ]),
    );
  }

  /** Host name to provisioning state, with the error where there is one. */
  async hostStates(): Promise<Record<string, string>> {
    const hosts = await this.get("baremetalhosts");
    return Object.fromEntries(
      hosts.map(({ metadata, status }) => {
        const { provisioning, errorMessage } = (status ?? {}) as {
          provisioning?: { state?: string };
          errorMessage?: string;
        };
        return [metadata.name, errorMessage ? `error: ${errorMessage}` : (provisioning?.state ?? "")];
      }),
    );
  }

  /** Waits for a condition on the cluster; what it last saw is the failure's message. */
  async eventually<T>(look: () => Promise<T>, accepts: (seen: T) => boolean): Promise<T> {
    const until = Date.now() + settleSeconds * 1000;
    let last: unknown;
    for (;;) {
      try {
        const seen = await look();
        last = seen;
        if (accepts(seen)) return seen;
      } catch (error) {
        last = error instanceof Error ? error.message : error;
      }
      if (Date.now() > until)
        throw new Error(`gave up after ${settleSeconds} s; last seen: ${JSON.stringify(last)}`);
      await delay(1000);
    }
  }

  /** Removes everything but what is in the lab itself. */
  remove(): void {
    rmSync(join(projectRoot, ".state", this.name), { recursive: true, force: true });
    rmSync(this.configFile, { force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Notes what something took, in the test results. */
  note(what: string, begin: number): void {
    this.times[what] = Math.round((Date.now() - begin) / 100) / 10;
    writeFileSync(
      join(toolchainDir, "test-results", "changes.json"),
      JSON.stringify(this.times, undefined, 2),
    );
  }

  private async succeed(...args: string[]): Promise<string> {
    const { exitCode, all, stdout } = await this.pulumi(...args);
    expect(exitCode, all.slice(-8000)).toBe(0);
    return stdout;
  }

  private pulumi(...args: string[]) {
    const stack = args[0] === "stack" && args[1] === "init" ? [] : ["--stack", this.name];
    return execa("pulumi", [...args, ...stack, "--non-interactive", "--color", "never"], {
      cwd: projectRoot,
      env: this.env,
      stdin: "ignore",
      reject: false,
      all: true,
    });
  }
}

function withoutUndefined(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/**
 * A throw-away stack with the real engine and the kubernetes plugin of this checkout, or, with
 * `KUBERNETES_PLUGIN=official`, the official one that the engine finds or downloads.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Deployment, EngineEvent, OutputMap, PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { pluginBundle } from "../support/pluginBundle";
import { createStack } from "../support/stack";

/** True when the tests run against the official plugin. */
export const isOfficial = process.env["KUBERNETES_PLUGIN"] === "official";

/** What one run of the engine did. */
export interface Run {
  readonly outputs: OutputMap;
  /** Number of resources by operation, `same` included; the stack itself counts. */
  readonly changes: Readonly<Record<string, number>>;
  /** What the CLI printed. */
  readonly text: string;
  /** Diagnostics and status lines, ephemeral ones included. */
  readonly messages: readonly string[];
}

/** A resource in the exported state. */
export interface SavedResource {
  readonly urn: string;
  readonly id: string;
  readonly type: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
  readonly initErrors?: readonly string[];
}

/** A stack in a temporary folder, which is also the working folder of the plugin. */
export class KubernetesStack {
  private constructor(
    readonly folder: string,
    private readonly stack: Stack,
  ) {}

  /** Makes an empty stack. */
  static async create(env: Readonly<Record<string, string>> = {}): Promise<KubernetesStack> {
    const folder = await mkdtemp(path.join(tmpdir(), "kubernetes-stack-"));
    const offline = async () => ({ kubernetes: await pluginBundle("kubernetes") });
    const stack = await createStack(folder, isOfficial ? {} : await offline(), {
      KUBECONFIG: "/nonexistent",
      ...env,
    });
    return new KubernetesStack(folder, stack);
  }

  /** `pulumi up`; rejects when it fails. */
  async up(program: PulumiFn, options: { readonly refresh?: boolean } = {}): Promise<Run> {
    const events: EngineEvent[] = [];
    const result = await this.stack.up({ program, onEvent: (event) => events.push(event), ...options });
    return runOf(events, result.stdout, result.outputs);
  }

  /** `pulumi preview`. */
  async preview(program: PulumiFn): Promise<Run> {
    const events: EngineEvent[] = [];
    const result = await this.stack.preview({ program, diff: true, onEvent: (event) => events.push(event) });
    return runOf(events, result.stdout, {});
  }

  /** `pulumi refresh`. */
  async refresh(): Promise<Run> {
    const events: EngineEvent[] = [];
    const result = await this.stack.refresh({ onEvent: (event) => events.push(event) });
    return runOf(events, result.stdout, {});
  }

  /** `pulumi destroy`; the stack stays. */
  async destroy(): Promise<Run> {
    const events: EngineEvent[] = [];
    const result = await this.stack.destroy({ onEvent: (event) => events.push(event) });
    return runOf(events, result.stdout, {});
  }

  /** The saved state, for {@link load}. */
  save(): Promise<Deployment> {
    return this.stack.exportStack();
  }

  /** Begins with the state of another stack of these tests. */
  load(state: Deployment): Promise<void> {
    return this.stack.importStack(state);
  }

  /** The saved state as it lies on disk, for searching. */
  stateText(): Promise<string> {
    return readFile(path.join(this.folder, ".pulumi", "stacks", "test", "test.json"), "utf8");
  }

  /** Resources of a type in the saved state. */
  async saved(type: string): Promise<SavedResource[]> {
    const exported = await this.save();
    const deployment = exported.deployment as { readonly resources?: readonly SavedResource[] };
    return (deployment.resources ?? []).filter((resource) => resource.type === type);
  }

  /** Removes the stack's folder; resources that are left are given up. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function runOf(events: readonly EngineEvent[], text: string, outputs: OutputMap): Run {
  const summary = events.find((event) => event.summaryEvent !== undefined)?.summaryEvent;
  const messages = events.flatMap((event) =>
    event.diagnosticEvent === undefined ? [] : [event.diagnosticEvent.message],
  );
  return { outputs, text, messages, changes: { ...summary?.resourceChanges } };
}

/** A throw-away stack with the real engine: local state, an inline program, plugins from the checkout or the official ones. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type {
  DiagnosticEvent,
  EngineEvent,
  OutputMap,
  PulumiFn,
  Stack,
  StepEventMetadata,
} from "@pulumi/pulumi/automation";
import { createStack } from "../support/stack";

/** What a run of the engine did. */
export interface Run {
  readonly outputs: OutputMap;
  readonly stdout: string;
  readonly events: readonly EngineEvent[];
}

/** A resource in the exported state. */
export interface StoredResource {
  readonly urn: string;
  readonly id?: string;
  readonly type: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

/** A stack of its own in a temporary folder, which is also the working folder of the plugins. */
export class TestStack {
  private constructor(
    /** Folder of the project. */
    readonly folder: string,
    private readonly stack: Stack,
  ) {}

  /**
   * Makes an empty stack.
   *
   * @param plugins package name to the folder of its plugin; a package that is left out is the official plugin, which the
   *   engine finds or downloads.
   */
  static async create(
    plugins: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<TestStack> {
    const folder = await mkdtemp(path.join(tmpdir(), "test-stack-"));
    return new TestStack(folder, await createStack(folder, plugins, env));
  }

  /** `pulumi up`; a failed update rejects. */
  async up(program: PulumiFn, options: { readonly signal?: AbortSignal } = {}): Promise<Run> {
    const events: EngineEvent[] = [];
    const onEvent = (event: EngineEvent) => events.push(event);
    const result = await this.stack.up({ program, onEvent, ...options });
    return { outputs: result.outputs, stdout: result.stdout, events };
  }

  /** `pulumi preview` of a program. */
  async preview(program: PulumiFn): Promise<Run> {
    const events: EngineEvent[] = [];
    const result = await this.stack.preview({ program, onEvent: (event) => events.push(event) });
    return { outputs: {}, stdout: result.stdout, events };
  }

  /** `pulumi refresh`. */
  async refresh(): Promise<Run> {
    const events: EngineEvent[] = [];
    const result = await this.stack.refresh({ onEvent: (event) => events.push(event) });
    return { outputs: {}, stdout: result.stdout, events };
  }

  /** `pulumi destroy` of the resources; the stack stays. */
  async destroy(): Promise<Run> {
    const events: EngineEvent[] = [];
    const result = await this.stack.destroy({ onEvent: (event) => events.push(event) });
    return { outputs: {}, stdout: result.stdout, events };
  }

  /** Resources of a type in the saved state; secrets are objects with the key {@link SECRET_SIGNATURE}. */
  async resources(type: string): Promise<StoredResource[]> {
    const exported = await this.stack.exportStack();
    const deployment = exported.deployment as { readonly resources?: readonly StoredResource[] };
    return (deployment.resources ?? []).filter((resource) => resource.type === type);
  }

  /** Removes the stack's folder; resources that are left are given up. */
  async remove(): Promise<void> {
    if (existsSync(this.folder)) await rm(this.folder, { recursive: true });
  }
}

/** Steps on resources of a type, as `operation name`, for instance `create one`. */
export function steps(run: Run, type: string): string[] {
  return run.events
    .map((event) => event.resourcePreEvent?.metadata)
    .filter((metadata): metadata is StepEventMetadata => metadata?.type === type)
    .map((metadata) => `${metadata.op} ${metadata.urn.split("::").at(-1)}`);
}

/** Lines shown in the status column of any resource. */
export function statusLines(run: Pick<Run, "events">): string[] {
  return run.events
    .map((event) => event.diagnosticEvent)
    .filter((diagnostic): diagnostic is DiagnosticEvent => diagnostic?.ephemeral === true)
    .map((diagnostic) => withoutMarkup(diagnostic.message).trimEnd());
}

/** The text without the colour directives of the engine. */
function withoutMarkup(text: string): string {
  return text.replaceAll(/<\{%[^%]*%\}>/g, "");
}

/** The error of a promise that must reject. */
export async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return String(error);
  }
  throw new Error("the run succeeded, but had to fail");
}

/** Marker of a secret value in the exported state. */
export const SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d";

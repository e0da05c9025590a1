/**
 * A throw-away stack with the real engine and the kubernetes plugin of this checkout, or, with
 * `KUBERNETES_PLUGIN=official`, the official one that the engine finds or downloads.
 */
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import type { EngineEvent, OutputMap, PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { build } from "esbuild";
import { projectRoot, toolPath } from "../../../lab/setup/paths";

process.env.PATH = toolPath();
// A CLI built from its module does not know its own version.
process.env.PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK ??= "true";

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

const sourceFolder = path.join(projectRoot, "lab", "plugins", "kubernetes");
let bundle: Promise<string> | undefined;

/** Folder with the plugin as one file, as the set-up makes it. */
function pluginFolder(): Promise<string> {
  bundle ??= (async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "kubernetes-plugin-"));
    await build({
      entryPoints: [path.join(sourceFolder, "main.ts")],
      outfile: path.join(folder, "main.cjs"),
      bundle: true,
      platform: "node",
      target: "node20",
      logLevel: "error",
    });
    await copyFile(
      path.join(sourceFolder, "pulumi-resource-kubernetes"),
      path.join(folder, "pulumi-resource-kubernetes"),
    );
    return folder;
  })();
  return bundle;
}

/** Removes the folder of {@link pluginFolder}. */
export async function removePlugin(): Promise<void> {
  if (bundle !== undefined) await rm(await bundle, { recursive: true, force: true });
  bundle = undefined;
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
    const plugins = isOfficial
      ? {}
      : { plugins: { providers: [{ name: "kubernetes", path: await pluginFolder() }] } };
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "test", projectName: "test", program: () => Promise.resolve() },
      {
        workDir: folder,
        projectSettings: {
          name: "test",
          runtime: "nodejs",
          backend: { url: `file://${folder}` },
          ...(plugins as object),
        },
        envVars: {
          PULUMI_CONFIG_PASSPHRASE: "test",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          KUBECONFIG: "/nonexistent",
          ...env,
        },
      },
    );
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

  /** The saved state as it lies on disk, for searching. */
  stateText(): Promise<string> {
    return readFile(path.join(this.folder, ".pulumi", "stacks", "test", "test.json"), "utf8");
  }

  /** Resources of a type in the saved state. */
  async saved(type: string): Promise<SavedResource[]> {
    const exported = await this.stack.exportStack();
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

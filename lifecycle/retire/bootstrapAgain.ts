import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { type EngineEvent, LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { ReturnToBootstrap } from "../../components/returnToBootstrap";
import type { IronicSecrets } from "../../components/ironicCredentials";
import type { RetirementConfig } from "../../config/retirementConfig";
import { type Context, secret } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import { readManagementKubeconfig } from "../shared/managementKubeconfig";
import { ensureFolder, readIfPresent, stateFolder, writePrivateFile } from "../shared/stateFolder";
import { toolPath } from "../shared/tools";
import { returnStackName } from "./journal";

/** Variables of this program that must not reach the programs which the inner engine starts. */
const ownVariables = ["PULUMI_COMMAND_STDOUT", "PULUMI_COMMAND_STDERR", "LIFECYCLE_INPUT"];

/** Whether files of an earlier attempt are there. */
export async function returnIsBegun(outerStack: string): Promise<boolean> {
  return fs.access(stateFolder(returnStackName(outerStack))).then(
    () => true,
    () => false,
  );
}

/**
 * The bootstrap cluster of a release: declared by the same components as that of the bring-up, in a stack of its own whose
 * state is a file in the stack's local folder. So an interrupted release goes on from where it stopped.
 */
export class BootstrapAgain {
  private constructor(
    private readonly context: Context,
    private readonly name: string,
    private readonly stack: Stack,
  ) {}

  /**
   * @param target Kubeconfig of the cluster whose objects are moved back; unset when nothing can be moved.
   */
  static async open(
    context: Context,
    outerStack: string,
    config: RetirementConfig,
    target: string | undefined,
  ): Promise<BootstrapAgain> {
    const name = returnStackName(outerStack);
    const credentials = secret(context, "IRONIC_CREDENTIALS");
    const backupKey = secret(context, "BACKUP_KEY");
    for (const variable of ownVariables) {
      Reflect.deleteProperty(process.env, variable);
    }
    const program = () => {
      const back = new ReturnToBootstrap("release", {
        stack: name,
        config,
        credentials: {
          secrets: pulumi.secret(JSON.parse(credentials) as IronicSecrets),
          json: pulumi.secret(credentials),
        },
        backupKey: pulumi.secret(backupKey),
        ...(target === undefined ? {} : { from: { name: "target", kubeconfig: pulumi.secret(target) } }),
      });
      return Promise.resolve({ kubeconfig: back.kubeconfig });
    };
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: "metal3", program },
      { workDir: process.cwd(), envVars: await environment(name) },
    );
    // What the engine's driver keeps in temporary files goes with the stack's folder, also when this program is killed.
    process.env.TMPDIR = path.resolve(await ensureFolder(name, "driver"));
    // Whoever held the lock was killed: this program is the only one, as the outer stack's own lock says.
    await stack.cancel().catch(() => undefined);
    return new BootstrapAgain(context, name, stack);
  }

  /** Whether an earlier attempt has begun to build it. */
  async isBegun(): Promise<boolean> {
    const exported: { deployment?: { resources?: unknown[] } } = await this.stack.exportStack();
    // The first is the stack itself.
    return (exported.deployment?.resources ?? []).length > 1;
  }

  /**
   * Kubeconfig of the cluster that holds the objects since they were moved or registered there; the stack's output may be
   * missing, when the run that made it was killed right after that.
   */
  async kubeconfig(): Promise<string | undefined> {
    return readManagementKubeconfig(this.name);
  }

  /** Builds what is missing, moves the objects there, and returns the cluster's kubeconfig. */
  async build(): Promise<string> {
    const failures: string[] = [];
    try {
      const { outputs } = await this.stack.up({
        onEvent: (event) => this.show(event, failures),
        signal: this.context.signal,
      });
      return String(outputs.kubeconfig?.value);
    } catch (error) {
      throw this.failure("the bootstrap cluster cannot be built again", failures, error);
    }
  }

  /** Removes the cluster; another can be built in its place. */
  async clear(): Promise<void> {
    const failures: string[] = [];
    try {
      await this.stack.destroy({
        onEvent: (event) => this.show(event, failures),
        signal: this.context.signal,
      });
    } catch (error) {
      throw this.failure("the bootstrap cluster cannot be removed", failures, error);
    }
  }

  /** Removes the cluster, the stack and all its files. */
  async remove(): Promise<void> {
    await this.clear();
    await fs.rm(stateFolder(this.name), { recursive: true, force: true });
    await fs.rm(`Pulumi.${this.name}.yaml`, { force: true });
  }

  /** The inner engine's doings as progress lines. */
  private show(event: EngineEvent, failures: string[]): void {
    const { diagnosticEvent, resourcePreEvent } = event;
    // The types of the driver do not know it.
    if ((diagnosticEvent?.severity as string | undefined) === "debug") {
      return;
    }
    if (diagnosticEvent) {
      const text = diagnosticEvent.message.trim();
      if (diagnosticEvent.severity === "error") {
        failures.push(...text.split("\n"));
      }
      if (text !== "" && !text.startsWith("warning: using pulumi-language")) {
        this.context.progress(text.replace(/^\[ *\d+ s\] /, ""));
      }
    } else if (resourcePreEvent && !["same", "read"].includes(resourcePreEvent.metadata.op)) {
      const { op, urn, type } = resourcePreEvent.metadata;
      if (!type.startsWith("kubernetes:")) {
        this.context.progress(`${op} ${urn.split("::").at(-1)}`);
      }
    }
  }

  private failure(what: string, failures: readonly string[], error: unknown): LifecycleFailure {
    this.context.signal.throwIfAborted();
    return new LifecycleFailure(what, {
      evidence: failures.length > 0 ? failures.slice(-40) : errorText(error).split("\n").slice(-20),
      remedy: "mend the cause and run `pulumi destroy` again: it goes on from here",
    });
  }
}

/** A backend, passphrase and Pulumi home of the release's own; the plugins are those that are there. */
async function environment(name: string): Promise<Record<string, string>> {
  const folder = path.resolve(await ensureFolder(name));
  const [backend, home] = [path.join(folder, "backend"), path.join(folder, "home")];
  await fs.mkdir(backend, { recursive: true, mode: 0o700 });
  await fs.mkdir(home, { recursive: true, mode: 0o700 });
  const plugins = path.join(process.env.PULUMI_HOME ?? path.join(os.homedir(), ".pulumi"), "plugins");
  await fs.symlink(plugins, path.join(home, "plugins")).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") {
      throw error;
    }
  });
  const passphraseFile = path.join(folder, "passphrase");
  const passphrase = (await readIfPresent(passphraseFile)) ?? randomBytes(24).toString("base64url");
  await writePrivateFile(passphraseFile, passphrase);
  return {
    PATH: toolPath(),
    // Programs that the engine starts may need short paths in it, for sockets.
    TMPDIR: os.tmpdir(),
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A CLI that was built from its module does not know its own version.
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
  };
}

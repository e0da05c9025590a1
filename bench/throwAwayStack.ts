import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stateFolder } from "../lifecycle/shared/stateFolder";
import { environment } from "../lab/setup/environment";
import { projectRoot } from "../lab/setup/paths";
import { writeStackConfig } from "../lab/setup/stackFile";
import { type CommandOptions, type CommandResult, runCommand } from "./command";

/** How a stack's commands are run. */
export interface StackOptions {
  /** Leads every line of output. */
  readonly subject: string;
  /** File to which all output is appended. */
  readonly log: string;
  readonly signal: AbortSignal;
  /** Variables on top of those of `make env`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A stack of the program with a state and a passphrase of its own, which are thrown away. */
export class ThrowAwayStack {
  private readonly folder = mkdtempSync(join(tmpdir(), "metal3-bench-"));
  /** Pulumi looks for a stack's configuration beside the project. */
  private readonly configFile: string;
  private readonly env: NodeJS.ProcessEnv;

  private constructor(
    readonly name: string,
    private readonly options: StackOptions,
  ) {
    this.configFile = join(projectRoot, `Pulumi.${name}.yaml`);
    const backend = join(this.folder, "backend");
    mkdirSync(backend);
    const passphrase = join(this.folder, "passphrase");
    writeFileSync(passphrase, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    const own = {
      PULUMI_BACKEND_URL: `file://${backend}`,
      PULUMI_CONFIG_PASSPHRASE: undefined,
      PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
      PULUMI_STACK: name,
    };
    this.env = { ...process.env, ...environment({ ...process.env, ...own }), ...own, ...options.env };
  }

  /**
   * Makes an empty stack, lets it be used, and removes it with all its local files, however that ends. What it has brought up stays.
   *
   * @param values configuration by key, as in `Pulumi.dev.yaml`
   */
  static async use<T>(
    name: string,
    values: Readonly<Record<string, unknown>>,
    options: StackOptions,
    work: (stack: ThrowAwayStack) => Promise<T>,
  ): Promise<T> {
    const stack = new ThrowAwayStack(name, options);
    try {
      stack.configure(values);
      await stack.pulumi(["stack", "init", name]);
      return await work(stack);
    } finally {
      stack.remove();
    }
  }

  /** Replaces the configuration. */
  configure(values: Readonly<Record<string, unknown>>): void {
    writeStackConfig(this.configFile, values);
  }

  /**
   * Runs the engine's command line.
   *
   * @throws Error when it fails
   */
  pulumi(
    args: readonly string[],
    more: Partial<Pick<CommandOptions, "env" | "quiet" | "onStart">> = {},
  ): Promise<CommandResult> {
    const { subject, log, signal } = this.options;
    return runCommand("pulumi", [...args, "--non-interactive", "--color", "never"], {
      subject,
      cwd: projectRoot,
      log,
      signal,
      ...more,
      env: { ...this.env, ...more.env },
    });
  }

  private remove(): void {
    rmSync(this.configFile, { force: true });
    rmSync(join(projectRoot, stateFolder(this.name)), { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

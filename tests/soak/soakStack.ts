import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { archivesIn, backupFolder } from "../../lifecycle/backup/store";
import { bmcCredentials } from "../../lab/control/addresses";
import { projectRoot, toolchainDir } from "../../lab/setup/paths";
import { LabStack } from "../faults/labStack";
import { type Moment, runPulumi, type RunResult } from "./stoppableRun";

/**
 * Caches of compiled programs, which loaders keep for all of a user's runs; and the pipes of Pulumi's language host, which
 * looks for its engine every five minutes and then takes them away.
 */
const foreignFiles = /^(tsx-\d+|node-compile-cache|ts-node-[0-9a-f]+|pulumi-node-pipes\d+)$/;

/** A stack whose runs are stopped. Its programs' temporary files go to a folder of its own, so that what is left shows. */
export class SoakStack extends LabStack {
  private readonly temporary: string;
  private readonly log: string;
  private consented = false;
  private changes: Readonly<Record<string, unknown>> = {};

  /** @param caseName Names the log. */
  constructor(caseName: string) {
    super("soak");
    this.temporary = join(this.folder, "tmp");
    mkdirSync(this.temporary);
    const results = join(toolchainDir, "test-results");
    mkdirSync(results, { recursive: true });
    this.log = join(results, `soak-${caseName}-${Date.now()}.log`);
  }

  /** Writes configuration and credentials, and makes the stack. */
  async begin(): Promise<void> {
    this.writeCredentials({ default: bmcCredentials });
    this.configureAgain();
    await this.init();
  }

  /** Lets destroy release hosts whose objects cannot be reached. */
  consent(): void {
    this.consented = true;
    this.configureAgain();
  }

  private configureAgain(): void {
    this.configure({ ...this.changes, ...(this.consented ? { releaseUnreachable: true } : {}) });
  }

  /** Runs `pulumi up` or `pulumi destroy`, to its end or until it is stopped. */
  async run(verb: "up" | "destroy", moment?: Moment): Promise<RunResult> {
    appendFileSync(this.log, `\n=== ${verb} ${new Date().toISOString()}\n`);
    const args = [verb, "--stack", this.name, "--yes", "--skip-preview", "--suppress-outputs"];
    const result = await runPulumi(
      [...args, "--non-interactive", "--color", "never"],
      { cwd: this.root, env: { ...this.env, TMPDIR: this.temporary } },
      moment,
      (line) => appendFileSync(this.log, `${line}\n`),
    );
    appendFileSync(
      this.log,
      `=== exit ${result.exitCode ?? "by a signal"} after ${Math.round(result.seconds)} s\n`,
    );
    return result;
  }

  /**
   * Loses the checkout in which the stack was run, and goes on in another that has the code, the state's backend and its passphrase,
   * and the configuration.
   */
  async goElsewhere(): Promise<void> {
    const elsewhere = join(this.folder, "checkout");
    const { stdout } = await execa("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: projectRoot,
    });
    for (const file of stdout
      .split("\0")
      .filter((name) => name !== "" && existsSync(join(projectRoot, name))))
      cpSync(join(projectRoot, file), join(elsewhere, file));
    for (const shared of ["node_modules", ".toolchain", ".lab"])
      symlinkSync(join(projectRoot, shared), join(elsewhere, shared));
    rmSync(join(this.root, ".state", this.name), { recursive: true });
    rmSync(join(this.root, `Pulumi.${this.name}.yaml`));
    this.root = elsewhere;
    this.configureAgain();
  }

  /** Asks for a label on the workers' nodes. */
  change(): void {
    this.changes = { workerPools: [{ name: "workers", nodeLabels: { "example.com/changed": "yes" } }] };
    this.configureAgain();
  }

  /** An output of the stack, secret or not. */
  async output(name: string): Promise<string> {
    const { exitCode, stdout, all } = await this.pulumi(
      ...["stack", "output", name, "--show-secrets", "--stack", this.name],
    );
    if (exitCode !== 0) throw new Error(all);
    return stdout;
  }

  /** Restores the newest backup on the cluster that manages itself, at rest first, as docs/backup.md says. */
  async restore(): Promise<void> {
    const kubeconfig = join(this.folder, "restore.kubeconfig");
    writeFileSync(kubeconfig, await this.output("kubeconfig"), { mode: 0o600 });
    const [newest] = (await archivesIn(backupFolder(this.name))).map(({ file }) => file);
    const env = { ...this.env, BACKUP_KEY: await this.output("backupKey") };
    for (const more of [[], ["--unpause"]]) {
      const { exitCode, all } = await execa(
        "npm",
        ["run", "-s", "restore", "--", "--archive", newest ?? "", "--kubeconfig", kubeconfig, ...more],
        { cwd: this.root, env, reject: false, all: true },
      );
      appendFileSync(this.log, `\n=== restore ${more.join(" ")}\n${all}\n=== exit ${exitCode}\n`);
      if (exitCode !== 0) throw new Error(all);
    }
  }

  /** Gives the stack's lock up, which a killed run has left; what a user has to do then. */
  async cancel(): Promise<void> {
    const { exitCode, all } = await this.pulumi("cancel", "--yes", "--stack", this.name);
    if (exitCode !== 0) throw new Error(all);
  }

  /** Everything in the state, components and providers included. */
  async wholeState(): Promise<{
    readonly resources: readonly string[];
    readonly pending: readonly string[];
  }> {
    const { exitCode, stdout, all } = await this.pulumi("stack", "export", "--stack", this.name);
    if (exitCode !== 0) throw new Error(all);
    const { deployment } = JSON.parse(stdout) as {
      deployment: {
        resources?: { urn: string }[];
        pending_operations?: { type: string; resource: { urn: string } }[];
      };
    };
    return {
      resources: (deployment.resources ?? []).map(({ urn }) => urn),
      pending: (deployment.pending_operations ?? []).map(({ type, resource }) => `${type} ${resource.urn}`),
    };
  }

  /** Files of the stack in the checkout, and temporary files of its programs, that are left; the report is meant to be. */
  leftFiles(): string[] {
    const states = join(this.root, ".state");
    const own = join(states, this.name);
    return [
      ...(existsSync(own) ? readdirSync(own) : []).filter((file) => file !== "release-report.txt"),
      ...(existsSync(states) ? readdirSync(states) : []).filter((file) => file.startsWith(`${this.name}-`)),
      ...readdirSync(this.root).filter((file) => file.startsWith(`Pulumi.${this.name}-`)),
      ...readdirSync(this.temporary).filter((file) => !foreignFiles.test(file)),
    ];
  }

  /** The report of the release; undefined when nothing was registered. */
  report(): string | undefined {
    const file = join(this.root, ".state", this.name, "release-report.txt");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }
}

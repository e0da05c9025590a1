import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { environment } from "../../lab/setup/environment";
import { projectRoot } from "../../lab/setup/paths";

/** A stack of its own: empty state, local backend, and the lab's configuration with changes. Nothing of the lab runs. */
export class EmptyStack {
  private readonly folder = mkdtempSync(join(tmpdir(), "test-"));
  private readonly name = basename(this.folder);
  /** Pulumi looks for a stack's configuration beside the project. */
  private readonly configFile = join(projectRoot, `Pulumi.${this.name}.yaml`);
  private readonly env: NodeJS.ProcessEnv;

  /** @param changes Keys of the project to replace; undefined removes one. */
  constructor(changes: Record<string, unknown> = {}) {
    const backend = join(this.folder, "backend");
    mkdirSync(backend);
    const credentials = join(this.folder, "bmc.json");
    writeFileSync(credentials, JSON.stringify({ default: { username: "admin", password: "bmc-secret" } }), {
      mode: 0o600,
    });
    const { config } = parse(readFileSync(join(projectRoot, "Pulumi.dev.yaml"), "utf8")) as {
      config: Record<string, unknown>;
    };
    for (const [key, value] of Object.entries({ bmcCredentialsFile: credentials, ...changes })) {
      if (value === undefined) delete config[`metal3:${key}`];
      else config[`metal3:${key}`] = value;
    }
    writeFileSync(this.configFile, stringify({ config }));
    this.env = {
      HOME: process.env.HOME,
      ...environment({
        PATH: process.env.PATH,
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE: "preview",
        PULUMI_STACK: this.name,
      }),
      PULUMI_CONFIG_PASSPHRASE: "preview",
      // No engine, no cluster: a preview must not need them.
      DOCKER_HOST: "unix:///nowhere.sock",
      KUBECONFIG: "/nowhere",
    };
  }

  /** Creates the stack. */
  async init(): Promise<void> {
    const { exitCode, all } = await this.run(["stack", "init", this.name, "--no-select"]);
    if (exitCode !== 0) throw new Error(all);
  }

  /** Runs `pulumi preview`; never rejects. */
  preview(...options: string[]) {
    return this.run(["preview", "--stack", this.name, "--color", "never", ...options]);
  }

  /** Runs `pulumi up` without asking and without a preview; never rejects. */
  up() {
    return this.run(["up", "--stack", this.name, "--color", "never", "--yes", "--skip-preview"]);
  }

  /** Types of everything in the state. */
  async stateTypes(): Promise<string[]> {
    const { exitCode, stdout, all } = await this.run(["stack", "export", "--stack", this.name]);
    if (exitCode !== 0) throw new Error(all);
    const { deployment } = JSON.parse(stdout) as { deployment: { resources?: { type: string }[] } };
    return (deployment.resources ?? []).map(({ type }) => type);
  }

  /** Folder of the local files that the program's steps would make. */
  get stateFolder(): string {
    return join(projectRoot, ".state", this.name);
  }

  remove(): void {
    rmSync(this.configFile, { force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }

  private run(args: readonly string[]) {
    return execa("pulumi", [...args, "--non-interactive"], {
      cwd: projectRoot,
      env: this.env,
      extendEnv: false,
      reject: false,
      all: true,
    });
  }
}

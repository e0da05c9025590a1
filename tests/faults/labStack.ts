import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { environment } from "../../lab/setup/environment";
import { projectRoot, toolchainDir } from "../../lab/setup/paths";
import { writeStackConfig } from "../../lab/setup/stackFile";

/** How a run of `pulumi up` ended. */
export interface UpResult {
  readonly exitCode: number | undefined;
  /** Everything it printed. */
  readonly output: string;
  readonly seconds: number;
}

/** What the state knows of a resource. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  /** When it was made (ISO 8601). */
  readonly created?: string;
}

/** A stack on the lab that runs, with state, configuration and bootstrap cluster of its own. */
export class LabStack {
  /** Everything of it that is not in the checkout. */
  protected readonly folder: string;
  readonly name: string;
  /** The checkout in which its runs take place. */
  protected root = projectRoot;
  private readonly credentialsFile: string;
  protected readonly env: NodeJS.ProcessEnv;
  private runs = 0;
  /** kind's name of the bootstrap cluster. */
  readonly kindName: string;

  /** @param purpose Begins its name, and the name of the folder with its state. */
  constructor(private readonly purpose = "faults") {
    this.folder = mkdtempSync(join(tmpdir(), `${purpose}-`));
    this.name = basename(this.folder);
    this.credentialsFile = join(this.folder, "bmc.json");
    this.kindName = `metal3-${this.name.toLowerCase()}`;
    const backend = join(this.folder, "backend");
    mkdirSync(backend);
    this.env = {
      ...process.env,
      ...environment({
        ...process.env,
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE: purpose,
        PULUMI_STACK: this.name,
      }),
      PULUMI_CONFIG_PASSPHRASE: purpose,
    };
  }

  private get configFile(): string {
    return join(this.root, `Pulumi.${this.name}.yaml`);
  }

  /** Writes the lab's configuration with other values for some keys. */
  configure(changes: Readonly<Record<string, unknown>>): void {
    const { config } = parse(readFileSync(join(projectRoot, "Pulumi.dev.yaml"), "utf8")) as {
      config: Record<string, unknown>;
    };
    const bootstrap = { ...(config["metal3:bootstrap"] as object), name: this.kindName };
    const own = { bootstrap, bmcCredentialsFile: this.credentialsFile, ...changes };
    const keys = Object.entries(own).map(([key, value]): [string, unknown] => [`metal3:${key}`, value]);
    writeStackConfig(this.configFile, { ...config, ...Object.fromEntries(keys) });
  }

  /** Writes the BMC credentials that the stack is told. */
  writeCredentials(credentials: Readonly<Record<string, object>>): void {
    writeFileSync(this.credentialsFile, JSON.stringify(credentials), { mode: 0o600 });
  }

  async init(): Promise<void> {
    const { exitCode, all } = await this.pulumi("stack", "init", this.name, "--no-select");
    if (exitCode !== 0) throw new Error(all);
  }

  /** Runs `pulumi up`; never rejects. Its output is kept in the test results. */
  async up(onLine: (line: string) => void = () => undefined): Promise<UpResult> {
    const begin = Date.now();
    const run = this.pulumi("up", "--stack", this.name, "--yes", "--skip-preview", "--suppress-outputs");
    const lines: string[] = [];
    for await (const line of run.iterable({ from: "all" }) as AsyncIterable<unknown>) {
      lines.push(String(line));
      onLine(String(line));
    }
    const { exitCode } = await run;
    const output = lines.join("\n");
    this.runs += 1;
    const results = join(toolchainDir, "test-results");
    mkdirSync(results, { recursive: true });
    writeFileSync(join(results, `${this.purpose}-up-${this.runs}.log`), output);
    return { exitCode, output, seconds: (Date.now() - begin) / 1000 };
  }

  /** Runs `pulumi preview`, which fails when there is anything to change; never rejects. */
  previewNoChanges() {
    return this.pulumi("preview", "--stack", this.name, "--expect-no-changes", "--diff");
  }

  /** The resources in the state, components and providers left out. */
  async resources(): Promise<StateResource[]> {
    const { exitCode, stdout, all } = await this.pulumi("stack", "export", "--stack", this.name);
    if (exitCode !== 0) throw new Error(all);
    const { deployment } = JSON.parse(stdout) as { deployment: { resources?: StateResource[] } };
    return (deployment.resources ?? []).filter(
      ({ type }) => !/^(pulumi:pulumi:Stack|pulumi:providers:.*|metal3:index:\w+)$/.test(type),
    );
  }

  /** Removes everything but what is in the lab itself. */
  async remove(): Promise<void> {
    await execa("kind", ["delete", "cluster", "--name", this.kindName], { env: this.env, reject: false });
    rmSync(join(this.root, ".state", this.name), { recursive: true, force: true });
    rmSync(this.configFile, { force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }

  protected pulumi(...args: string[]) {
    return execa("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.root,
      env: this.env,
      stdin: "ignore",
      reject: false,
      all: true,
    });
  }
}

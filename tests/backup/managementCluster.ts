/** An API server with the definitions of the providers, and their managers where a test asks for them. No nodes, no webhooks. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { toolPath } from "../../lab/setup/paths";
import { clusterctlLabel } from "../../lifecycle/inventory/graph";
import { KubeClient } from "../../lifecycle/shared/kube/client";
import { field, type KubeObject } from "../../lifecycle/shared/kube/objects";
import { readManifest } from "../../manifests/readManifest";
import { ApiServer } from "../plugins/support/apiServer";
import { makeAuthority } from "../plugins/support/certificates";

/** Manifests of the set-up's providers. */
const manifests = [
  "cluster-api/v1.13.6/core-components.yaml",
  "bootstrap-kubeadm/v1.13.6/bootstrap-components.yaml",
  "control-plane-kubeadm/v1.13.6/control-plane-components.yaml",
  "infrastructure-metal3/v1.13.2/infrastructure-components.yaml",
  "ipam-metal3/v1.13.2/ipam-components.yaml",
  "baremetal-operator/v0.13.2/baremetal-operator.yaml",
].map((file) => path.join(".toolchain", "providers", file));

/** Namespace of the objects. */
export const namespace = "metal3";

/** A management cluster without machines of its own. */
export class TestCluster {
  private readonly processes: ChildProcess[] = [];

  private constructor(
    readonly server: ApiServer,
    readonly client: KubeClient,
    /** Folder for the test's files, with the kubeconfig in it. */
    readonly folder: string,
  ) {}

  /** Starts an API server and installs every definition. */
  static async start(name: string): Promise<TestCluster> {
    const server = await ApiServer.start({ controllers: ["garbage-collector-controller"] });
    const client = KubeClient.fromKubeconfig(name, server.kubeconfig, new AbortController().signal);
    const folder = await mkdtemp(path.join(tmpdir(), `backup-${name}-`));
    await writeFile(path.join(folder, "kubeconfig"), server.kubeconfig, { mode: 0o600 });
    const cluster = new TestCluster(server, client, folder);
    const definitions = manifests.flatMap((file) => readManifest(file)).filter(isDefinition);
    for (const definition of definitions) {
      await client.create(asInstalled(definition));
    }
    for (const definition of definitions) await cluster.untilServed(definition.metadata.name);
    return cluster;
  }

  get kubeconfig(): string {
    return path.join(this.folder, "kubeconfig");
  }

  /** Runs the real Bare Metal Operator in its test mode: its own state machine, with no Ironic and no machine behind it. */
  async runOperator(): Promise<ChildProcess> {
    const [health, metrics] = await freePorts(2);
    return this.run("baremetal-operator", [
      "-test-mode",
      "-webhook-port=0",
      `-health-addr=127.0.0.1:${health}`,
      `-metrics-addr=127.0.0.1:${metrics}`,
      `-namespace=${namespace}`,
      `-kubeconfig=${this.kubeconfig}`,
    ]);
  }

  /** Runs the real Metal3 provider. */
  async runMetal3(): Promise<ChildProcess> {
    const [health, metrics, webhook] = await freePorts(3);
    const certificates = path.join(this.folder, "certificates");
    const serving = await (await makeAuthority()).issue("CN=webhook", true);
    await mkdir(certificates);
    await writeFile(path.join(certificates, "tls.crt"), serving.cert);
    await writeFile(path.join(certificates, "tls.key"), serving.key, { mode: 0o600 });
    return this.run("capm3-manager", [
      `--webhook-port=${webhook}`,
      `--webhook-cert-dir=${certificates}`,
      `--health-addr=127.0.0.1:${health}`,
      `--diagnostics-address=127.0.0.1:${metrics}`,
      "--insecure-diagnostics",
      `--namespace=${namespace}`,
      `--kubeconfig=${this.kubeconfig}`,
    ]);
  }

  /** What a program has said. */
  log(program: string): string {
    const file = path.join(this.folder, `${program}.log`);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Ends one of the programs. */
  async end(program: ChildProcess): Promise<void> {
    if (program.exitCode !== null || program.signalCode !== null) return;
    const ended = new Promise((resolve) => program.once("exit", resolve));
    program.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    for (const program of this.processes) await this.end(program);
    await this.client.close();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private run(program: string, args: readonly string[]): ChildProcess {
    const log = createWriteStream(path.join(this.folder, `${program}.log`));
    // A test worker that is killed cannot stop what it started: the kernel does.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: toolPath(), HOME: this.folder, POD_NAMESPACE: namespace },
    });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    this.processes.push(child);
    return child;
  }

  private async untilServed(name: string): Promise<void> {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
    for (;;) {
      const conditions = field(await this.client.json("GET", path), "status", "conditions") as
        { type: string; status: string }[] | undefined;
      if (conditions?.some(({ type, status }) => type === "Established" && status === "True")) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function isDefinition({ kind }: { readonly kind: string }): boolean {
  return kind === "CustomResourceDefinition";
}

/**
 * A definition as clusterctl installs it, with its label. Objects are stored in the version in which they are asked for, so
 * that nothing has to convert them.
 */
function asInstalled(definition: KubeObject): KubeObject {
  const { metadata, spec } = definition;
  return {
    ...definition,
    metadata: { ...metadata, labels: { ...metadata.labels, [clusterctlLabel]: "" } },
    spec: { ...spec, conversion: { strategy: "None" } },
  };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

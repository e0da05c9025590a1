/** A real API server on loopback, with its own etcd; no nodes, and controllers only where a test asks for them. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import { toolPath } from "../../../lab/setup/paths";
import { ApiClient } from "../../../lab/plugins/kubernetes/apiClient";
import { connectionOf, parseKubeconfig } from "../../../lab/plugins/kubernetes/kubeconfig";
import { KubeClient } from "../../../lifecycle/shared/kube/client";
import { makeAuthority } from "./certificates";

/** How long the server may take to answer, in milliseconds. */
const START_LIMIT = 90_000;
/** How often the server is started on other ports. */
const START_ATTEMPTS = 3;
/** How long a stopped process may take to end before it is killed, in milliseconds. */
const STOP_LIMIT = 10_000;

const webhookAdmission = ["MutatingAdmissionWebhook", "ValidatingAdmissionWebhook"] as const;

/** Which parts of the control plane run beside the API server. */
export interface ApiServerOptions {
  /** Controllers of kube-controller-manager to run, e.g. `garbage-collector-controller`; none by default. */
  readonly controllers?: readonly string[];
  /** Webhook configurations are kept and not called: their programs run nowhere. Default false. */
  readonly withoutWebhooks?: boolean;
  /** Folder with what an earlier server has kept, see {@link ApiServer.stop}; it is copied. Default: an empty store. */
  readonly from?: string;
}

/** A running API server. */
export class ApiServer {
  private readonly processes: ChildProcess[] = [];

  private constructor(
    private readonly folder: string,
    readonly kubeconfig: string,
    /** Direct access for a test that changes things behind Pulumi's back. */
    readonly client: ApiClient,
  ) {}

  /** Starts etcd and an API server and waits until it serves. */
  static async start(options: ApiServerOptions = {}): Promise<ApiServer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ApiServer.launch(options);
      } catch (error) {
        // Another process took a port between the moment it was found free and the moment it was used.
        if (attempt === START_ATTEMPTS || !/address already in use/.test(String(error))) throw error;
      }
    }
  }

  private static async launch(options: ApiServerOptions): Promise<ApiServer> {
    const folder = await mkdtemp(path.join(tmpdir(), "api-server-"));
    const [etcd, peer, port] = await freePorts(3);
    const authority = await makeAuthority();
    const admin = await authority.issue("CN=admin,O=system:masters", false);
    const serving = await authority.issue("CN=kube-apiserver", true);
    const files = { "ca.crt": authority.cert, "server.crt": serving.cert, "server.key": serving.key };
    await mkdir(path.join(folder, "pki"));
    for (const [name, text] of Object.entries(files)) {
      await writeFile(path.join(folder, "pki", name), text, { mode: 0o600 });
    }
    const kubeconfig = stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
      clusters: [
        {
          name: "test",
          cluster: {
            server: `https://127.0.0.1:${port}`,
            "certificate-authority-data": base64(authority.cert),
          },
        },
      ],
      users: [
        {
          name: "admin",
          user: { "client-certificate-data": base64(admin.cert), "client-key-data": base64(admin.key) },
        },
      ],
    });
    const client = new ApiClient(connectionOf(parseKubeconfig(kubeconfig), {}), "test");
    const server = new ApiServer(folder, kubeconfig, client);
    try {
      if (options.from !== undefined) await cp(options.from, `${folder}/etcd`, { recursive: true });
      server.run(etcdProgram(), [
        `--data-dir=${folder}/etcd`,
        `--listen-client-urls=http://127.0.0.1:${etcd}`,
        `--advertise-client-urls=http://127.0.0.1:${etcd}`,
        `--listen-peer-urls=http://127.0.0.1:${peer}`,
        "--unsafe-no-fsync",
        "--log-level=warn",
      ]);
      server.run("kube-apiserver", [
        `--etcd-servers=http://127.0.0.1:${etcd}`,
        `--secure-port=${port}`,
        "--bind-address=127.0.0.1",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--authorization-mode=RBAC",
        `--client-ca-file=${folder}/pki/ca.crt`,
        `--tls-cert-file=${folder}/pki/server.crt`,
        `--tls-private-key-file=${folder}/pki/server.key`,
        `--service-account-key-file=${folder}/pki/server.crt`,
        `--service-account-signing-key-file=${folder}/pki/server.key`,
        "--service-account-issuer=https://test",
        `--disable-admission-plugins=${["ServiceAccount", ...(options.withoutWebhooks ? webhookAdmission : [])].join(",")}`,
        "--enable-priority-and-fairness=false",
      ]);
      await server.waitUntilServing();
      if (options.controllers !== undefined) await server.runControllers(options.controllers);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Stops everything and removes its data. @param keep Folder to be made, in which a copy of what it has stored stays. */
  async stop(keep?: string): Promise<void> {
    this.client.close();
    await Promise.all(this.processes.splice(0).reverse().map(end));
    if (keep !== undefined) await cp(`${this.folder}/etcd`, keep, { recursive: true });
    await rm(this.folder, { recursive: true, force: true });
  }

  private async runControllers(controllers: readonly string[]): Promise<void> {
    await this.waitUntilReady();
    const config = path.join(this.folder, "controller-manager.kubeconfig");
    await writeFile(config, this.kubeconfig, { mode: 0o600 });
    this.run("kube-controller-manager", [
      `--kubeconfig=${config}`,
      `--controllers=${controllers.join(",")}`,
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
      "--secure-port=0",
    ]);
  }

  /** kube-controller-manager gives up when the server, which serves already, is not ready within seconds. */
  private async waitUntilReady(): Promise<void> {
    const signal = AbortSignal.timeout(START_LIMIT);
    const client = KubeClient.fromKubeconfig("the API server", this.kubeconfig, signal);
    try {
      while (!(await client.isReady())) await delay(200, undefined, { signal });
    } finally {
      await client.close();
    }
  }

  private run(program: string, args: readonly string[]): void {
    const log = openSync(path.join(this.folder, `${path.basename(program)}.log`), "a");
    // A test worker that is killed cannot stop what it started: the kernel does.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...args], {
      stdio: ["ignore", log, log],
      env: { ...process.env, PATH: toolPath() },
      cwd: this.folder,
    });
    child.on("error", (error) => process.stderr.write(`${program}: ${error.message}\n`));
    this.processes.push(child);
  }

  private async waitUntilServing(): Promise<void> {
    const deadline = Date.now() + START_LIMIT;
    let last = "";
    while (Date.now() < deadline) {
      try {
        await this.client.request({ method: "GET", path: "/api/v1/namespaces/default" });
        return;
      } catch (error) {
        last = (error as Error).message;
      }
      const dead = this.processes.find((child) => child.exitCode !== null);
      if (dead !== undefined) break;
      await delay(200);
    }
    const logs = ["etcd.log", "server.log", "kube-apiserver.log"].map((name) => path.join(this.folder, name));
    const tail = logs
      .filter(existsSync)
      .flatMap((log) => readFileSync(log, "utf8").split("\n").slice(-15))
      .join("\n");
    throw new Error(`the API server does not serve within ${START_LIMIT / 1_000}s: ${last}\n${tail}`);
  }
}

/** Ports that are free at this moment. */
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

/** etcd's module builds a program called `server`. */
function etcdProgram(): string {
  const folders = toolPath().split(path.delimiter);
  const found = ["etcd", "server"]
    .flatMap((name) => folders.map((folder) => path.join(folder, name)))
    .find(existsSync);
  if (found === undefined) throw new Error("etcd is not on PATH: run `make setup`");
  return found;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT);
  await ended;
  clearTimeout(timer);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Two real API servers without controllers, between which the real program moves a small cluster with the real clusterctl. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pMap from "p-map";
import { projectRoot, toolPath } from "../../../lab/setup/paths";
import { generateKey } from "../../../lifecycle/backup/key";
import { objectKey, refOf } from "../../../lifecycle/inventory/graph";
import { type Inventory, readDefinitions, readInventory } from "../../../lifecycle/inventory/read";
import { journalName, journalNamespace } from "../../../lifecycle/pivot/clusterJournal";
import {
  blockMoveAnnotation,
  deleteForMoveAnnotation,
  pausedAnnotation,
  statusAnnotation,
} from "../../../lifecycle/pivot/hostAnnotations";
import { isAbsent, KubeClient } from "../../../lifecycle/shared/kube/client";
import { type KubeObject, text } from "../../../lifecycle/shared/kube/objects";
import { types } from "../../../lifecycle/shared/kube/types";
import { ApiServer } from "../../plugins/support/apiServer";
import { Controllers } from "./controllers";
import { definitionsText, installDefinitions, providers } from "./definitions";
import {
  clusterName,
  namespace,
  nodes,
  operatorNamespace,
  ownerReference,
  type Seed,
  smallCluster,
} from "./objects";
import { ApiProxy, type Write, Writes } from "./proxy";

/** How a run of the program ended. */
export interface Run {
  /** Undefined when it was killed. */
  readonly exitCode: number | undefined;
  readonly output: string;
  readonly seconds: number;
}

/** A run that was to be killed. */
export interface Killed extends Run {
  /** The write after which it was; undefined when it ended before. */
  readonly last: Write | undefined;
}

/** Options of one run. */
export interface RunOptions {
  /** Another checkout's folder: it has nothing of the first one's state. Default: the lab's own. */
  readonly folder?: string;
  readonly limits?: Readonly<Record<string, number>>;
  /** Told the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

const scope = { namespace, clusterName };
const stack = "dev";
const leaseMeta = { namespace: journalNamespace, name: journalName(scope) };
/** A run of a small cluster takes seconds; one that hangs must not hold the tests. */
const runSeconds = 240;
const tsx = pathToFileURL(join(projectRoot, "node_modules", "tsx", "dist", "loader.mjs")).href;
const webhook = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "baremetal-operator-validating-webhook-configuration" },
};

/** The world of one test file. */
export class PivotLab {
  readonly controllers: Controllers;
  private definitions: readonly KubeObject[] = [];
  private keys: string[] = [];
  private folders: string[] = [];
  /** The program's own checkout, as far as it has one: its state is in it. */
  folder = "";

  private constructor(
    private readonly servers: readonly ApiServer[],
    readonly writes: Writes,
    /** The program's ways to the API servers. */
    readonly proxies: { readonly source: ApiProxy; readonly target: ApiProxy },
    readonly source: KubeClient,
    readonly target: KubeClient,
    private readonly backupKey: string,
  ) {
    this.controllers = new Controllers(source, target);
  }

  static async start(): Promise<PivotLab> {
    const servers = await Promise.all([ApiServer.start(), ApiServer.start()]);
    const [first, second] = servers;
    const text = definitionsText();
    const folder = await mkdtemp(join(tmpdir(), "pivot-definitions-"));
    await Promise.all(
      servers.map(async ({ kubeconfig }, index) => {
        const file = join(folder, `kubeconfig-${index}`);
        await writeFile(file, kubeconfig, { mode: 0o600 });
        await installDefinitions(file, text);
      }),
    );
    await rm(folder, { recursive: true });
    const never = new AbortController().signal;
    const writes = new Writes();
    const lab = new PivotLab(
      servers,
      writes,
      {
        source: await ApiProxy.start("source", first.kubeconfig, writes),
        target: await ApiProxy.start("target", second.kubeconfig, writes),
      },
      KubeClient.fromKubeconfig("source", first.kubeconfig, never),
      KubeClient.fromKubeconfig("target", second.kubeconfig, never),
      await generateKey(),
    );
    await lab.furnish();
    return lab;
  }

  /** Keys of everything that shall move. */
  get expectedKeys(): readonly string[] {
    return this.keys;
  }

  async stop(): Promise<void> {
    await this.controllers.stop();
    await Promise.all([this.source.close(), this.target.close()]);
    await Promise.all([this.proxies.source.stop(), this.proxies.target.stop()]);
    await Promise.all(this.servers.map((server) => server.stop()));
    await Promise.all(this.folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** A folder for the program to run in, without any state. */
  async checkout(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "pivot-state-"));
    this.folders.push(folder);
    return folder;
  }

  /** Back to the beginning: everything on the source, nothing on the target, no state. */
  async reset(sparePause?: string): Promise<void> {
    await this.controllers.stop();
    this.proxies.source.refuse(false);
    this.proxies.target.refuse(false);
    await Promise.all([this.empty(this.source), this.empty(this.target)]);
    await Promise.all(this.folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
    this.folder = await this.checkout();
    await this.sow(smallCluster(sparePause));
    await this.source.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: "stays-behind" },
    });
    this.keys = [...(await this.inventory(this.source)).keys].sort();
    this.writes.reset();
    this.controllers.start();
  }

  async inventory(client: KubeClient): Promise<Inventory> {
    return readInventory(client, namespace, clusterName, this.definitions);
  }

  /** Runs the program once, in a process group of its own. */
  async pivot(options: RunOptions = {}): Promise<Run> {
    const begin = Date.now();
    const child = spawn("node", ["--import", tsx, join(projectRoot, "lifecycle/main.ts"), "pivot"], {
      cwd: options.folder ?? this.folder,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: toolPath(),
        HOME: process.env.HOME,
        LIFECYCLE_TIMEOUT_SECONDS: String(runSeconds),
        LIFECYCLE_INPUT: JSON.stringify({
          stack,
          ...scope,
          limits: { gate: 30, stability: 0.2, move: 180, verify: 60, settle: 0, ...options.limits },
        }),
        SOURCE_KUBECONFIG: this.proxies.source.kubeconfig,
        TARGET_KUBECONFIG: this.proxies.target.kubeconfig,
        BACKUP_KEY: this.backupKey,
      },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
    options.onStart?.(child);
    const timer = setTimeout(() => kill(child), (runSeconds + 30) * 1000);
    const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
    clearTimeout(timer);
    await Promise.all([this.proxies.source.idle(), this.proxies.target.idle()]);
    return { exitCode: exitCode ?? undefined, output, seconds: (Date.now() - begin) / 1000 };
  }

  /** Runs the program and kills it, with everything that it has started, after the write that `when` picks. */
  async pivotKilled(when: (write: Write) => boolean, options: RunOptions = {}): Promise<Killed> {
    let child: ChildProcess | undefined;
    let last: Write | undefined;
    this.writes.onWrite = (write) => {
      if (!last && child && when(write)) {
        last = write;
        kill(child);
      }
    };
    const run = await this.pivot({ ...options, onStart: (started) => (child = started) });
    this.writes.onWrite = () => undefined;
    return { ...run, last };
  }

  /** A lease of a runner on another machine, which says nothing more unless it is renewed. */
  async leaseElsewhere(): Promise<void> {
    const holder = { id: "x", user: "somebody", host: "elsewhere", pid: 1, stack, processes: "elsewhere" };
    await this.source.create({
      ...types.lease,
      metadata: {
        ...leaseMeta,
        annotations: { "metal3.pulumi.com/holder": JSON.stringify(holder) },
      },
      spec: { holderIdentity: "somebody", leaseDurationSeconds: 30, renewTime: microTime() },
    });
  }

  async renewElsewhere(): Promise<void> {
    await this.source.patch({ ...types.lease, ...leaseMeta }, "merge", { spec: { renewTime: microTime() } });
  }

  /** What is not as it must be after the pivot, one defect each. @param sparePause The user's pause of the spare host. */
  async defects(sparePause?: string): Promise<string[]> {
    await this.controllers.stop();
    const [onSource, onTarget] = await Promise.all([this.source, this.target].map((c) => this.inventory(c)));
    if (!onSource || !onTarget) return ["no inventories"];
    const left = onSource.objects
      .map(objectKey)
      .filter((key) => !/ConfigMap .*\/(kube-root-ca.crt|stays-behind)$/.test(key));
    const arrived = [...onTarget.keys].sort();
    const uids = new Set(onTarget.objects.map(({ metadata }) => metadata.uid));
    const notes = await Promise.all(
      [this.source, this.target].map(async (client) => ({
        name: client.name,
        lease: await client.find({ ...types.lease, namespace: journalNamespace, name: journalName(scope) }),
        journal: await client.find({
          ...types.configMap,
          namespace: journalNamespace,
          name: journalName(scope),
        }),
      })),
    );
    const [atSource, atTarget] = notes;
    return [
      ...[...this.controllers.violations],
      ...left.map((key) => `left on the source: ${key}`),
      ...this.keys.filter((key) => !arrived.includes(key)).map((key) => `lost: ${key}`),
      ...arrived.filter((key) => !this.keys.includes(key)).map((key) => `too many: ${key}`),
      ...(onTarget.cluster ? [] : ["the target has no Cluster"]),
      ...(onTarget.paused ? ["the target is paused"] : []),
      ...onTarget.objects.flatMap((object) => [
        ...leftoverMarks(object, sparePause),
        ...(object.metadata.ownerReferences ?? [])
          .filter(({ uid }) => !uids.has(uid))
          .map(({ kind, name }) => `${objectKey(object)} has an owner that is not there: ${kind} ${name}`),
      ]),
      ...notes.flatMap(({ name, lease }) => (lease ? [`a lease is left on the ${name}`] : [])),
      ...(atSource?.journal ? ["a journal is left on the source"] : []),
      ...(text(atTarget?.journal, "data", "phase") === "done"
        ? []
        : ["the target's journal does not say done"]),
      ...(existsSync(join(this.folder, ".state", stack, "pivoted.json"))
        ? []
        : ["the kubeconfig was not switched"]),
    ];
  }

  /** What does not change from test to test. */
  private async furnish(): Promise<void> {
    for (const client of [this.source, this.target]) {
      for (const name of [namespace, operatorNamespace]) {
        await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
      }
      for (const provider of providers()) await client.create(provider as unknown as KubeObject);
    }
    for (const { object, status } of nodes()) {
      await this.target.create(object);
      await this.target.patch(refOf(object), "merge", { status }, { subresource: "status" });
    }
    this.definitions = await readDefinitions(this.source);
  }

  private async empty(client: KubeClient): Promise<void> {
    const { objects } = await this.inventory(client);
    const refs = [
      ...objects.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt").map(refOf),
      { ...types.lease, namespace: journalNamespace, name: journalName(scope) },
      { ...types.configMap, namespace: journalNamespace, name: journalName(scope) },
      { ...types.deployment, namespace: operatorNamespace, name: "baremetal-operator-controller-manager" },
      { ...types.validatingWebhookConfiguration, name: webhook.metadata.name },
    ];
    await pMap(
      refs,
      async (ref) => {
        try {
          await client.delete(ref);
          await client.patch(ref, "merge", { metadata: { finalizers: null } });
        } catch (error) {
          if (!isAbsent(error)) throw error;
        }
      },
      { concurrency: 8 },
    );
    await this.operator(client);
  }

  /** The operator's Deployment, in its test mode, which needs no Ironic; and on the source a webhook that concerns nobody. */
  private async operator(client: KubeClient): Promise<void> {
    const labels = { app: "operator" };
    const created = await client.create({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace: operatorNamespace, name: "baremetal-operator-controller-manager" },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: "manager", image: "operator", args: ["--test-mode"] }] },
        },
      },
    });
    const status = {
      observedGeneration: created.metadata.generation ?? 1,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      conditions: [{ type: "Available", status: "True" }],
    };
    await client.patch(
      { ...types.deployment, namespace: operatorNamespace, name: created.metadata.name },
      "merge",
      { status },
      { subresource: "status" },
    );
    if (client === this.source) {
      await client.create({
        ...webhook,
        webhooks: [
          {
            name: "host.metal3.io",
            clientConfig: { service: { namespace: operatorNamespace, name: "webhook" } },
            rules: [
              {
                apiGroups: ["nobody.example"],
                apiVersions: ["v1"],
                operations: ["CREATE"],
                resources: ["*"],
              },
            ],
            admissionReviewVersions: ["v1"],
            sideEffects: "None",
          },
        ],
      });
    }
  }

  private async sow(seeds: readonly Seed[]): Promise<void> {
    const made = new Map<string, KubeObject>();
    for (const { object, status, owners } of seeds) {
      const references = owners.map((owner, index) => {
        const found = made.get(owner);
        if (!found) throw new Error(`${owner} is not made before ${object.kind} ${object.metadata.name}`);
        return ownerReference(found, index === 0);
      });
      const created = await this.source.create({
        ...object,
        metadata: { ...object.metadata, ownerReferences: references },
      });
      made.set(`${object.kind} ${object.metadata.name}`, {
        ...created,
        apiVersion: object.apiVersion,
        kind: object.kind,
      });
      if (status) {
        await this.source.patch(refOf(object), "merge", { status }, { subresource: "status" });
      }
    }
  }
}

function leftoverMarks({ kind, metadata }: KubeObject, sparePause: string | undefined): string[] {
  const annotations = metadata.annotations ?? {};
  const usersPause = metadata.name === "host-2" ? sparePause : undefined;
  const marks = [
    ...[blockMoveAnnotation, deleteForMoveAnnotation].filter((mark) => mark in annotations),
    // A host that its user has paused keeps its status there until the pause is over.
    ...(statusAnnotation in annotations && usersPause === undefined ? [statusAnnotation] : []),
  ];
  const pause = annotations[pausedAnnotation];
  return [
    ...marks.map((mark) => `${kind} ${metadata.name} still has ${mark}`),
    ...(kind === "BareMetalHost" && pause !== usersPause
      ? [`${metadata.name} is paused by ${pause ?? "nobody"} instead of ${usersPause ?? "nobody"}`]
      : []),
  ];
}

/** Kills a process with all that it has started. */
export function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

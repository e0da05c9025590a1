/** Two real API servers without controllers, between which the real program moves a small cluster with the real clusterctl. */
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKey } from "../../../lifecycle/backup/key";
import { type Inventory, readDefinitions, readInventory } from "../../../lifecycle/inventory/read";
import { journalName, journalNamespace } from "../../../lifecycle/pivot/clusterJournal";
import { KubeClient } from "../../../lifecycle/shared/kube/client";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";
import { types } from "../../../lifecycle/shared/kube/types";
import { ApiServer } from "../../plugins/support/apiServer";
import { Controllers } from "./controllers";
import { define } from "./definitions";
import { back, type Direction, forward } from "./direction";
import { defectsOf } from "./judgement";
import { clusterName, namespace, nodes, smallCluster } from "./objects";
import { addNodes, addOperator, addOperatorWebhook, clear, furnish } from "./population";
import {
  findObjects,
  kill,
  type Invocation,
  type Killed,
  type Run,
  type RunOptions,
  runProgram,
} from "./program";
import { ApiProxy, type Write, Writes } from "./proxy";
import { sow } from "./sow";

export { kill, type Killed, type Run, type RunOptions } from "./program";

const scope = { namespace, clusterName };
const leaseMeta = { namespace: journalNamespace, name: journalName(scope) };

/** The world of one test file. */
export class PivotLab {
  readonly controllers: Controllers;
  private definitions: readonly KubeObject[] = [];
  private keys: string[] = [];
  private folders: string[] = [];
  /** The program's own checkout, as far as it has one: its state is in it. */
  folder = "";
  /** Where the program moves to. */
  direction: Direction = forward;
  /** Further input and secrets of the program. */
  extras: Pick<Invocation, "input" | "secrets"> = { input: {}, secrets: {} };

  private constructor(
    private readonly servers: readonly ApiServer[],
    readonly writes: Writes,
    /** The program's ways to the API servers. */
    readonly proxies: { readonly source: ApiProxy; readonly target: ApiProxy },
    readonly source: KubeClient,
    readonly target: KubeClient,
    private readonly backupKey: string,
  ) {
    this.controllers = new Controllers({ source, target });
  }

  static async start(): Promise<PivotLab> {
    const servers = await Promise.all([ApiServer.start(), ApiServer.start()]);
    const [first, second] = servers;
    await define(servers.map(({ kubeconfig }) => kubeconfig));
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
    for (const client of [lab.source, lab.target]) await furnish(client);
    await addNodes(lab.target, nodes());
    lab.definitions = await readDefinitions(lab.source);
    return lab;
  }

  /** The cluster that the objects leave. */
  get from(): KubeClient {
    return this[this.direction.from];
  }

  /** The cluster that receives them. */
  get to(): KubeClient {
    return this[this.direction.to];
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
    this.direction = forward;
    this.extras = { input: {}, secrets: {} };
    for (const proxy of [this.proxies.source, this.proxies.target]) proxy.reset();
    await Promise.all([this.source, this.target].map((client) => this.empty(client)));
    await addOperatorWebhook(this.source);
    await Promise.all(this.folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
    this.folder = await this.checkout();
    await sow(this.source, smallCluster(sparePause));
    await this.source.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: "stays-behind" },
    });
    this.keys = [...(await this.inventory(this.source)).keys].sort();
    this.writes.reset();
    this.controllers.start(this.direction);
  }

  /**
   * The world as `pulumi destroy` finds it after a bring-up: from the beginning, everything has moved and was verified, and a
   * bootstrap cluster was built again, with an identity of its own.
   *
   * @param sparePause As for {@link reset}.
   */
  async turnBack(sparePause?: string): Promise<void> {
    await this.reset(sparePause);
    const { exitCode, output } = await this.pivot();
    const defects = await this.defects(sparePause);
    if (exitCode !== 0 || defects.length > 0) {
      throw new Error(`the move forward has failed: ${defects.join("; ")}; ${output.slice(-600)}`);
    }
    await this.controllers.stop();
    this.direction = back;
    await addOperatorWebhook(this.target);
    await this.newBootstrap();
  }

  /** Puts a cluster that has no objects yet in the place of the bootstrap cluster. */
  async newBootstrap(): Promise<void> {
    await this.controllers.stop();
    await this.empty(this.source);
    this.proxies.source.clusterIdentity = randomUUID();
    this.writes.reset();
    this.controllers.start(this.direction);
  }

  async inventory(client: KubeClient): Promise<Inventory> {
    return readInventory(client, namespace, clusterName, this.definitions);
  }

  /** Runs the program once, in a process group of its own. */
  async pivot(options: RunOptions = {}): Promise<Run> {
    const { from, to, stack, nodesOn } = this.direction;
    const run = await runProgram({
      verb: "pivot",
      folder: options.folder ?? this.folder,
      input: {
        stack,
        ...scope,
        nodesOn,
        limits: { gate: 30, stability: 0.2, move: 180, verify: 60, settle: 0, ...options.limits },
        ...this.extras.input,
      },
      secrets: {
        SOURCE_KUBECONFIG: this.proxies[from].kubeconfig,
        TARGET_KUBECONFIG: this.proxies[to].kubeconfig,
        BACKUP_KEY: this.backupKey,
        ...this.extras.secrets,
      },
      onStart: options.onStart,
    });
    await Promise.all([this.proxies.source.idle(), this.proxies.target.idle()]);
    return run;
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

  /** Where a `pulumi destroy` that is run now would find the objects. */
  async whereabouts(): Promise<string> {
    return findObjects(this.folder, [forward.stack, namespace, clusterName]);
  }

  /** A lease of a runner on another machine, which says nothing more unless it is renewed. */
  async leaseElsewhere(): Promise<void> {
    const { stack } = forward;
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
    const { from, to } = this;
    const [onFrom, onTo] = await Promise.all([this.inventory(from), this.inventory(to)]);
    const state = join(this.folder, ".state", this.direction.stack);
    const after = { from, to, onFrom, onTo, expected: this.keys, state, sparePause };
    return [...this.controllers.violations, ...(await defectsOf(after))];
  }

  private async empty(client: KubeClient): Promise<void> {
    await clear(client, await this.inventory(client));
    await addOperator(client);
  }
}

function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

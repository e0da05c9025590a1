import { refOf } from "../inventory/graph";
import type { HostView } from "../hosts/hostState";
import type { KubeClient } from "../shared/kube/client";
import { type KubeObject, text } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { wake, WakeLimit } from "../shared/kube/wake";

/** Annotation by which CAPM3 notes the host that it chose for a Metal3Machine. */
const hostAnnotation = "metal3.io/BareMetalHost";

/** Hosts in work for which the operator is called. */
const fewHosts = 10;

/**
 * Tells machines that what they wait for is there. CAPM3 looks for a host when a machine appears, and for a node when a host is
 * provisioned, and after that every half minute; neither a host that becomes available nor a node that joins tells it anything.
 */
export class MachineWaker {
  // What never fits, as a selector that matches no host, would be called for without end.
  private readonly forHosts = new WakeLimit(2, 30);
  private readonly forNodes = new WakeLimit(2, 30);
  private readonly forOperator = new WakeLimit(3, 40);

  constructor(
    private readonly client: KubeClient,
    private readonly namespace: string,
  ) {}

  /**
   * Calls the machines without a host when a host is free.
   *
   * @param hosts The hosts as just read.
   */
  async tellOfHosts(hosts: Iterable<HostView>): Promise<void> {
    if ([...hosts].some(isFree)) await this.call(this.forHosts, isHostless);
  }

  /**
   * Calls the machines without a node when a node has joined that belongs to no machine yet.
   *
   * @param nodes The target's nodes as just read.
   * @param machines The cluster's Machines as just read.
   */
  async tellOfNodes(nodes: readonly KubeObject[], machines: readonly KubeObject[]): Promise<void> {
    if (unclaimed(nodes, machines).length > 0) await this.call(this.forNodes, isNodeless);
  }

  /**
   * Has the operator ask Ironic for hosts that are being written. It would look every ten seconds; a larger inventory is left to
   * that.
   *
   * @param hosts The hosts as just read.
   */
  async askForHosts(hosts: readonly HostView[]): Promise<void> {
    const written = hosts.filter(({ state, consumer }) => state === "provisioning" && consumer !== undefined);
    if (written.length === 0 || written.length > fewHosts || !this.forOperator.take()) return;
    const namespace = this.namespace;
    await Promise.all(
      written.map(({ name }) => wake(this.client, { ...types.bareMetalHost, namespace, name })),
    );
  }

  private async call(limit: WakeLimit, wanted: (machine: KubeObject) => boolean): Promise<void> {
    if (!limit.take()) return;
    const machines = await this.client.list(types.metal3Machine, this.namespace);
    await Promise.all(machines.filter(wanted).map((machine) => wake(this.client, refOf(machine))));
  }
}

/** Whether a machine may take the host now. */
export function isFree(host: HostView): boolean {
  return host.state === "available" && host.consumer === undefined && !host.deleting;
}

/** Nodes that no Machine knows as its own yet. */
export function unclaimed(nodes: readonly KubeObject[], machines: readonly KubeObject[]): KubeObject[] {
  const claimed = new Set(machines.map((machine) => text(machine, "status", "nodeRef", "name")));
  return nodes.filter(({ metadata }) => !claimed.has(metadata.name));
}

/** Whether a Metal3Machine has no host and wants one. */
export function isHostless({ metadata }: KubeObject): boolean {
  return !metadata.annotations?.[hostAnnotation] && metadata.deletionTimestamp === undefined;
}

/** Whether a Metal3Machine has a host that has not become a node. */
export function isNodeless(machine: KubeObject): boolean {
  return (
    !isHostless(machine) &&
    machine.metadata.deletionTimestamp === undefined &&
    text(machine, "spec", "providerID") === undefined
  );
}

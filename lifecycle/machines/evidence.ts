import { readHosts } from "../hosts/hostFailure";
import { hostLine } from "../hosts/hostState";
import type { KubeClient } from "../shared/kube/client";
import { recentEvents } from "../shared/kube/evidence";
import { describe, type KubeObject, text, troubledConditions } from "../shared/kube/objects";
import { clusterNameLabel, types } from "../shared/kube/types";

/** All objects of a type that belong to a Cluster. */
export async function ofCluster(
  client: KubeClient,
  type: (typeof types)[keyof typeof types],
  namespace: string,
  clusterName: string,
): Promise<KubeObject[]> {
  return client.list(type, namespace, { labelSelector: `${clusterNameLabel}=${clusterName}` });
}

/** "machine Phase on host-1", as a progress line shows a Machine. */
export function machineLine(machine: KubeObject): string {
  const node = text(machine, "status", "nodeRef", "name");
  return `${machine.metadata.name} ${text(machine, "status", "phase") ?? "new"}${node ? ` as node ${node}` : ""}`;
}

/** Everything between the Cluster and its hosts that is not as wanted, top down, with the events about it. */
export async function clusterEvidence(
  client: KubeClient,
  namespace: string,
  clusterName: string,
): Promise<string[]> {
  const cluster = await client.find({ ...types.cluster, namespace, name: clusterName });
  const owned = await Promise.all(
    [types.kubeadmControlPlane, types.machineDeployment, types.machine, types.metal3Machine].map((type) =>
      ofCluster(client, type, namespace, clusterName),
    ),
  );
  const objects = [...(cluster ? [cluster] : []), ...owned.flat()];
  const lines = cluster ? [] : [`Cluster ${namespace}/${clusterName} does not exist`];
  for (const object of objects) {
    const trouble = troubledConditions(object);
    if (trouble.length === 0) {
      continue;
    }
    const { kind = "", metadata } = object;
    const events = await recentEvents(client, { apiVersion: "", kind, namespace, name: metadata.name }, 3);
    lines.push(...trouble, ...events.map((line) => `  ${describe(object)}: ${line}`));
  }
  for (const [name, host] of await readHosts(client, namespace)) {
    lines.push(
      `host ${hostLine(host, name)}, powered ${host.poweredOn ? "on" : "off"}, ${host.consumer ?? "not in use"}`,
    );
  }
  return lines;
}

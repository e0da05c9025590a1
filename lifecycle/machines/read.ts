import { readHosts } from "../hosts/hostFailure";
import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { describe } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { ofCluster } from "./evidence";
import { abandonedMachines, type ClusterMachines } from "./outdated";

/** Reads everything of a cluster between its owners and its hosts. */
export async function readClusterMachines(
  client: KubeClient,
  namespace: string,
  clusterName: string,
): Promise<ClusterMachines> {
  const [controlPlanes, deployments, machines, metal3Machines, hosts] = await Promise.all([
    ofCluster(client, types.kubeadmControlPlane, namespace, clusterName),
    ofCluster(client, types.machineDeployment, namespace, clusterName),
    ofCluster(client, types.machine, namespace, clusterName),
    ofCluster(client, types.metal3Machine, namespace, clusterName),
    readHosts(client, namespace),
  ]);
  return {
    controlPlane: controlPlanes[0],
    deployments,
    machines,
    metal3Machines,
    hosts: [...hosts.values()],
  };
}

/**
 * Deletes the machines that stand in the way of a control plane that was never up; see {@link abandonedMachines}. Their owner
 * makes new ones. Not for a control plane that has been initialized.
 */
export async function removeAbandonedMachines(
  context: Context,
  client: KubeClient,
  found: ClusterMachines,
  givenUp: ReadonlySet<string>,
): Promise<void> {
  for (const machine of abandonedMachines(found, givenUp)) {
    const { namespace, name } = machine.metadata;
    context.progress(
      `${describe(machine)} is made from an earlier template and has no node: deleting it, so that a new one is made`,
    );
    await client.delete({ ...types.machine, namespace, name });
  }
}

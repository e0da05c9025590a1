/** The objects of a small cluster: one control plane machine, one worker, one spare host; and what its user has added. */
import { clusterObjects, machineOwners } from "./clusterObjects";
import { host, machine, nodeOn, type NodeSeed } from "./members";
import { secret, type Seed } from "./seeds";

export { clusterName, namespace } from "./seeds";

/** A user's own value of the hosts' paused annotation. */
export const userPause = "maintenance";

/** Everything, owners first. @param sparePause A user's pause of the spare host. */
export function smallCluster(sparePause?: string): Seed[] {
  return [
    ...clusterObjects({
      controlPlanes: 1,
      workers: 1,
      addresses: { start: "192.0.2.100", end: "192.0.2.120", prefix: 24 },
    }),
    ...machine("lab-cp-0", machineOwners.controlPlane, "host-0"),
    ...machine("lab-workers-a-0", machineOwners.workers, "host-1"),
    ...host("host-0", "lab-cp-0"),
    ...host("host-1", "lab-workers-a-0"),
    ...host("host-2", undefined, sparePause ? { "baremetalhost.metal3.io/paused": sparePause } : {}),
    secret("users-own", [], { "clusterctl.cluster.x-k8s.io/move": "" }),
  ];
}

/** The nodes of the cluster, with the boot IDs that must not change. */
export function nodes(): NodeSeed[] {
  return [nodeOn("lab-cp-0", "host-0"), nodeOn("lab-workers-a-0", "host-1")];
}

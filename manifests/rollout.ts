import type { ClusterConfig } from "../config/clusterConfig";
import { findShortage, type HostDemand } from "../config/hostMatching";

/** Name of the control plane among the groups of machines. */
export const controlPlaneName = "control plane";

/** Name of a pool among the groups of machines. */
export function poolGroup(pool: string): string {
  return `pool ${pool}`;
}

/** What every group of machines asks of the inventory. */
function hostDemands(config: ClusterConfig): HostDemand[] {
  const { replicas, hostSelector } = config.controlPlane;
  return [
    { name: controlPlaneName, replicas, selector: hostSelector },
    ...config.workerPools.map((pool) => ({
      name: poolGroup(pool.name),
      replicas: pool.replicas,
      selector: pool.hostSelector,
    })),
  ];
}

/**
 * Annotation of the control plane with a digest of what its machines are made from, by which a change that makes them anew is
 * told from one that does not. A pool's MachineDeployment shows the same by the templates that it names.
 */
export const revisionAnnotation = "metal3.pulumi.com/made-from";

/** True when the inventory has a host to spare for one machine more of the group. */
export function hasSpare(config: ClusterConfig, group: string): boolean {
  const demands = hostDemands(config).map((demand) =>
    demand.name === group ? { ...demand, replicas: demand.replicas + 1 } : demand,
  );
  return findShortage(demands, config.hosts) === undefined;
}

/**
 * Rollout of the control plane: the new machine first where a spare host allows it. Without one, an old machine goes first,
 * which Cluster API allows from three replicas on.
 */
export function controlPlaneRollout(config: ClusterConfig) {
  const inPlace = !hasSpare(config, controlPlaneName) && config.controlPlane.replicas >= 3;
  return { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: inPlace ? 0 : 1 } } };
}

/** Rollout of a worker pool: the new machine first where a spare host allows it, else an old one goes first. */
export function workerRollout(config: ClusterConfig, pool: string) {
  const rollingUpdate = hasSpare(config, poolGroup(pool))
    ? { maxSurge: 1, maxUnavailable: 0 }
    : { maxSurge: 0, maxUnavailable: 1 };
  return { strategy: { type: "RollingUpdate", rollingUpdate } };
}

/** Limits of taking a node out of service, seconds: a pod that will not go must not hold a machine for ever. */
export const machineDeletion = {
  nodeDrainTimeoutSeconds: 300,
  nodeVolumeDetachTimeoutSeconds: 300,
  nodeDeletionTimeoutSeconds: 60,
} as const;

import type { ClusterConfig } from "./clusterConfig";

/** The part of a stack's configuration that its end needs, long after the program was run for the last time. */
export type RetirementConfig = Pick<
  ClusterConfig,
  | "clusterName"
  | "namespace"
  | "hosts"
  | "network"
  | "ironic"
  | "providers"
  | "registryMirrors"
  | "bootstrap"
  | "timeouts"
>;

/** Picks it. Nothing else may be in it: whatever is, shows as a change of the resource that keeps it. */
export function retirementConfig(config: ClusterConfig): RetirementConfig {
  const { clusterName, namespace, hosts, network, ironic, providers, registryMirrors, bootstrap, timeouts } =
    config;
  return { clusterName, namespace, hosts, network, ironic, providers, registryMirrors, bootstrap, timeouts };
}

/** The part of it by which a stack's objects are found, and by which each host is known to its BMC. */
export type WhereaboutsConfig = Pick<RetirementConfig, "clusterName" | "namespace" | "hosts" | "bootstrap">;

/** Picks it; see {@link retirementConfig}. */
export function whereaboutsConfig(config: ClusterConfig): WhereaboutsConfig {
  const { clusterName, namespace, hosts, bootstrap } = config;
  return { clusterName, namespace, hosts, bootstrap };
}

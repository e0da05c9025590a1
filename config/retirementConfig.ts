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

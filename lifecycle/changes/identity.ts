import type { ClusterConfig } from "../../config/clusterConfig";
import { type ConfigPath, type ConfigProblem, problem } from "../../config/problem";
import { field, text } from "../shared/kube/objects";
import type { RunningCluster } from "./read";

/** What makes a cluster the one it is: another value would be another cluster, and the end of this one. */
export function identityChanges(config: ClusterConfig, { clusters }: RunningCluster): ConfigProblem[] {
  const running = clusters.find(({ metadata }) => metadata.name === config.clusterName) ?? clusters[0];
  if (running === undefined) return [];
  const { host, port } = config.controlPlane.endpoint;
  const network = ["spec", "clusterNetwork"] as const;
  const pairs: readonly (readonly [ConfigPath, unknown, unknown])[] = [
    [["clusterName"], config.clusterName, running.metadata.name],
    [["namespace"], config.namespace, running.metadata.namespace],
    [["podCIDR"], config.podCIDR, text(running, ...network, "pods", "cidrBlocks", 0)],
    [["serviceCIDR"], config.serviceCIDR, text(running, ...network, "services", "cidrBlocks", 0)],
    [["controlPlane", "endpoint", "host"], host, text(running, "spec", "controlPlaneEndpoint", "host")],
    [["controlPlane", "endpoint", "port"], port, field(running, "spec", "controlPlaneEndpoint", "port")],
  ];
  return pairs
    .filter(([, wanted, is]) => is !== undefined && is !== wanted)
    .map(([path, wanted, is]) =>
      problem(
        path,
        wanted,
        `cannot be changed while the cluster runs: it was made with ${JSON.stringify(is)}`,
        "Set it back, or run `pulumi destroy` first.",
      ),
    );
}

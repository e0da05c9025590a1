import { prefixLength } from "../config/addresses";
import type { ClusterConfig } from "../config/clusterConfig";
import { apiVersions, type KubernetesObject } from "./kubernetesObject";
import { clusterMetadata } from "./names";

/** The IPPool from which every node takes its static address. It names the cluster: pools without an owner do not move. */
export function addressPool(config: ClusterConfig): KubernetesObject {
  const { clusterName, network } = config;
  const name = `${clusterName}-nodes`;
  return {
    apiVersion: apiVersions.ipam,
    kind: "IPPool",
    metadata: clusterMetadata(config, name),
    spec: {
      clusterName,
      namePrefix: name,
      pools: [{ start: network.nodeRange.start, end: network.nodeRange.end }],
      prefix: prefixLength(network.cidr),
      gateway: network.gateway,
    },
  };
}

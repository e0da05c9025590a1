/** kind's configuration file (`kind.x-k8s.io/v1alpha4`) from the inputs of a cluster. Pure. */
import { stringify } from "yaml";
import type { ClusterInputs } from "./clusterInputs";
import { ownerMount } from "./owner";
import { CERTS_FOLDER } from "./registryMirrors";

/** Lets containerd look for mirrors, which kind's node images of today do not ask it to. */
const REGISTRY_CONFIG_PATCH = `[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "${CERTS_FOLDER}"
`;

/**
 * The configuration as an object.
 *
 * @param owner mark of the resource that makes the cluster; every node carries it
 */
export function kindConfig(inputs: ClusterInputs, owner: string) {
  return {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    name: inputs.name,
    nodes: inputs.nodes.map((node) => ({
      ...node,
      ...(inputs.nodeImage !== undefined && { image: inputs.nodeImage }),
      extraMounts: [...(node.extraMounts ?? []), ownerMount(owner)],
    })),
    networking: inputs.networking,
    featureGates: inputs.featureGates,
    runtimeConfig: inputs.runtimeConfig,
    containerdConfigPatches: [REGISTRY_CONFIG_PATCH, ...inputs.containerdConfigPatches],
  };
}

/** The configuration as the text that `kind create cluster --config` reads. */
export function kindConfigYaml(inputs: ClusterInputs, owner: string): string {
  return stringify(kindConfig(inputs, owner));
}

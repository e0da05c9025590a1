import type { ClusterConfig } from "../config/clusterConfig";
import { apiVersions, type KubernetesObject, referenceTo } from "./kubernetesObject";
import { clusterMetadata } from "./names";

/** The Metal3Cluster: the API endpoint, which the control plane nodes hold themselves. */
export function metal3Cluster(config: ClusterConfig): KubernetesObject {
  return {
    apiVersion: apiVersions.infrastructure,
    kind: "Metal3Cluster",
    metadata: clusterMetadata(config, config.clusterName),
    spec: {
      controlPlaneEndpoint: { ...config.controlPlane.endpoint },
      // No cloud provider sets provider ids: CAPM3 finds nodes by label and sets what the kubelet did not.
      cloudProviderEnabled: false,
    },
  };
}

/** The Cluster that ties infrastructure and control plane together. */
export function cluster(
  config: ClusterConfig,
  infrastructure: KubernetesObject,
  controlPlane: KubernetesObject,
): KubernetesObject {
  return {
    apiVersion: apiVersions.cluster,
    kind: "Cluster",
    metadata: clusterMetadata(config, config.clusterName),
    spec: {
      clusterNetwork: {
        pods: { cidrBlocks: [config.podCIDR] },
        services: { cidrBlocks: [config.serviceCIDR] },
        serviceDomain: "cluster.local",
      },
      infrastructureRef: referenceTo(infrastructure),
      controlPlaneRef: referenceTo(controlPlane),
    },
  };
}

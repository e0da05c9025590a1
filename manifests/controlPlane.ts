import type { ClusterConfig } from "../config/clusterConfig";
import { apiEndpointCommands, apiEndpointFiles } from "./apiEndpoint";
import { metaData } from "./cloudInit";
import {
  commonCommands,
  commonFiles,
  kubeProxyCommands,
  kubeProxyFiles,
  nodeRegistration,
  patches,
  users,
} from "./kubeadm";
import { apiVersions, type KubernetesObject, referenceTo } from "./kubernetesObject";
import { nodeAddressKey } from "./machineTemplates";
import { clusterMetadata, clusterNameLabel, contentDigest } from "./names";
import { controlPlaneRollout, machineDeletion, revisionAnnotation } from "./rollout";

/** Stem of the names of the control plane's objects. */
export function controlPlaneStem(config: ClusterConfig): string {
  return `${config.clusterName}-control-plane`;
}

/** The KubeadmControlPlane. Its nodes hold the API endpoint's address themselves. */
export function kubeadmControlPlane(
  config: ClusterConfig,
  infrastructure: KubernetesObject,
): KubernetesObject {
  const { controlPlane } = config;
  const registration = {
    // An empty list means no taint; an absent one means kubeadm's own, which keeps ordinary pods away.
    nodeRegistration: nodeRegistration(config, controlPlane.schedulable ? { taints: [] } : {}),
    ...patches(config),
  };
  // Not left to kubeadm, which could take the endpoint's address when the node happens to hold it.
  const localAPIEndpoint = {
    advertiseAddress: metaData(nodeAddressKey),
    bindPort: controlPlane.endpoint.port,
  };
  const kubeadmConfigSpec = {
    files: [...apiEndpointFiles(config), ...commonFiles(config), ...kubeProxyFiles(config)],
    preKubeadmCommands: [...commonCommands(config), ...kubeProxyCommands(config), ...apiEndpointCommands],
    initConfiguration: { ...registration, localAPIEndpoint },
    joinConfiguration: { ...registration, controlPlane: { localAPIEndpoint } },
    ...users(config),
  };
  const madeFrom = [config.kubernetesVersion, infrastructure.metadata.name, kubeadmConfigSpec];
  return {
    apiVersion: apiVersions.controlPlane,
    kind: "KubeadmControlPlane",
    metadata: {
      ...clusterMetadata(config, controlPlaneStem(config)),
      annotations: { [revisionAnnotation]: contentDigest(madeFrom) },
    },
    spec: {
      replicas: controlPlane.replicas,
      version: config.kubernetesVersion,
      rollout: controlPlaneRollout(config),
      machineTemplate: {
        metadata: { labels: { [clusterNameLabel]: config.clusterName } },
        spec: { infrastructureRef: referenceTo(infrastructure), deletion: machineDeletion },
      },
      kubeadmConfigSpec,
    },
  };
}

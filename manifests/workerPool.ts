import type { ClusterConfig, WorkerPool } from "../config/clusterConfig";
import { commonCommands, commonFiles, nodeRegistration, nonEmpty, patches, users } from "./kubeadm";
import { apiVersions, type KubernetesObject, referenceTo } from "./kubernetesObject";
import { clusterMetadata, clusterNameLabel, contentName, deploymentNameLabel } from "./names";
import { machineDeletion, workerRollout } from "./rollout";

/** Stem of the names of a pool's objects, and name of its MachineDeployment. */
export function workerPoolStem(config: ClusterConfig, pool: WorkerPool): string {
  return `${config.clusterName}-${pool.name}`;
}

/** The KubeadmConfigTemplate of a pool. The pool's labels and taints are not in it: its change makes every machine anew. */
export function kubeadmConfigTemplate(config: ClusterConfig, pool: WorkerPool): KubernetesObject {
  const spec = {
    template: {
      spec: {
        ...nonEmpty("files", commonFiles(config)),
        ...nonEmpty("preKubeadmCommands", commonCommands(config)),
        joinConfiguration: {
          nodeRegistration: nodeRegistration(config),
          ...patches(config),
        },
        ...users(config),
      },
    },
  };
  return {
    apiVersion: apiVersions.bootstrap,
    kind: "KubeadmConfigTemplate",
    metadata: clusterMetadata(config, contentName(workerPoolStem(config, pool), spec)),
    spec,
  };
}

/**
 * The MachineDeployment of a pool. Cluster API keeps its labels and taints on the nodes, those that run and those to come; a
 * new node takes no pods before it has them.
 */
export function machineDeployment(
  config: ClusterConfig,
  pool: WorkerPool,
  infrastructure: KubernetesObject,
  bootstrap: KubernetesObject,
): KubernetesObject {
  const name = workerPoolStem(config, pool);
  const own = { [clusterNameLabel]: config.clusterName, [deploymentNameLabel]: name };
  return {
    apiVersion: apiVersions.cluster,
    kind: "MachineDeployment",
    metadata: clusterMetadata(config, name),
    spec: {
      clusterName: config.clusterName,
      replicas: pool.replicas,
      selector: { matchLabels: own },
      rollout: workerRollout(config, pool.name),
      template: {
        metadata: { labels: { ...pool.nodeLabels, ...own } },
        spec: {
          clusterName: config.clusterName,
          version: config.kubernetesVersion,
          bootstrap: { configRef: referenceTo(bootstrap) },
          infrastructureRef: referenceTo(infrastructure),
          deletion: machineDeletion,
          ...nonEmpty(
            "taints",
            pool.taints.map((taint) => ({ ...taint, propagation: "Always" })),
          ),
        },
      },
    },
  };
}

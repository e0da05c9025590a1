import type { ClusterConfig, WorkerPool } from "../config/clusterConfig";
import { addressPool } from "./addressPool";
import { cluster, metal3Cluster } from "./cluster";
import { controlPlaneStem, kubeadmControlPlane } from "./controlPlane";
import type { KubernetesObject } from "./kubernetesObject";
import { dataTemplate, machineTemplate } from "./machineTemplates";
import { kubeadmConfigTemplate, machineDeployment, workerPoolStem } from "./workerPool";

/** An object of the target cluster and its part in it. */
export interface ClusterObject {
  /** Stays the same when a template gets another name; unique in the cluster. */
  readonly role: string;
  readonly object: KubernetesObject;
  /** Roles of the objects that this one refers to. They come before it in the list. */
  readonly after: readonly string[];
}

/** All Cluster API objects of the target cluster; those that others refer to come first. */
export function targetClusterObjects(config: ClusterConfig): ClusterObject[] {
  const infrastructure = metal3Cluster(config);
  const addresses = addressPool(config);

  const stem = controlPlaneStem(config);
  const data = dataTemplate(config, stem, addresses);
  const machines = machineTemplate(config, stem, data, config.controlPlane.hostSelector);
  const controlPlane = kubeadmControlPlane(config, machines);

  return [
    { role: "infrastructure", object: infrastructure, after: [] },
    { role: "addresses", object: addresses, after: [] },
    { role: "control-plane-data", object: data, after: ["addresses"] },
    { role: "control-plane-machines", object: machines, after: ["control-plane-data"] },
    { role: "control-plane", object: controlPlane, after: ["control-plane-machines"] },
    {
      role: "cluster",
      object: cluster(config, infrastructure, controlPlane),
      after: ["infrastructure", "control-plane"],
    },
    ...config.workerPools.flatMap((pool) => workerPoolObjects(config, pool, addresses)),
  ];
}

function workerPoolObjects(
  config: ClusterConfig,
  pool: WorkerPool,
  addresses: KubernetesObject,
): ClusterObject[] {
  const stem = workerPoolStem(config, pool);
  const data = dataTemplate(config, stem, addresses);
  const machines = machineTemplate(config, stem, data, pool.hostSelector);
  const bootstrap = kubeadmConfigTemplate(config, pool);
  const role = `pool-${pool.name}`;
  return [
    { role: `${role}-data`, object: data, after: ["addresses"] },
    { role: `${role}-machines`, object: machines, after: [`${role}-data`] },
    { role: `${role}-bootstrap`, object: bootstrap, after: [] },
    {
      role,
      object: machineDeployment(config, pool, machines, bootstrap),
      after: [`${role}-machines`, `${role}-bootstrap`, "cluster"],
    },
  ];
}

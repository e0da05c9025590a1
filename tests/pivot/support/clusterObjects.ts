/** The objects of a cluster that do not belong to one of its machines or hosts. */
import { image } from "./members";
import { clusterName, ofCluster, secret, seed, type Seed, versions } from "./seeds";

/** What differs from cluster to cluster. */
export interface ClusterSize {
  /** Machines of the control plane, and of the pool of workers. */
  readonly controlPlanes: number;
  readonly workers: number;
  /** Addresses of the machines. */
  readonly addresses: { readonly start: string; readonly end: string; readonly prefix: number };
}

/** Owners of the machines. */
export const machineOwners = {
  controlPlane: "KubeadmControlPlane lab-cp",
  workers: "MachineSet lab-workers-a",
} as const;

/** Status of the Cluster, as its controller writes it anew on every cluster. */
export const clusterStatus = {
  phase: "Provisioned",
  initialization: { infrastructureProvisioned: true, controlPlaneInitialized: true },
  conditions: ["ControlPlaneInitialized", "InfrastructureReady", "ControlPlaneAvailable"].map((type) => ({
    type,
    status: "True",
    reason: "Ready",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  })),
};

/** Status of an owner of machines that has all that it wants, likewise. */
export const replicasStatus = (wanted: number, generation = 1) => ({
  observedGeneration: generation,
  replicas: wanted,
  readyReplicas: wanted,
  availableReplicas: wanted,
  upToDateReplicas: wanted,
});

/** The Cluster with its control plane, templates, address pool and pool of workers, owners first. */
export function clusterObjects({ controlPlanes, workers, addresses }: ClusterSize): Seed[] {
  const byCluster = [`Cluster ${clusterName}`];
  const ref = (apiGroup: string, kind: string, name: string) => ({ apiGroup, kind, name });
  const machineTemplate = (name: string) =>
    seed(versions.infra, "Metal3MachineTemplate", name, byCluster, {
      spec: { template: { spec: { image } } },
    });
  const workerMachine = {
    clusterName,
    version: "v1.34.0",
    bootstrap: { configRef: ref("bootstrap.cluster.x-k8s.io", "KubeadmConfigTemplate", "lab-workers") },
    infrastructureRef: ref("infrastructure.cluster.x-k8s.io", "Metal3MachineTemplate", "lab-workers"),
  };
  const workerLabels = { ...ofCluster, "cluster.x-k8s.io/deployment-name": "lab-workers" };
  const workerPool = {
    spec: {
      clusterName,
      replicas: workers,
      selector: { matchLabels: workerLabels },
      template: { metadata: { labels: workerLabels }, spec: workerMachine },
    },
    status: replicasStatus(workers),
  };
  return [
    seed(
      versions.capi,
      "Cluster",
      clusterName,
      [],
      {
        spec: {
          clusterNetwork: { pods: { cidrBlocks: ["10.244.0.0/16"] } },
          infrastructureRef: ref("infrastructure.cluster.x-k8s.io", "Metal3Cluster", clusterName),
          controlPlaneRef: ref("controlplane.cluster.x-k8s.io", "KubeadmControlPlane", "lab-cp"),
        },
        status: clusterStatus,
      },
      { finalizers: ["cluster.cluster.x-k8s.io"] },
    ),
    seed(versions.infra, "Metal3Cluster", clusterName, byCluster, {
      spec: { controlPlaneEndpoint: { host: "192.0.2.10", port: 6443 } },
    }),
    seed(versions.controlPlane, "KubeadmControlPlane", "lab-cp", byCluster, {
      spec: {
        replicas: controlPlanes,
        version: "v1.34.0",
        machineTemplate: {
          spec: {
            infrastructureRef: ref("infrastructure.cluster.x-k8s.io", "Metal3MachineTemplate", "lab-cp"),
          },
        },
        kubeadmConfigSpec: { format: "cloud-config" },
      },
      status: replicasStatus(controlPlanes),
    }),
    machineTemplate("lab-cp"),
    machineTemplate("lab-workers"),
    seed(versions.infra, "Metal3DataTemplate", "lab", byCluster, { spec: { clusterName } }),
    seed(versions.ipam, "IPPool", "lab-pool", byCluster, {
      spec: {
        clusterName,
        namePrefix: "lab",
        prefix: addresses.prefix,
        pools: [{ start: addresses.start, end: addresses.end }],
      },
    }),
    seed(versions.bootstrap, "KubeadmConfigTemplate", "lab-workers", byCluster, {
      spec: { template: { spec: { format: "cloud-config" } } },
    }),
    seed(versions.capi, "MachineDeployment", "lab-workers", byCluster, workerPool),
    seed(versions.capi, "MachineSet", "lab-workers-a", ["MachineDeployment lab-workers"], workerPool),
    secret("lab-ca", ["KubeadmControlPlane lab-cp"]),
    secret("lab-kubeconfig", ["KubeadmControlPlane lab-cp"]),
  ];
}

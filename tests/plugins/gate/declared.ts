/** The objects of a cluster of one machine with a spare host: as this project declares them, with what controllers add. */
import { refOf } from "../../../lifecycle/inventory/graph";
import type { KubeClient } from "../../../lifecycle/shared/kube/client";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";
import { types } from "../../../lifecycle/shared/kube/types";
import { bareMetalHost } from "../../../manifests/bareMetalHost";
import { targetClusterObjects } from "../../../manifests/targetCluster";
import { config, createWithStatus, namespace } from "./clusters";

const machineName = "lab-control-plane-m0";
const providerID = `metal3://${namespace}/host-1/${machineName}`;
const time = "2026-01-01T00:00:00Z";
const image = {
  url: config.image.url,
  checksum: config.image.checksum,
  checksumType: "sha256",
  format: "raw",
};

/** Lays the cluster's objects on the source, and its node on the target. Returns the number of objects that move. */
export async function layCluster(source: KubeClient, target: KubeClient): Promise<number> {
  const declared = targetClusterObjects(config).map(({ object }) => object as KubeObject);
  const cluster = declared.find(({ kind }) => kind === "Cluster")!;
  const created = await createWithStatus(source, { ...cluster, status: clusterStatus });
  let moving = 1;
  const lay = async (object: KubeObject, owner?: KubeObject) => {
    moving++;
    return createWithStatus(source, owner ? ownedBy(object, owner) : object);
  };
  for (const object of declared.filter((each) => each !== cluster)) {
    await lay(
      object.kind === "KubeadmControlPlane" ? { ...object, status: controlPlaneStatus } : object,
      created,
    );
  }
  const controlPlane = await source.get(refOf(declared.find(({ kind }) => kind === "KubeadmControlPlane")!));
  const machine = await lay(machineObject, { ...controlPlane, ...types.kubeadmControlPlane });
  await lay(metal3Machine, { ...machine, ...types.machine });
  await lay(secret(`${config.clusterName}-ca`));
  for (const [index, host] of config.hosts.entries()) {
    const used = index === 0;
    const registered = await lay(hostObject(bareMetalHost(host, namespace), used));
    await lay(secret(`${host.name}-bmc`), { ...registered, ...types.bareMetalHost });
    await lay(
      {
        apiVersion: types.bareMetalHost.apiVersion,
        kind: "HardwareData",
        metadata: { name: host.name, namespace },
        spec: { hardware: {} },
      },
      { ...registered, ...types.bareMetalHost },
    );
  }
  await createWithStatus(target, node);
  return moving;
}

/** A secret of the namespace. */
export function secret(name: string, labels: Record<string, string> = {}): KubeObject {
  return {
    ...types.secret,
    metadata: { name, namespace, labels },
    data: { value: Buffer.from("not for the log").toString("base64") },
  };
}

function ownedBy(object: KubeObject, owner: KubeObject): KubeObject {
  const { apiVersion = "", kind = "", metadata } = owner;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "", controller: true }],
    },
  };
}

const isTrue = (type: string) => ({
  type,
  status: "True",
  reason: "Yes",
  message: "",
  lastTransitionTime: time,
});

const clusterStatus = {
  initialization: { infrastructureProvisioned: true, controlPlaneInitialized: true },
  conditions: [isTrue("ControlPlaneInitialized")],
};

const controlPlaneStatus = { replicas: 1, readyReplicas: 1, upToDateReplicas: 1, observedGeneration: 1 };

const machineObject: KubeObject = {
  ...types.machine,
  metadata: { name: machineName, namespace, labels: { "cluster.x-k8s.io/cluster-name": config.clusterName } },
  spec: {
    clusterName: config.clusterName,
    bootstrap: { dataSecretName: "bootstrap" },
    infrastructureRef: {
      apiGroup: "infrastructure.cluster.x-k8s.io",
      kind: "Metal3Machine",
      name: machineName,
    },
    providerID,
  },
  status: { phase: "Running", nodeRef: { name: machineName } },
};

const metal3Machine: KubeObject = {
  ...types.metal3Machine,
  metadata: { name: machineName, namespace, labels: { "cluster.x-k8s.io/cluster-name": config.clusterName } },
  spec: { providerID, image: { url: image.url, checksum: image.checksum } },
};

function hostObject(host: KubeObject, used: boolean): KubeObject {
  return {
    ...host,
    metadata: {
      ...host.metadata,
      labels: used ? { "cluster.x-k8s.io/cluster-name": config.clusterName } : {},
    },
    spec: {
      ...host.spec,
      ...(used ? { image, consumerRef: { kind: "Metal3Machine", name: machineName, namespace } } : {}),
    },
    status: {
      operationalStatus: "OK",
      errorMessage: "",
      errorCount: 0,
      lastUpdated: time,
      poweredOn: true,
      provisioning: {
        state: used ? "provisioned" : "available",
        ID: "ironic-node",
        ...(used ? { image } : { image: { url: "" } }),
      },
    },
  };
}

const node: KubeObject = {
  ...types.node,
  metadata: { name: machineName },
  spec: { providerID },
  status: {
    addresses: [{ type: "InternalIP", address: "10.10.0.20" }],
    conditions: [{ type: "Ready", status: "True", reason: "KubeletReady", message: "" }],
  },
};

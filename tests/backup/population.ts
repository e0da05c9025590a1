import type { KubeClient } from "../../lifecycle/shared/kube/client";
import type { KubeObject, OwnerReference } from "../../lifecycle/shared/kube/objects";
import { types } from "../../lifecycle/shared/kube/types";
import { namespace, type TestCluster } from "./managementCluster";

const capi = "cluster.x-k8s.io/v1beta2";
const metal3 = "infrastructure.cluster.x-k8s.io/v1beta2";
const addons = "addons.cluster.x-k8s.io/v1beta2";
const ipam = "ipam.metal3.io/v1alpha1";
const clusterLabels = { "cluster.x-k8s.io/cluster-name": "lab" };
const template = {
  apiGroup: "infrastructure.cluster.x-k8s.io",
  kind: "Metal3MachineTemplate",
  name: "lab-1",
};

/** Name of the cluster. */
export const clusterName = "lab";

/**
 * Registers three hosts with the real operator, which inspects them and deploys the first: their statuses and hardware data
 * are its own. The third is paused by a user, which the operator learns last.
 */
export async function registerHosts({ client }: TestCluster): Promise<void> {
  await client.create({ ...types.namespace, metadata: { name: namespace, labels: { site: "rack-7" } } });
  for (const name of ["host-1", "host-2", "host-3"]) {
    await client.create(core("Secret", `${name}-bmc`, { username: "YWRtaW4=", password: "c2VjcmV0" }));
    await client.create({
      ...types.bareMetalHost,
      metadata: { name, namespace, labels: name === "host-1" ? clusterLabels : {} },
      spec: {
        online: true,
        bmc: { address: "redfish+https://192.0.2.1/redfish/v1/Systems/1", credentialsName: `${name}-bmc` },
        bootMACAddress: `52:54:00:00:00:0${name.slice(-1)}`,
      },
    });
  }
  await untilState(client, ["available", "available", "available"]);
  await client.patch({ ...types.bareMetalHost, namespace, name: "host-1" }, "merge", {
    spec: {
      image: { url: "http://192.0.2.2/os.raw", checksum: "http://192.0.2.2/os.sha256" },
      consumerRef: { apiVersion: metal3, kind: "Metal3Machine", name: "lab-1", namespace },
    },
  });
  await untilState(client, ["provisioned", "available", "available"]);
  await client.patch({ ...types.bareMetalHost, namespace, name: "host-3" }, "merge", {
    metadata: { annotations: { "baremetalhost.metal3.io/paused": "by-hand" } },
  });
}

/** Waits until the hosts, in the order of their names, are in these states. */
export async function untilState(client: KubeClient, wanted: readonly string[]): Promise<void> {
  for (;;) {
    const hosts = await client.list(types.bareMetalHost, namespace);
    const states = hosts
      .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))
      .map(({ status }) => (status?.provisioning as { state?: string } | undefined)?.state);
    if (JSON.stringify(states) === JSON.stringify(wanted)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Makes what Cluster API would have made for a cluster of one machine on host-1, statuses included. */
export async function declareCluster({ client }: TestCluster): Promise<void> {
  const make = async (
    object: Omit<KubeObject, "metadata"> & { name: string; labels?: Record<string, string> },
    owners: readonly KubeObject[] = [],
  ): Promise<KubeObject> => {
    const { name, labels = clusterLabels, status, ...rest } = object;
    const created = await client.create({
      ...rest,
      metadata: { name, namespace, labels, ownerReferences: owners.map(owner) },
    });
    if (status === undefined) return created;
    const ref = { apiVersion: created.apiVersion ?? "", kind: created.kind ?? "", namespace, name };
    const observed = { ...status, observedGeneration: created.metadata.generation };
    return client.patch(ref, "merge", { status: observed }, { subresource: "status" });
  };
  const infrastructureRef = { apiGroup: "infrastructure.cluster.x-k8s.io", name: "lab" };
  const cluster = await make({
    apiVersion: capi,
    kind: "Cluster",
    name: "lab",
    spec: {
      clusterNetwork: { pods: { cidrBlocks: ["10.244.0.0/16"] } },
      controlPlaneEndpoint: { host: "127.0.0.1", port: 1 },
      infrastructureRef: { ...infrastructureRef, kind: "Metal3Cluster" },
    },
    status: {
      phase: "Provisioned",
      initialization: { controlPlaneInitialized: true, infrastructureProvisioned: true },
      conditions: [condition("Available")],
      // CAPM3 still reads this one.
      deprecated: { v1beta1: { conditions: [oldCondition("InfrastructureReady")] } },
    },
  });
  await make(
    {
      apiVersion: metal3,
      kind: "Metal3Cluster",
      name: "lab",
      spec: { controlPlaneEndpoint: { host: "127.0.0.1", port: 1 } },
      status: { initialization: { provisioned: true } },
    },
    [cluster],
  );
  const deployment = await make(
    {
      apiVersion: capi,
      kind: "MachineDeployment",
      name: "lab-workers",
      spec: {
        clusterName,
        replicas: 1,
        selector: { matchLabels: clusterLabels },
        template: {
          metadata: { labels: clusterLabels },
          spec: { clusterName, bootstrap: { dataSecretName: "lab-1" }, infrastructureRef: template },
        },
      },
      status: { replicas: 1, readyReplicas: 1, phase: "Running" },
    },
    [cluster],
  );
  const machine = await make(
    {
      apiVersion: capi,
      kind: "Machine",
      name: "lab-1",
      spec: {
        clusterName,
        bootstrap: { dataSecretName: "lab-1" },
        infrastructureRef: { ...infrastructureRef, kind: "Metal3Machine", name: "lab-1" },
        providerID: "metal3://metal3/host-1/lab-1",
      },
      status: { phase: "Running", nodeRef: { name: "lab-1" }, conditions: [condition("Ready")] },
    },
    [deployment],
  );
  const metal3Machine = await make(
    {
      apiVersion: metal3,
      kind: "Metal3Machine",
      name: "lab-1",
      spec: {
        providerID: "metal3://metal3/host-1/lab-1",
        image: { url: "http://192.0.2.2/os.raw", checksum: "http://192.0.2.2/os.sha256" },
      },
      status: {
        initialization: { provisioned: true },
        addresses: [{ type: "InternalIP", address: "192.0.2.20" }],
      },
    },
    [machine],
  );
  await client.patch({ apiVersion: metal3, kind: "Metal3Machine", namespace, name: "lab-1" }, "merge", {
    metadata: { annotations: { "metal3.io/BareMetalHost": `${namespace}/host-1` } },
  });
  await client.patch({ ...types.bareMetalHost, namespace, name: "host-1" }, "merge", {
    metadata: { ownerReferences: [owner(metal3Machine)] },
  });
  const imageSpec = { image: { url: "http://192.0.2.2/os.raw", checksum: "http://192.0.2.2/os.sha256" } };
  await make(
    {
      apiVersion: metal3,
      kind: "Metal3MachineTemplate",
      name: "lab-1",
      spec: { template: { spec: imageSpec } },
    },
    [cluster],
  );
  const pool = await make(
    {
      apiVersion: ipam,
      kind: "IPPool",
      name: "lab-pool",
      spec: { clusterName, namePrefix: "lab", pools: [{ start: "192.0.2.20", end: "192.0.2.29" }] },
      status: { indexes: { "lab-claim": "192.0.2.20" } },
    },
    [cluster],
  );
  const claim = await make(
    { apiVersion: ipam, kind: "IPClaim", name: "lab-claim", spec: { pool: { name: "lab-pool", namespace } } },
    [metal3Machine],
  );
  await make(
    {
      apiVersion: ipam,
      kind: "IPAddress",
      name: "lab-192-0-2-20",
      spec: {
        address: "192.0.2.20",
        claim: { name: "lab-claim", namespace },
        pool: { name: "lab-pool", namespace },
      },
    },
    [pool, claim],
  );
  const set = await make({
    apiVersion: addons,
    kind: "ClusterResourceSet",
    name: "addons",
    spec: {
      clusterSelector: { matchLabels: clusterLabels },
      resources: [{ kind: "ConfigMap", name: "addon" }],
    },
  });
  await client.create(core("ConfigMap", "addon", { manifest: "a: b" }, [set]));
  await make(
    {
      apiVersion: addons,
      kind: "ClusterResourceSetBinding",
      name: "lab",
      spec: { clusterName, bindings: [{ clusterResourceSetName: "addons", resources: [] }] },
    },
    [set, cluster],
  );
  await client.create(core("Secret", "lab-1", { value: "dXNlci1kYXRh" }, [machine]));
  await client.create(core("Secret", "lab-ca", { "tls.key": "cHJpdmF0ZQ==" }));
  // Belongs to nobody that moves: stays behind.
  await client.create(core("Secret", "somebody-elses", { value: "eA==" }));
}

function core(
  kind: "Secret" | "ConfigMap",
  name: string,
  data: Record<string, string>,
  owners: readonly KubeObject[] = [],
): KubeObject {
  return { apiVersion: "v1", kind, metadata: { name, namespace, ownerReferences: owners.map(owner) }, data };
}

function owner({ apiVersion = "", kind = "", metadata }: KubeObject): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "" };
}

function oldCondition(type: string) {
  return { type, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" };
}

function condition(type: string) {
  return {
    type,
    status: "True",
    reason: type,
    message: "",
    observedGeneration: 1,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
}

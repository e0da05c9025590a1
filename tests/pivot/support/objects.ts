/** The objects of a small cluster: one control plane machine, one worker, one spare host; and what its user has added. */
import type { KubeObject, OwnerReference } from "../../../lifecycle/shared/kube/objects";

export const namespace = "metal3";
export const clusterName = "lab";
export const operatorNamespace = "baremetal-operator-system";
/** A user's own value of the hosts' paused annotation. */
export const userPause = "maintenance";

const capi = "cluster.x-k8s.io/v1beta2";
const infra = "infrastructure.cluster.x-k8s.io/v1beta2";
const bootstrap = "bootstrap.cluster.x-k8s.io/v1beta2";
const controlPlane = "controlplane.cluster.x-k8s.io/v1beta2";
const metal3 = "metal3.io/v1alpha1";
const ipam = "ipam.metal3.io/v1alpha1";
const image = {
  url: "http://images.example/os.qcow2",
  checksum: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  checksumType: "sha256",
  format: "qcow2",
};

/** An object to be made, after its owners. */
export interface Seed {
  readonly object: KubeObject;
  readonly status?: Record<string, unknown>;
  /** Owners as "Kind name"; the first is the controller. */
  readonly owners: readonly string[];
}

interface Extras {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly finalizers?: readonly string[];
}

const ofCluster = { "cluster.x-k8s.io/cluster-name": clusterName };

function seed(
  apiVersion: string,
  kind: string,
  name: string,
  owners: readonly string[],
  content: Record<string, unknown> = {},
  { labels, annotations, finalizers }: Extras = {},
): Seed {
  const { status, ...rest } = content;
  return {
    owners,
    status: status as Record<string, unknown> | undefined,
    object: {
      apiVersion,
      kind,
      metadata: {
        name,
        namespace,
        labels: { ...(apiVersion === "v1" ? {} : ofCluster), ...labels },
        annotations: annotations ?? {},
        finalizers: finalizers ?? [],
      },
      ...rest,
    },
  };
}

/** What is in a Secret, encoded as the API server shows it. */
export function secretValue(name: string): string {
  return Buffer.from(`secret of ${name}`).toString("base64");
}

function secret(name: string, owners: readonly string[], labels: Record<string, string> = {}): Seed {
  return seed(
    "v1",
    "Secret",
    name,
    owners,
    { type: "Opaque", data: { value: secretValue(name) } },
    { labels },
  );
}

const machineSpec = (name: string, group: string) => ({
  clusterName,
  version: "v1.34.0",
  bootstrap: {
    configRef: { apiGroup: "bootstrap.cluster.x-k8s.io", kind: "KubeadmConfig", name },
    dataSecretName: `${name}-data`,
  },
  infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "Metal3Machine", name },
  ...(group ? {} : {}),
});

/** Status of a Machine that runs, as its controller writes it anew on every cluster. */
export const machineStatus = (node: string) => ({
  phase: "Running",
  nodeRef: { name: node },
  initialization: { bootstrapDataSecretCreated: true, infrastructureProvisioned: true },
});

/** Status of the Cluster, likewise. */
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

/** Status of an owner of machines that has the one that it wants. */
export const replicasStatus = (generation: number) => ({
  observedGeneration: generation,
  replicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
  upToDateReplicas: 1,
});

/** Status of a host that is written or spare. */
export function hostStatus(provisioned: boolean): Record<string, unknown> {
  return {
    errorCount: 0,
    errorMessage: "",
    hardwareProfile: "unknown",
    operationalStatus: "OK",
    lastUpdated: "2026-01-01T00:00:00Z",
    poweredOn: true,
    goodCredentials: {},
    triedCredentials: {},
    operationHistory: {
      deprovision: { start: null, end: null },
      inspect: { start: null, end: null },
      provision: { start: null, end: null },
      register: { start: null, end: null },
    },
    hardware: { cpu: { arch: "x86_64", count: 4, flags: [] }, ramMebibytes: 4096, nics: [], storage: [] },
    provisioning: {
      ID: "11111111-2222-3333-4444-555555555555",
      state: provisioned ? "provisioned" : "available",
      image: provisioned ? image : { url: "" },
    },
  };
}

function machine(name: string, owner: string, host: string): Seed[] {
  return [
    seed(
      capi,
      "Machine",
      name,
      [owner],
      { spec: machineSpec(name, owner), status: machineStatus(name) },
      {
        finalizers: ["machine.cluster.x-k8s.io"],
      },
    ),
    seed(bootstrap, "KubeadmConfig", name, [`Machine ${name}`], { spec: { format: "cloud-config" } }),
    secret(`${name}-data`, [`KubeadmConfig ${name}`]),
    seed(
      infra,
      "Metal3Machine",
      name,
      [`Machine ${name}`],
      {
        spec: {
          image: { url: image.url, checksum: image.checksum, checksumType: "sha256", format: "qcow2" },
          providerID: `metal3://${namespace}/${host}/${name}`,
          dataTemplate: { name: "lab" },
        },
      },
      {
        annotations: { "metal3.io/BareMetalHost": `${namespace}/${host}` },
        finalizers: ["metal3machine.infrastructure.cluster.x-k8s.io"],
      },
    ),
    seed(infra, "Metal3Data", name, [`Metal3Machine ${name}`, "Metal3DataTemplate lab"], {
      spec: { index: 0, template: { name: "lab", namespace }, claim: { name, namespace } },
    }),
  ];
}

function host(name: string, consumer: string | undefined, annotations: Record<string, string> = {}): Seed[] {
  return [
    seed(
      metal3,
      "BareMetalHost",
      name,
      consumer ? [`Metal3Machine ${consumer}`] : [],
      {
        spec: {
          online: true,
          bootMACAddress: `52:54:00:00:00:0${name.at(-1)}`,
          bmc: { address: `redfish-virtualmedia://192.0.2.1:8000/${name}`, credentialsName: `${name}-bmc` },
          ...(consumer
            ? { consumerRef: { apiVersion: infra, kind: "Metal3Machine", name: consumer, namespace }, image }
            : {}),
        },
        status: hostStatus(consumer !== undefined),
      },
      { annotations, finalizers: ["baremetalhost.metal3.io"] },
    ),
    seed(
      metal3,
      "HardwareData",
      name,
      [`BareMetalHost ${name}`],
      { spec: { hardware: { cpu: { arch: "x86_64", count: 4 }, ramMebibytes: 4096 } } },
      { finalizers: ["baremetalhost.metal3.io/hardwareData"] },
    ),
    secret(`${name}-bmc`, [`BareMetalHost ${name}`], { "environment.metal3.io": "baremetal" }),
  ];
}

/** Everything, owners first. @param sparePause A user's pause of the spare host. */
export function smallCluster(sparePause?: string): Seed[] {
  const byCluster = [`Cluster ${clusterName}`];
  const ref = (apiGroup: string, kind: string, name: string) => ({ apiGroup, kind, name });
  const machineTemplate = (name: string) =>
    seed(infra, "Metal3MachineTemplate", name, byCluster, { spec: { template: { spec: { image } } } });
  const replicas = { status: replicasStatus(1) };
  const workerMachine = {
    clusterName,
    version: "v1.34.0",
    bootstrap: { configRef: ref("bootstrap.cluster.x-k8s.io", "KubeadmConfigTemplate", "lab-workers") },
    infrastructureRef: ref("infrastructure.cluster.x-k8s.io", "Metal3MachineTemplate", "lab-workers"),
  };
  const workerLabels = { ...ofCluster, "cluster.x-k8s.io/deployment-name": "lab-workers" };
  return [
    seed(
      capi,
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
    seed(infra, "Metal3Cluster", clusterName, byCluster, {
      spec: { controlPlaneEndpoint: { host: "192.0.2.10", port: 6443 } },
    }),
    seed(controlPlane, "KubeadmControlPlane", "lab-cp", byCluster, {
      spec: {
        replicas: 1,
        version: "v1.34.0",
        machineTemplate: {
          spec: {
            infrastructureRef: ref("infrastructure.cluster.x-k8s.io", "Metal3MachineTemplate", "lab-cp"),
          },
        },
        kubeadmConfigSpec: { format: "cloud-config" },
      },
      ...replicas,
    }),
    machineTemplate("lab-cp"),
    machineTemplate("lab-workers"),
    seed(infra, "Metal3DataTemplate", "lab", byCluster, { spec: { clusterName } }),
    seed(ipam, "IPPool", "lab-pool", byCluster, {
      spec: {
        clusterName,
        namePrefix: "lab",
        prefix: 24,
        pools: [{ start: "192.0.2.100", end: "192.0.2.120" }],
      },
    }),
    seed(bootstrap, "KubeadmConfigTemplate", "lab-workers", byCluster, {
      spec: { template: { spec: { format: "cloud-config" } } },
    }),
    seed(capi, "MachineDeployment", "lab-workers", byCluster, {
      spec: {
        clusterName,
        replicas: 1,
        selector: { matchLabels: workerLabels },
        template: { metadata: { labels: workerLabels }, spec: workerMachine },
      },
      ...replicas,
    }),
    seed(capi, "MachineSet", "lab-workers-a", ["MachineDeployment lab-workers"], {
      spec: {
        clusterName,
        replicas: 1,
        selector: { matchLabels: workerLabels },
        template: { metadata: { labels: workerLabels }, spec: workerMachine },
      },
      ...replicas,
    }),
    secret("lab-ca", ["KubeadmControlPlane lab-cp"]),
    secret("lab-kubeconfig", ["KubeadmControlPlane lab-cp"]),
    ...machine("lab-cp-0", "KubeadmControlPlane lab-cp", "host-0"),
    ...machine("lab-workers-a-0", "MachineSet lab-workers-a", "host-1"),
    ...host("host-0", "lab-cp-0"),
    ...host("host-1", "lab-workers-a-0"),
    ...host("host-2", undefined, sparePause ? { "baremetalhost.metal3.io/paused": sparePause } : {}),
    secret("users-own", [], { "clusterctl.cluster.x-k8s.io/move": "" }),
  ];
}

/** An owner reference to an object that was created. */
export function ownerReference(owner: KubeObject, controller: boolean): OwnerReference {
  return {
    apiVersion: owner.apiVersion ?? "",
    kind: owner.kind ?? "",
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    ...(controller ? { controller: true } : {}),
  };
}

/** The nodes of the cluster, with the boot IDs that must not change. */
export function nodes(): { object: KubeObject; status: Record<string, unknown> }[] {
  return [
    ["lab-cp-0", "host-0"],
    ["lab-workers-a-0", "host-1"],
  ].map(([name, hostName]) => ({
    object: {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: name ?? "" },
      spec: { providerID: `metal3://${namespace}/${hostName}/${name}` },
    },
    status: {
      nodeInfo: {
        bootID: `boot-of-${name}`,
        machineID: "",
        systemUUID: "",
        kernelVersion: "",
        osImage: "",
        containerRuntimeVersion: "",
        kubeletVersion: "",
        kubeProxyVersion: "",
        operatingSystem: "",
        architecture: "",
      },
      conditions: [{ type: "Ready", status: "True" }],
      allocatable: { memory: "8Gi" },
      addresses: [{ type: "InternalIP", address: "192.0.2.10" }],
    },
  }));
}

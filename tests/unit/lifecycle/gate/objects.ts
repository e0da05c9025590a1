/** An object that a test may spoil. */
export interface Draft {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
    creationTimestamp?: string;
    deletionTimestamp?: string;
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  data?: Record<string, string>;
  [field: string]: unknown;
}

export const apis = {
  core: "cluster.x-k8s.io/v1beta2",
  bootstrap: "bootstrap.cluster.x-k8s.io/v1beta2",
  controlPlane: "controlplane.cluster.x-k8s.io/v1beta2",
  infrastructure: "infrastructure.cluster.x-k8s.io/v1beta2",
  ipam: "ipam.metal3.io/v1alpha1",
  host: "metal3.io/v1alpha1",
} as const;

const label = "clusterctl.cluster.x-k8s.io";

/** A time hours before the facts were read. */
export const longAgo = "2026-01-01T09:00:00Z";

/** An object with an identity that follows from its kind and name. */
export function object(
  apiVersion: string,
  kind: string,
  name: string,
  rest: Partial<Draft> & { owner?: Draft; labels?: Record<string, string> } = {},
): Draft {
  const { owner, labels, ...parts } = rest;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: "metal3",
      uid: `${kind}/${name}`,
      generation: 1,
      ...(labels ? { labels } : {}),
      ...(owner
        ? {
            ownerReferences: [
              {
                apiVersion: owner.apiVersion,
                kind: owner.kind,
                name: owner.metadata.name,
                uid: owner.metadata.uid,
                controller: true,
              },
            ],
          }
        : {}),
    },
    ...parts,
  };
}

/** The custom resource definitions that clusterctl knows, with the labels of the project's manifests. */
export function definitions(): Draft[] {
  const make = (api: string, kind: string, suffixes: readonly string[] = [""]): Draft => {
    const [group = "", version = ""] = api.split("/");
    const plural = kind.endsWith("Data") && group === "metal3.io" ? kind : `${kind}s`;
    return {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: {
        name: `${plural.toLowerCase()}.${group}`,
        uid: `definition/${kind}.${group}`,
        labels: Object.fromEntries(suffixes.map((suffix) => [label + suffix, ""])),
      },
      spec: {
        group,
        scope: "Namespaced",
        names: { kind },
        versions: [
          { name: "v0old", served: true, storage: false },
          { name: version, served: true, storage: true },
        ],
      },
    };
  };
  return [
    ...["Cluster", "Machine", "MachineSet", "MachineDeployment"].map((kind) => make(apis.core, kind)),
    ...["KubeadmConfig", "KubeadmConfigTemplate"].map((kind) => make(apis.bootstrap, kind)),
    make(apis.controlPlane, "KubeadmControlPlane"),
    ...[
      "Metal3Cluster",
      "Metal3Machine",
      "Metal3MachineTemplate",
      "Metal3Data",
      "Metal3DataClaim",
      "Metal3DataTemplate",
    ].map((kind) => make(apis.infrastructure, kind)),
    ...["IPPool", "IPClaim", "IPAddress"].map((kind) => make(apis.ipam, kind)),
    make(apis.host, "BareMetalHost", ["", "/move", "/move-hierarchy"]),
    make(apis.host, "HardwareData", ["", "/move"]),
  ];
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

const image = {
  url: "http://10.10.0.4/host.raw",
  checksum: "http://10.10.0.4/host.raw.sha256",
  checksumType: "sha256",
  format: "raw",
};

/** A cluster of one control plane and one worker, with a spare host, as the project brings it up: 45 objects move. */
export function healthyObjects(): Draft[] {
  const ofCluster = { "cluster.x-k8s.io/cluster-name": "lab" };
  const cluster = object(apis.core, "Cluster", "lab", {
    labels: ofCluster,
    spec: {
      controlPlaneEndpoint: { host: "10.10.0.10", port: 6443 },
      infrastructureRef: { kind: "Metal3Cluster", name: "lab" },
    },
    status: {
      initialization: { infrastructureProvisioned: true, controlPlaneInitialized: true },
      conditions: [
        { type: "ControlPlaneInitialized", status: "True" },
        { type: "RemoteConnectionProbe", status: "True" },
      ],
    },
  });
  const owned = (
    apiVersion: string,
    kind: string,
    name: string,
    rest: Partial<Draft> = {},
    owner: Draft = cluster,
  ) => object(apiVersion, kind, name, { owner, labels: { ...ofCluster }, ...rest });
  const replicas = { replicas: 1, readyReplicas: 1, upToDateReplicas: 1, observedGeneration: 1 };
  const controlPlane = owned(apis.controlPlane, "KubeadmControlPlane", "lab-control-plane", {
    spec: { replicas: 1 },
    status: { ...replicas },
  });
  const deployment = owned(apis.core, "MachineDeployment", "lab-workers", {
    spec: { replicas: 1 },
    status: { ...replicas },
  });
  const set = owned(apis.core, "MachineSet", "lab-workers-x", { spec: { replicas: 1 } }, deployment);
  const pool = owned(apis.ipam, "IPPool", "lab-nodes", {
    spec: {
      clusterName: "lab",
      prefix: 24,
      gateway: "10.10.0.1",
      pools: [{ start: "10.10.0.20", end: "10.10.0.49" }],
    },
  });
  const templates = ["lab-control-plane", "lab-workers"].flatMap((stem) => [
    owned(apis.infrastructure, "Metal3DataTemplate", `${stem}-d`, { spec: { clusterName: "lab" } }),
    owned(apis.infrastructure, "Metal3MachineTemplate", `${stem}-m`, {
      spec: { template: { spec: { image } } },
    }),
  ]);
  const machines = [
    machineObjects("lab-control-plane-m0", "host-0", "10.10.0.20", controlPlane),
    machineObjects("lab-workers-x-m1", "host-1", "10.10.0.21", set),
  ].flat();
  const secrets = ["ca", "etcd", "proxy", "sa", "kubeconfig"].map((purpose) =>
    owned(
      "v1",
      "Secret",
      `lab-${purpose}`,
      { type: "cluster.x-k8s.io/secret", data: { value: base64(`server: https://10.10.0.10:6443`) } },
      controlPlane,
    ),
  );
  return [
    cluster,
    owned(apis.infrastructure, "Metal3Cluster", "lab", {
      spec: { controlPlaneEndpoint: { host: "10.10.0.10", port: 6443 } },
    }),
    controlPlane,
    deployment,
    set,
    owned(apis.bootstrap, "KubeadmConfigTemplate", "lab-workers-b", { spec: {} }),
    pool,
    ...templates,
    ...machines,
    ...secrets,
    ...hostObjects("host-0", "provisioned", "lab-control-plane-m0"),
    ...hostObjects("host-1", "provisioned", "lab-workers-x-m1"),
    ...hostObjects("host-2", "available"),
    object("v1", "ConfigMap", "kube-root-ca.crt", { data: { "ca.crt": "x" } }),
  ];
}

/** A machine and what its controllers make of it. */
function machineObjects(name: string, host: string, address: string, owner: Draft): Draft[] {
  const labels = { "cluster.x-k8s.io/cluster-name": "lab" };
  const providerID = `metal3://metal3/${host}/${name}`;
  const machine = object(apis.core, "Machine", name, {
    owner,
    labels,
    spec: { clusterName: "lab", providerID, infrastructureRef: { kind: "Metal3Machine", name } },
    status: { phase: "Running", nodeRef: { name } },
  });
  const config = object(apis.bootstrap, "KubeadmConfig", name, { owner: machine, labels, spec: {} });
  const infrastructure = object(apis.infrastructure, "Metal3Machine", name, {
    owner: machine,
    labels,
    spec: { providerID, image },
  });
  const claim = object(apis.infrastructure, "Metal3DataClaim", name, {
    owner: infrastructure,
    labels,
    spec: {},
  });
  const data = object(apis.infrastructure, "Metal3Data", `${name}-0`, {
    owner: infrastructure,
    labels,
    spec: {},
  });
  const ipClaim = object(apis.ipam, "IPClaim", `${name}-ip`, { owner: data, labels, spec: {} });
  const ip = object(apis.ipam, "IPAddress", `lab-nodes-${address}`, {
    owner: ipClaim,
    labels,
    spec: { address },
  });
  const secrets = (["", "-metadata", "-networkdata"] as const).map((suffix) =>
    object("v1", "Secret", `${name}${suffix}`, {
      owner: suffix === "" ? config : infrastructure,
      labels,
      type: suffix === "" ? "cluster.x-k8s.io/secret" : "infrastructure.cluster.x-k8s.io/secret",
      data: { value: base64(`join 10.10.0.10:6443 from ${address}`) },
    }),
  );
  return [machine, config, infrastructure, claim, data, ipClaim, ip, ...secrets];
}

/** A host with its hardware data and the secret of its BMC. */
function hostObjects(name: string, state: string, consumer?: string): Draft[] {
  const host = object(apis.host, "BareMetalHost", name, {
    labels: consumer ? { "cluster.x-k8s.io/cluster-name": "lab" } : {},
    spec: {
      online: true,
      bootMACAddress: "52:54:00:00:00:01",
      bmc: {
        address: `redfish://10.20.0.${name.slice(-1)}/redfish/v1/Systems/1`,
        credentialsName: `${name}-bmc`,
      },
      ...(consumer
        ? { consumerRef: { kind: "Metal3Machine", name: consumer, namespace: "metal3" }, image }
        : {}),
    },
    status: {
      operationalStatus: "OK",
      errorMessage: "",
      errorCount: 0,
      lastUpdated: longAgo,
      poweredOn: true,
      hardware: { nics: [{ mac: "52:54:00:00:00:01" }] },
      provisioning: { state, ID: `node-of-${name}`, ...(consumer ? { image } : {}) },
    },
  });
  return [
    host,
    object(apis.host, "HardwareData", name, { owner: host, spec: { hardware: {} } }),
    object("v1", "Secret", `${name}-bmc`, {
      owner: host,
      type: "Opaque",
      data: { username: base64("admin"), password: base64("secret") },
    }),
  ];
}

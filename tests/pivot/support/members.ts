/** Machines and hosts of a cluster, with what belongs to each. */
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";
import { clusterName, namespace, secret, seed, type Seed, versions } from "./seeds";

/** Image of the machines. */
export const image = {
  url: "http://images.example/os.qcow2",
  checksum: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  checksumType: "sha256",
  format: "qcow2",
};

/** Hardware details of the smallest size. */
const smallHardware = {
  cpu: { arch: "x86_64", count: 4, flags: [] },
  ramMebibytes: 4096,
  nics: [],
  storage: [],
};

const machineSpec = (name: string) => ({
  clusterName,
  version: "v1.34.0",
  bootstrap: {
    configRef: { apiGroup: "bootstrap.cluster.x-k8s.io", kind: "KubeadmConfig", name },
    dataSecretName: `${name}-data`,
  },
  infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "Metal3Machine", name },
});

/** Status of a Machine that runs, as its controller writes it anew on every cluster. */
export const machineStatus = (node: string) => ({
  phase: "Running",
  nodeRef: { name: node },
  initialization: { bootstrapDataSecretCreated: true, infrastructureProvisioned: true },
});

/** Status of a host that is written or spare. @param hardware Default: the fewest details possible. */
export function hostStatus(
  provisioned: boolean,
  hardware: Record<string, unknown> = smallHardware,
): Record<string, unknown> {
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
    hardware,
    provisioning: {
      ID: "11111111-2222-3333-4444-555555555555",
      state: provisioned ? "provisioned" : "available",
      image: provisioned ? image : { url: "" },
    },
  };
}

/**
 * A machine on a host, with the objects that its controllers have made for it.
 *
 * @param owner Owner as "Kind name".
 * @param index Number of the machine's data in the template, from 0.
 * @param userData Content of the bootstrap data. Default: a few words.
 */
export function machine(name: string, owner: string, host: string, index = 0, userData?: string): Seed[] {
  return [
    seed(
      versions.capi,
      "Machine",
      name,
      [owner],
      { spec: machineSpec(name), status: machineStatus(name) },
      { finalizers: ["machine.cluster.x-k8s.io"] },
    ),
    seed(versions.bootstrap, "KubeadmConfig", name, [`Machine ${name}`], {
      spec: { format: "cloud-config" },
    }),
    secret(`${name}-data`, [`KubeadmConfig ${name}`], {}, userData),
    seed(
      versions.infra,
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
    seed(versions.infra, "Metal3Data", name, [`Metal3Machine ${name}`, "Metal3DataTemplate lab"], {
      spec: { index, template: { name: "lab", namespace }, claim: { name, namespace } },
    }),
  ];
}

/**
 * A host with its hardware data and its BMC's secret.
 *
 * @param consumer Name of the Metal3Machine that uses it; undefined for a spare host.
 * @param hardware Details in its status and its HardwareData. Default: the fewest possible.
 */
export function host(
  name: string,
  consumer: string | undefined,
  annotations: Record<string, string> = {},
  hardware: Record<string, unknown> = smallHardware,
): Seed[] {
  const number = Number(/\d+$/.exec(name)?.[0] ?? 0);
  const lastBytes = [number >> 8, number & 255].map((byte) => byte.toString(16).padStart(2, "0"));
  return [
    seed(
      versions.metal3,
      "BareMetalHost",
      name,
      consumer ? [`Metal3Machine ${consumer}`] : [],
      {
        spec: {
          online: true,
          bootMACAddress: `52:54:00:00:${lastBytes.join(":")}`,
          bmc: { address: `redfish-virtualmedia://192.0.2.1:8000/${name}`, credentialsName: `${name}-bmc` },
          ...(consumer
            ? {
                consumerRef: { apiVersion: versions.infra, kind: "Metal3Machine", name: consumer, namespace },
                image,
              }
            : {}),
        },
        status: hostStatus(consumer !== undefined, hardware),
      },
      { annotations, finalizers: ["baremetalhost.metal3.io"] },
    ),
    seed(
      versions.metal3,
      "HardwareData",
      name,
      [`BareMetalHost ${name}`],
      { spec: { hardware } },
      { finalizers: ["baremetalhost.metal3.io/hardwareData"] },
    ),
    secret(`${name}-bmc`, [`BareMetalHost ${name}`], { "environment.metal3.io": "baremetal" }),
  ];
}

/** A node to be made. */
export interface NodeSeed {
  readonly object: KubeObject;
  readonly status: Record<string, unknown>;
}

/** The node of a machine on a host, with a boot ID of its own. */
export function nodeOn(name: string, host: string): NodeSeed {
  return {
    object: {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      spec: { providerID: `metal3://${namespace}/${host}/${name}` },
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
  };
}

import fc from "fast-check";
import type { UserConfig } from "../../../config/schema";

/** A value whose parts may be written. */
export type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T;

/** The shortest configuration that is accepted: three hosts, everything else by default. */
export function minimalConfig(): Mutable<UserConfig> {
  return {
    clusterName: "edge",
    kubernetesVersion: "v1.34.4",
    controlPlane: { endpoint: { host: "10.10.0.10" } },
    hosts: [1, 2, 3].map((number) => ({
      name: `host-${number}`,
      bmcAddress: `redfish://10.20.0.${number}/redfish/v1/Systems/1`,
      bootMACAddress: `52:54:00:00:00:0${number}`,
    })),
    image: {
      url: "http://10.10.0.4/host.raw",
      checksum: "http://10.10.0.4/host.raw.sha256",
      format: "raw",
    },
    network: {
      cidr: "10.10.0.0/24",
      gateway: "10.10.0.1",
      ironicIP: "10.10.0.2",
      dhcpRange: { start: "10.10.0.100", end: "10.10.0.149" },
      nodeRange: { start: "10.10.0.20", end: "10.10.0.49" },
    },
    cniManifest: "cni.yaml",
    bootstrap: { network: "provisioning" },
  };
}

const labelName = fc.constantFrom("rack", "example.com/zone", "tier");
const labelValue = fc.constantFrom("a", "b-1", "");
const labels = fc.dictionary(labelName, labelValue, { maxKeys: 2 });

/** Valid configurations of many shapes: sizes, networks, pools whose hosts exist, versions, optional parts. */
export const validConfig: fc.Arbitrary<Mutable<UserConfig>> = fc
  .record({
    clusterName: fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/),
    minor: fc.integer({ min: 32, max: 36 }),
    third: fc.integer({ min: 0, max: 254 }),
    controlPlanes: fc.constantFrom(1, 3, 5),
    workers: fc.integer({ min: 0, max: 4 }),
    pools: fc.uniqueArray(fc.constantFrom("gpu", "storage", "edge-pool"), { maxLength: 2 }),
    poolSize: fc.integer({ min: 0, max: 3 }),
    spares: fc.integer({ min: 0, max: 3 }),
    schedulable: fc.boolean(),
    hostLabels: labels,
    nodeLabels: fc.dictionary(
      fc.constantFrom("example.com/class", "node-role.kubernetes.io/worker"),
      labelValue,
    ),
    taint: fc.option(
      fc.record({ key: labelName, effect: fc.constantFrom("NoSchedule" as const, "NoExecute" as const) }),
      { nil: undefined },
    ),
    checksum: fc.constantFrom("a".repeat(64), "http://10.9.0.4/host.raw.sha256"),
    format: fc.constantFrom("raw" as const, "qcow2" as const),
    nameservers: fc.uniqueArray(fc.constantFrom("9.9.9.9", "1.1.1.1"), { maxLength: 2 }),
    mirror: fc.boolean(),
    kubelet: fc.boolean(),
    command: fc.constantFrom("true", "echo '{{ not a template }}'", "echo {% x %} {# y #}"),
  })
  .map((shape) => {
    const config = minimalConfig();
    const net = `10.10.${shape.third}`;
    const schedulable = shape.schedulable || shape.workers + shape.pools.length * shape.poolSize === 0;
    config.clusterName = shape.clusterName;
    config.kubernetesVersion = `v1.${shape.minor}.1`;
    config.controlPlane = {
      endpoint: { host: `${net}.10`, port: 6443 },
      replicas: shape.controlPlanes,
      schedulable,
    };
    config.workers = shape.workers;
    config.network = {
      cidr: `${net}.0/24`,
      gateway: `${net}.1`,
      ironicIP: `${net}.2`,
      dhcpRange: { start: `${net}.100`, end: `${net}.149` },
      nodeRange: { start: `${net}.20`, end: `${net}.49` },
      nameservers: shape.nameservers,
    };
    config.workerPools = shape.pools.map((name) => ({
      name,
      replicas: shape.poolSize,
      hostSelector: { pool: name },
      nodeLabels: shape.nodeLabels,
      taints: shape.taint ? [shape.taint] : [],
    }));
    const roles = [
      ...Array.from({ length: shape.controlPlanes + shape.workers + shape.spares }, () => "any"),
      ...shape.pools.flatMap((name) => Array.from({ length: shape.poolSize }, () => name)),
    ];
    config.hosts = roles.map((role, index) => ({
      name: `host-${index}`,
      bmcAddress: `redfish+http://10.20.0.5:8000/redfish/v1/Systems/${index}`,
      bootMACAddress: `52:54:00:00:00:${(index + 1).toString(16).padStart(2, "0")}`,
      labels: { ...shape.hostLabels, pool: role },
    }));
    config.image = { url: "http://10.9.0.4/host.raw", checksum: shape.checksum, format: shape.format };
    if (shape.mirror) config.registryMirrors = { "docker.io": "http://10.9.0.3:5000" };
    if (shape.kubelet) {
      config.kubeletConfiguration = { failSwapOn: false };
      config.kubeProxyConfiguration = { conntrack: { maxPerCore: 0 } };
    }
    config.preKubeadmCommands = [shape.command];
    return config;
  });

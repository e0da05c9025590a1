import type { UserConfig } from "../../../config/schema";
import type { Mutable } from "./userConfig";

/** One mistake that is planted in a valid configuration. */
export interface Defect {
  readonly name: string;
  /** Plants the mistake and gives the path under which it must be reported. */
  readonly plant: (config: Mutable<UserConfig>) => string;
}

type Config = Mutable<UserConfig>;

/** Mistakes that do not hide each other, so that any of them may stand together in one configuration. */
export const defects: readonly Defect[] = [
  defect("malformed pod network", "podCIDR", (config) => (config.podCIDR = "10.244.0.0/33")),
  defect("service network with host bits", "serviceCIDR", (config) => (config.serviceCIDR = "10.96.0.1/16")),
  defect("bootstrap pods overlap the provisioning network", "bootstrap.podCIDR", (config) => {
    config.bootstrap.podCIDR = "10.10.0.0/16";
  }),
  defect("bootstrap services overlap the provisioning network", "bootstrap.serviceCIDR", (config) => {
    config.bootstrap.serviceCIDR = config.network.cidr;
  }),
  defect("reversed DHCP range", "network.dhcpRange", ({ network }) => {
    network.dhcpRange = { start: network.dhcpRange.end, end: network.dhcpRange.start };
  }),
  defect("node range outside the network", "network.nodeRange.end", ({ network }) => {
    network.nodeRange.end = "10.11.0.49";
  }),
  defect(
    "gateway outside the network",
    "network.gateway",
    ({ network }) => (network.gateway = "192.168.0.1"),
  ),
  defect("malformed Ironic address", "network.ironicIP", ({ network }) => (network.ironicIP = "10.10.0.256")),
  defect("API endpoint inside the node range", "controlPlane.endpoint.host", (config) => {
    config.controlPlane.endpoint.host = config.network.nodeRange.start;
  }),
  defect("port out of range", "controlPlane.endpoint.port", (config) => {
    config.controlPlane.endpoint.port = 70_000;
  }),
  defect("malformed name server", "network.nameservers[0]", ({ network }) => (network.nameservers = ["dns"])),
  defect("malformed MAC address", "hosts[0].bootMACAddress", (config) => {
    host(config).bootMACAddress = "52:54:00:00:00";
  }),
  defect("malformed BMC address", "hosts[0].bmcAddress", (config) => (host(config).bmcAddress = "10.20.0.5")),
  defect("unknown boot mode", "hosts[0].bootMode", (config) => {
    (host(config) as { bootMode: string }).bootMode = "BIOS";
  }),
  defect(
    "malformed label",
    "hosts[0].labels.rack",
    (config) => (host(config).labels = { rack: "not valid" }),
  ),
  defect("unknown root device hint", "hosts[0].rootDeviceHints.deviceNme", (config) => {
    (host(config) as { rootDeviceHints: object }).rootDeviceHints = { deviceNme: "/dev/sda" };
  }),
  defect("even number of control planes", "controlPlane.replicas", (config) => {
    config.controlPlane.replicas = 2;
  }),
  defect("negative workers", "workers", (config) => (config.workers = -1)),
  defect("unknown key", "clusterNme", (config) => ((config as { clusterNme?: string }).clusterNme = "x")),
  defect("unknown nested key", "timeouts.mov", (config) => {
    (config as { timeouts: object }).timeouts = { mov: 1 };
  }),
  defect("unsupported Kubernetes", "kubernetesVersion", (config) => (config.kubernetesVersion = "v1.20.0")),
  defect("provider of another series", "providers.metal3", (config) => {
    config.providers = { metal3: "v1.9.0" };
  }),
  defect("checksum of the wrong length", "image.checksum", ({ image }) => (image.checksum = "abc123")),
  defect("image without a scheme", "image.url", ({ image }) => (image.url = "10.10.0.4/host.raw")),
  defect("equal VRRP ids", "ironic.apiVirtualRouterId", (config) => {
    config.ironic = { virtualRouterId: 7, apiVirtualRouterId: 7 };
  }),
  defect("name too long", "clusterName", (config) => (config.clusterName = "a".repeat(64))),
  defect("name in capitals", "namespace", (config) => (config.namespace = "Metal3")),
  defect("mirror that is no URL", 'registryMirrors["quay.io"]', (config) => {
    config.registryMirrors = { "quay.io": "quay" };
  }),
  defect("interface name too long", "network.targetInterface", ({ network }) => {
    network.targetInterface = "provisioning-interface";
  }),
  defect("missing manifest", "cniManifest", (config) => {
    delete (config as { cniManifest?: string }).cniManifest;
  }),
];

function defect(name: string, path: string, plant: (config: Config) => unknown): Defect {
  return {
    name,
    plant(config) {
      plant(config);
      return path;
    },
  };
}

function host(config: Config): Config["hosts"][number] {
  const [first] = config.hosts;
  if (!first) throw new Error("a valid configuration has hosts");
  return first;
}

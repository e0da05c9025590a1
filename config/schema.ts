import * as z from "zod";
import {
  bmcAddress,
  cidr,
  hostPath,
  httpURL,
  imageReference,
  interfaceName,
  ipAddress,
  ironicOption,
  label,
  labelKey,
  labelValue,
  macAddress,
  projectPath,
  registryHost,
  semanticVersion,
  wholeNumber,
} from "./formats";

/** Name of the worker pool whose replicas the key `workers` sets. */
export const defaultPoolName = "workers";

/**
 * The configuration as a user writes it: what is optional has a default (defaults.ts). Objects are strict. Only single
 * values are judged here; what concerns several is judged in checks/.
 */

const labels = z.record(labelKey, labelValue);
const count = wholeNumber(0, 1000);
const seconds = wholeNumber(1, 86_400).optional();
const port = wholeNumber(1, 65_535);
const routerId = wholeNumber(1, 255);
const anyFields = z.record(z.string(), z.unknown());
const range = z.strictObject({ start: ipAddress, end: ipAddress });

const rootDeviceHints = z.strictObject({
  deviceName: z.string().optional(),
  hctl: z.string().optional(),
  model: z.string().optional(),
  vendor: z.string().optional(),
  serialNumber: z.string().optional(),
  minSizeGigabytes: wholeNumber(0, 1_000_000).optional(),
  wwn: z.string().optional(),
  wwnWithExtension: z.string().optional(),
  wwnVendorExtension: z.string().optional(),
  rotational: z.boolean().optional(),
});

const host = z.strictObject({
  name: label(63),
  bmcAddress,
  bootMACAddress: macAddress,
  bootMode: z.enum(["UEFI", "UEFISecureBoot", "legacy"]).optional(),
  disableCertificateVerification: z.boolean().optional(),
  labels: labels.optional(),
  rootDeviceHints: rootDeviceHints.optional(),
});

const taint = z.strictObject({
  key: labelKey,
  value: labelValue.optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
});

const workerPool = z
  .strictObject({
    name: label(20),
    replicas: count.optional(),
    nodeLabels: labels.optional(),
    taints: z.array(taint).optional(),
    hostSelector: labels.optional(),
  })
  .refine((pool) => pool.name === defaultPoolName || pool.replicas !== undefined, {
    path: ["replicas"],
    error: "is missing",
    params: { remedy: "Set the number of nodes of the pool." },
  })
  .refine((pool) => pool.name !== defaultPoolName || pool.replicas === undefined, {
    path: ["replicas"],
    error: `is set by the key "${defaultPoolName}"`,
    params: { remedy: `Remove it and run: pulumi config set ${defaultPoolName} <number>` },
  });

/** User-facing keys of the project's configuration, but for where the BMC credentials come from (credentials.ts). */
export const clusterConfigSchema = z.strictObject({
  // The longest name made of it is a worker's: <cluster>-<pool>-<5>-<5>, at most 63 characters.
  clusterName: label(30),
  namespace: label(63).optional(),
  kubernetesVersion: semanticVersion,
  controlPlane: z.strictObject({
    replicas: count.optional(),
    endpoint: z.strictObject({ host: ipAddress, port: port.optional() }),
    hostSelector: labels.optional(),
    schedulable: z.boolean().optional(),
  }),
  workers: count.optional(),
  workerPools: z.array(workerPool).optional(),
  hosts: z.array(host),
  image: z.strictObject({
    url: httpURL,
    checksum: z.string(),
    checksumType: z.enum(["sha256", "sha512", "md5", "auto"]).optional(),
    format: z.enum(["raw", "qcow2"]),
  }),
  network: z.strictObject({
    cidr,
    gateway: ipAddress,
    nameservers: z.array(ipAddress).optional(),
    bootstrapInterface: interfaceName.optional(),
    targetInterface: interfaceName.optional(),
    ironicIP: ipAddress,
    dhcpRange: range,
    nodeRange: range,
  }),
  podCIDR: cidr.optional(),
  serviceCIDR: cidr.optional(),
  cniManifest: projectPath,
  addons: z.array(projectPath).optional(),
  registryMirrors: z.record(registryHost, httpURL).optional(),
  kubeletConfiguration: anyFields.optional(),
  kubeProxyConfiguration: anyFields.optional(),
  preKubeadmCommands: z.array(z.string()).optional(),
  kubeadmIgnorePreflightErrors: z.array(z.string()).optional(),
  sshAuthorizedKeys: z.array(z.string()).optional(),
  consoleLog: hostPath.optional(),
  ironic: z
    .strictObject({
      images: z
        .strictObject({
          ironic: imageReference.optional(),
          mariadb: imageReference.optional(),
          keepalived: imageReference.optional(),
          ipaDownloader: imageReference.optional(),
        })
        .optional(),
      virtualRouterId: routerId.optional(),
      apiVirtualRouterId: routerId.optional(),
      extraConfig: z.record(ironicOption, z.string()).optional(),
      kernelParams: z.string().optional(),
      credentialsGeneration: wholeNumber(1, 1_000_000).optional(),
    })
    .optional(),
  providers: z
    .strictObject({
      clusterApi: semanticVersion.optional(),
      metal3: semanticVersion.optional(),
      ipam: semanticVersion.optional(),
      baremetalOperator: semanticVersion.optional(),
      certManager: semanticVersion.optional(),
      repository: projectPath.optional(),
      images: z
        .strictObject({
          clusterApi: imageReference.optional(),
          kubeadmBootstrap: imageReference.optional(),
          kubeadmControlPlane: imageReference.optional(),
          metal3: imageReference.optional(),
          ipam: imageReference.optional(),
          baremetalOperator: imageReference.optional(),
        })
        .optional(),
    })
    .optional(),
  bootstrap: z.strictObject({
    name: label(40).optional(),
    nodeImage: imageReference.optional(),
    network: z.string().min(1),
    podCIDR: cidr.optional(),
    serviceCIDR: cidr.optional(),
    featureGates: z.record(z.string(), z.boolean()).optional(),
    containerdConfigPatches: z.array(z.string()).optional(),
  }),
  unownedObjects: z.enum(["list", "label", "refuse"]).optional(),
  // Read by the program that releases the machines, at the time of `pulumi destroy`.
  releaseUnreachable: z.boolean().optional(),
  timeouts: z
    .strictObject({
      bootstrapCluster: seconds,
      ironic: seconds,
      providers: seconds,
      hostsAvailable: seconds,
      controlPlane: seconds,
      nodesReady: seconds,
      handover: seconds,
      move: seconds,
      settle: wholeNumber(0, 3600).optional(),
      teardown: seconds,
      retire: seconds,
    })
    .optional(),
});

/** What a user writes. */
export type UserConfig = z.input<typeof clusterConfigSchema>;

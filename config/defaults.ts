import type { WorkerPool } from "./clusterConfig";
import type { ConfigDraft, Draft } from "./draft";
import type { ConfigPath } from "./problem";
import { routerIds } from "./routerIds";
import { defaultPoolName, type UserConfig } from "./schema";

/** Every default of the configuration, and nothing else has one. What is missing here must be given. */
const defaults = {
  namespace: "metal3",
  controlPlane: { replicas: 1, port: 6443, schedulable: false },
  workers: 1,
  checksumType: "auto",
  bootMode: "UEFI",
  interface: "eth0",
  podCIDR: "10.244.0.0/16",
  serviceCIDR: "10.96.0.0/16",
  ironic: {
    images: {
      ironic: "quay.io/metal3-io/ironic:release-39.0",
      mariadb: "quay.io/metal3-io/mariadb:release-39.0",
      keepalived: "quay.io/metal3-io/keepalived:release-39.0",
      ipaDownloader: "quay.io/metal3-io/ironic-ipa-downloader:release-39.0",
    },
    kernelParams: "",
    credentialsGeneration: 1,
  },
  providers: {
    clusterApi: "v1.13.6",
    metal3: "v1.13.2",
    ipam: "v1.13.2",
    baremetalOperator: "v0.13.2",
    certManager: "v1.21.1",
  },
  bootstrap: { name: "metal3-bootstrap", podCIDR: "10.245.0.0/16", serviceCIDR: "10.97.0.0/16" },
  unownedObjects: "list",
  timeouts: {
    bootstrapCluster: 600,
    ironic: 600,
    providers: 600,
    hostsAvailable: 1800,
    controlPlane: 1800,
    nodesReady: 1800,
    handover: 300,
    move: 900,
    teardown: 300,
    retire: 3600,
  },
} as const;

/** The user's configuration, of which parts may be missing. */
export type UserDraft = Draft<UserConfig>;

/** A draft of the whole configuration, and where in the user's one the parts come from that were moved. */
export interface DraftWithOrigins {
  readonly draft: ConfigDraft;
  /** Path of each worker pool's replicas. */
  readonly poolReplicas: readonly ConfigPath[];
}

/** Fills in the defaults and turns `workers` into a pool. */
export function withDefaults(user: UserDraft): DraftWithOrigins {
  const { pools, poolReplicas } = workerPools(user);
  const draft: ConfigDraft = {
    clusterName: user.clusterName,
    kubernetesVersion: user.kubernetesVersion,
    cniManifest: user.cniManifest,
    namespace: user.namespace ?? defaults.namespace,
    controlPlane: {
      replicas: user.controlPlane?.replicas ?? defaults.controlPlane.replicas,
      endpoint: { port: defaults.controlPlane.port, ...user.controlPlane?.endpoint },
      hostSelector: user.controlPlane?.hostSelector ?? {},
      schedulable: user.controlPlane?.schedulable ?? defaults.controlPlane.schedulable,
    },
    workerPools: pools,
    hosts: user.hosts?.map(
      (host) =>
        host && {
          ...host,
          bootMode: host.bootMode ?? defaults.bootMode,
          disableCertificateVerification: host.disableCertificateVerification ?? false,
          labels: host.labels ?? {},
        },
    ),
    image: { ...user.image, checksumType: user.image?.checksumType ?? defaults.checksumType },
    network: {
      ...user.network,
      nameservers: user.network?.nameservers ?? [],
      bootstrapInterface: user.network?.bootstrapInterface ?? defaults.interface,
      targetInterface: user.network?.targetInterface ?? defaults.interface,
    },
    podCIDR: user.podCIDR ?? defaults.podCIDR,
    serviceCIDR: user.serviceCIDR ?? defaults.serviceCIDR,
    addons: user.addons ?? [],
    registryMirrors: user.registryMirrors ?? {},
    kubeletConfiguration: user.kubeletConfiguration ?? {},
    kubeProxyConfiguration: user.kubeProxyConfiguration ?? {},
    preKubeadmCommands: user.preKubeadmCommands ?? [],
    kubeadmIgnorePreflightErrors: user.kubeadmIgnorePreflightErrors ?? [],
    sshAuthorizedKeys: user.sshAuthorizedKeys ?? [],
    consoleLog: user.consoleLog,
    ironic: {
      ...defaults.ironic,
      ...user.ironic,
      ...routerIds({
        ...user.ironic,
        ironicIP: user.network?.ironicIP,
        apiHost: user.controlPlane?.endpoint?.host,
      }),
      images: { ...defaults.ironic.images, ...user.ironic?.images },
      extraConfig: user.ironic?.extraConfig ?? {},
    },
    providers: { ...defaults.providers, images: {}, ...user.providers },
    bootstrap: {
      ...defaults.bootstrap,
      // kind publishes a node image for each release of Kubernetes under that name.
      nodeImage: user.kubernetesVersion && `kindest/node:${user.kubernetesVersion}`,
      featureGates: {},
      containerdConfigPatches: [],
      ...user.bootstrap,
    },
    unownedObjects: user.unownedObjects ?? defaults.unownedObjects,
    timeouts: { ...defaults.timeouts, ...user.timeouts },
  };
  return { draft, poolReplicas };
}

/**
 * The pools in the user's order. The one named "workers" has the size that the key `workers` gives; it comes last where it is
 * not listed, unless its size is 0.
 */
function workerPools(user: UserDraft) {
  const listed = user.workerPools ?? [];
  const workers = user.workers ?? defaults.workers;
  const isDefault = (pool: (typeof listed)[number]) => pool?.name === defaultPoolName;
  const pools: (Draft<WorkerPool> | undefined)[] = listed.map(
    (pool) =>
      pool && {
        nodeLabels: {},
        taints: [],
        hostSelector: {},
        ...pool,
        ...(isDefault(pool) ? { replicas: workers } : {}),
      },
  );
  const poolReplicas = listed.map((pool, index): ConfigPath =>
    isDefault(pool) ? ["workers"] : ["workerPools", index, "replicas"],
  );
  if (workers > 0 && !listed.some(isDefault)) {
    pools.push({ name: defaultPoolName, replicas: workers, nodeLabels: {}, taints: [], hostSelector: {} });
    poolReplicas.push(["workers"]);
  }
  return { pools, poolReplicas };
}

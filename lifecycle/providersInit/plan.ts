import { type KubeObject, text } from "../shared/kube/objects";

/** A provider that is to be installed. */
export interface WantedProvider {
  /** Folder in the repository, and value of the label `cluster.x-k8s.io/provider`: "infrastructure-metal3". */
  readonly label: string;
  /** clusterctl's name. */
  readonly name: string;
  /** clusterctl's type. */
  readonly type: string;
  /** Flag of `clusterctl init`. */
  readonly flag: string;
  readonly version: string;
  /** Name of its components file. */
  readonly file: string;
  /** Base of the project's release downloads. */
  readonly releases: string;
}

/** Versions by project. */
export interface Versions {
  readonly clusterApi: string;
  readonly metal3: string;
  readonly ipam: string;
}

/** The five providers, in the order in which clusterctl installs them. */
export function wantedProviders(versions: Versions): WantedProvider[] {
  const capi = "https://github.com/kubernetes-sigs/cluster-api/releases/download";
  const metal3 = "https://github.com/metal3-io";
  return [
    {
      label: "cluster-api",
      name: "cluster-api",
      type: "CoreProvider",
      flag: "--core",
      version: versions.clusterApi,
      file: "core-components.yaml",
      releases: capi,
    },
    {
      label: "bootstrap-kubeadm",
      name: "kubeadm",
      type: "BootstrapProvider",
      flag: "--bootstrap",
      version: versions.clusterApi,
      file: "bootstrap-components.yaml",
      releases: capi,
    },
    {
      label: "control-plane-kubeadm",
      name: "kubeadm",
      type: "ControlPlaneProvider",
      flag: "--control-plane",
      version: versions.clusterApi,
      file: "control-plane-components.yaml",
      releases: capi,
    },
    {
      label: "infrastructure-metal3",
      name: "metal3",
      type: "InfrastructureProvider",
      flag: "--infrastructure",
      version: versions.metal3,
      file: "infrastructure-components.yaml",
      releases: `${metal3}/cluster-api-provider-metal3/releases/download`,
    },
    {
      label: "ipam-metal3",
      name: "metal3",
      type: "IPAMProvider",
      flag: "--ipam",
      version: versions.ipam,
      file: "ipam-components.yaml",
      releases: `${metal3}/ip-address-manager/releases/download`,
    },
  ];
}

/** What is to be done about the providers of a cluster. */
export interface InitPlan {
  readonly missing: readonly WantedProvider[];
  /** Providers in another version than wanted, one a line. */
  readonly conflicts: readonly string[];
}

/** Compares clusterctl's own inventory with what is wanted. */
export function planInit(inventory: readonly KubeObject[], wanted: readonly WantedProvider[]): InitPlan {
  const missing: WantedProvider[] = [];
  const conflicts: string[] = [];
  for (const provider of wanted) {
    const installed = inventory.find(
      (entry) => text(entry, "providerName") === provider.name && text(entry, "type") === provider.type,
    );
    const version = text(installed, "version");
    if (version === undefined) {
      missing.push(provider);
    } else if (version !== provider.version) {
      conflicts.push(`${provider.label} is installed in ${version}, and ${provider.version} is wanted`);
    }
  }
  return { missing, conflicts };
}

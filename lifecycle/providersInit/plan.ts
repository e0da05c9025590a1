import { parse } from "yaml";
import { z } from "zod";
import { type KubeObject, text } from "../shared/kube/objects";
import { compareVersions } from "../../config/versions";

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

/** A provider that is there in another version than wanted. */
export interface OtherVersion {
  readonly provider: WantedProvider;
  /** Version that is installed. */
  readonly installed: string;
}

/** What is to be done about the providers of a cluster. */
export interface InitPlan {
  readonly missing: readonly WantedProvider[];
  /** Those of which a newer version is wanted. */
  readonly upgrades: readonly OtherVersion[];
  /** Why a wanted version cannot be had, one reason each. */
  readonly refusals: readonly string[];
}

/** Compares clusterctl's own inventory with what is wanted. */
export function planInit(inventory: readonly KubeObject[], wanted: readonly WantedProvider[]): InitPlan {
  const missing: WantedProvider[] = [];
  const upgrades: OtherVersion[] = [];
  const refusals: string[] = [];
  for (const provider of wanted) {
    const found = inventory.find(
      (entry) => text(entry, "providerName") === provider.name && text(entry, "type") === provider.type,
    );
    const installed = text(found, "version");
    if (installed === undefined) {
      missing.push(provider);
    } else if (compareVersions(provider.version, installed) > 0) {
      upgrades.push({ provider, installed });
    } else if (installed !== provider.version) {
      refusals.push(
        `${provider.label} is installed in ${installed}, and ${provider.version} is wanted: a provider cannot go back, since its objects may be stored in a form that the older one does not know`,
      );
    }
  }
  return { missing, upgrades, refusals };
}

/**
 * Why a provider cannot be upgraded, or undefined when it can: as clusterctl does, by the contract with Cluster API that each
 * release series implements, from the metadata.yaml of the wanted version.
 */
export function upgradeRefusal({ provider, installed }: OtherVersion, metadata: string): string | undefined {
  const { releaseSeries } = metadataSchema.parse(parse(metadata));
  const contractOf = (version: string) => {
    const [major, minor] = version.slice(1).split(".").map(Number);
    return releaseSeries.find((series) => series.major === major && series.minor === minor)?.contract;
  };
  const [from, to] = [contractOf(installed), contractOf(provider.version)];
  const what = `${provider.label} ${installed} to ${provider.version}`;
  if (to === undefined)
    return `${what}: the metadata of ${provider.version} do not name its own release series`;
  if (from === undefined)
    return `${what}: ${provider.version} does not know the release series of ${installed}`;
  return from === to ? undefined : `${what}: the contract with Cluster API changes from ${from} to ${to}`;
}

const metadataSchema = z.object({
  releaseSeries: z.array(z.object({ major: z.number(), minor: z.number(), contract: z.string() })),
});

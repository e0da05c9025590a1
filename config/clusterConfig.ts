/**
 * The typed configuration of one stack: everything a run can be told but its secrets. Parsed and validated once
 * (config/load.ts); every other module receives these readonly values and never reads Pulumi config itself.
 *
 * Formats: CIDR "172.22.0.0/24", IP "172.22.0.2", MAC "52:54:00:aa:00:01" (lower case, colons), URL absolute, durations in seconds.
 */

/** A username and password pair. Always held inside a Pulumi secret. */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** Inclusive range of IP addresses. */
export interface AddressRange {
  readonly start: string;
  readonly end: string;
}

/** A bare-metal host of the inventory (becomes a BareMetalHost). */
export interface HostConfig {
  /** Name of the BareMetalHost; an RFC 1123 label, unique. */
  readonly name: string;
  /** BMC address as the Bare Metal Operator takes it, for instance `redfish+http://10.0.0.5:8000/redfish/v1/Systems/<id>`. Unique. */
  readonly bmcAddress: string;
  /** MAC address of the NIC that boots from the provisioning network. Unique. */
  readonly bootMACAddress: string;
  /** Defaults to "UEFI". */
  readonly bootMode: "UEFI" | "UEFISecureBoot" | "legacy";
  /** Accept any certificate the BMC shows. Defaults to false. */
  readonly disableCertificateVerification: boolean;
  /** Labels of the BareMetalHost; host selectors of the control plane and the worker pools match them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Root device hints (BareMetalHost `spec.rootDeviceHints`). */
  readonly rootDeviceHints?: Readonly<Record<string, string | number | boolean>>;
}

/** The image written to a host's disk. */
export interface OsImage {
  readonly url: string;
  /** Checksum itself or the URL of a checksum file. */
  readonly checksum: string;
  readonly checksumType: "sha256" | "sha512" | "md5" | "auto";
  readonly format: "raw" | "qcow2";
}

/** A Kubernetes taint. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** A set of equal worker nodes (becomes a MachineDeployment). */
export interface WorkerPool {
  /** RFC 1123 label, unique. The default pool is "workers". */
  readonly name: string;
  readonly replicas: number;
  /** Labels for the pool's nodes. A change is made on the running nodes. */
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** Taints of the pool's nodes. A change is made on the running nodes. */
  readonly taints: readonly Taint[];
  /** Labels a host must carry to be taken for this pool. */
  readonly hostSelector: Readonly<Record<string, string>>;
}

/** The L2 network on which hosts boot, with the addresses that belong to the Ironic stack and to the nodes. */
export interface ProvisioningNetwork {
  readonly cidr: string;
  /** Default gateway of the nodes. */
  readonly gateway: string;
  /** Name servers of the nodes. */
  readonly nameservers: readonly string[];
  /** Interface of this network on the bootstrap cluster's node and on the target's control plane nodes, for instance "eth0". */
  readonly bootstrapInterface: string;
  readonly targetInterface: string;
  /** The Ironic endpoint address, moved by keepalived from the bootstrap to the target. */
  readonly ironicIP: string;
  /** Addresses handed out by the stack's dnsmasq to hosts that boot the RAM disk. */
  readonly dhcpRange: AddressRange;
  /** Static addresses of the nodes (becomes an IPPool). Must not overlap `dhcpRange`. */
  readonly nodeRange: AddressRange;
}

/** Container images of the Ironic stack. */
export interface IronicImages {
  readonly ironic: string;
  readonly mariadb: string;
  readonly keepalived: string;
  /** Init container that puts the RAM disk's kernel and initramfs under /shared/html/images. */
  readonly ipaDownloader: string;
}

/** Images of managers that take the place of those in the providers' manifests. */
export interface ProviderImages {
  readonly clusterApi?: string;
  readonly kubeadmBootstrap?: string;
  readonly kubeadmControlPlane?: string;
  readonly metal3?: string;
  readonly ipam?: string;
  readonly baremetalOperator?: string;
}

/** Versions and source of the Cluster API providers. */
export interface ProviderVersions {
  readonly clusterApi: string;
  readonly metal3: string;
  readonly ipam: string;
  readonly baremetalOperator: string;
  readonly certManager: string;
  /**
   * Folder of a local provider repository (layout of clusterctl: `<label>/<version>/<file>`, plus `baremetal-operator/<version>/baremetal-operator.yaml`
   * and `cert-manager/<version>/cert-manager.yaml`), relative to the project. Unset: clusterctl's built-in URLs.
   */
  readonly repository?: string;
  readonly images: ProviderImages;
}

/** The temporary kind cluster. */
export interface BootstrapConfig {
  /** kind cluster name. */
  readonly name: string;
  readonly nodeImage: string;
  /** Container network shared with the hosts' provisioning network. */
  readonly network: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  /** Feature gates and containerd patches handed to kind as they are. */
  readonly featureGates: Readonly<Record<string, boolean>>;
  readonly containerdConfigPatches: readonly string[];
}

/** Limits of the waits, in seconds. */
export interface Timeouts {
  readonly bootstrapCluster: number;
  readonly ironic: number;
  readonly providers: number;
  /** Enrolment, inspection and cleaning of all hosts. */
  readonly hostsAvailable: number;
  /** From applying the Cluster to an answering control plane. */
  readonly controlPlane: number;
  readonly nodesReady: number;
  readonly handover: number;
  readonly move: number;
  /** No limit: for so long after the move everything must stay as it was, before it counts as verified. Default 1. */
  readonly settle?: number;
  readonly teardown: number;
  readonly retire: number;
}

/** Everything a stack can be told. */
export interface ClusterConfig {
  /** Name of the Cluster and prefix of its objects. */
  readonly clusterName: string;
  /** Namespace of the moved objects. Defaults to "metal3". */
  readonly namespace: string;
  /** For instance "v1.34.4". */
  readonly kubernetesVersion: string;
  readonly controlPlane: {
    /** Odd. */
    readonly replicas: number;
    /** Address that the control plane nodes hold with keepalived. */
    readonly endpoint: { readonly host: string; readonly port: number };
    readonly hostSelector: Readonly<Record<string, string>>;
    /** Let ordinary pods run on control plane nodes. */
    readonly schedulable: boolean;
  };
  readonly workerPools: readonly WorkerPool[];
  readonly hosts: readonly HostConfig[];
  readonly image: OsImage;
  readonly network: ProvisioningNetwork;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  /** Kubernetes manifests applied to the target as its CNI, relative to the project; `${POD_CIDR}` is replaced. */
  readonly cniManifest: string;
  /** Further Kubernetes manifests for the target, relative to the project, applied once its CNI is. `${POD_CIDR}` is replaced. */
  readonly addons: readonly string[];
  /** Registry host (as in an image name) to the base URL of its mirror. */
  readonly registryMirrors: Readonly<Record<string, string>>;
  /** Fields merged into every node's KubeletConfiguration (kubelet.config.k8s.io/v1beta1). A change rolls out to all nodes. */
  readonly kubeletConfiguration: Readonly<Record<string, unknown>>;
  /** Fields of the cluster's KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1). Read when the cluster is made, not later. */
  readonly kubeProxyConfiguration: Readonly<Record<string, unknown>>;
  /** Shell commands run on every node before kubeadm, taken literally (cloud-init's templates are not rendered in them). */
  readonly preKubeadmCommands: readonly string[];
  /** Checks of `kubeadm` that may fail on every node, for instance "Swap", or "all". Defaults to none. */
  readonly kubeadmIgnorePreflightErrors: readonly string[];
  readonly sshAuthorizedKeys: readonly string[];
  /** Path of the hosts' console logs on this machine with `${HOST}` for the host's name; messages quote their ends. */
  readonly consoleLog?: string;
  readonly ironic: {
    readonly images: IronicImages;
    /** VRRP router id of the Ironic endpoint, 1 to 255. Defaults to the last part of its address. */
    readonly virtualRouterId: number;
    /** VRRP router id of the API endpoint, 1 to 255, another one. Defaults to the last part of its address. */
    readonly apiVirtualRouterId: number;
    /** Extra `OS_<section>__<option>` settings of ironic.conf. */
    readonly extraConfig: Readonly<Record<string, string>>;
    /** Kernel parameters of the RAM disk. */
    readonly kernelParams: string;
    /** Another number makes new Ironic credentials and a new certificate. Defaults to 1. */
    readonly credentialsGeneration: number;
  };
  readonly providers: ProviderVersions;
  readonly bootstrap: BootstrapConfig;
  /**
   * What becomes of secrets and config maps in the namespace that `clusterctl move` would leave behind: they are named and
   * left ("list"), labelled so that they move ("label"), or the move is refused ("refuse"). Defaults to "list".
   */
  readonly unownedObjects: "list" | "label" | "refuse";
  readonly timeouts: Timeouts;
}

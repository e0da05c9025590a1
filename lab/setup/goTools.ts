import type { ModulePatch } from "./goBuild";

/** A program of the toolchain, built from a pinned Go module set in `lab/toolchain/<set>`. */
export interface GoTool {
  /** File name in `.toolchain/bin`. */
  readonly name: string;
  /** Folder in `lab/toolchain` with go.mod and go.sum. */
  readonly set: string;
  /** Import path of its main package; `.` is the set's own. */
  readonly package: string;
  /** Values stamped in by the linker: `import/path.variable` to value. */
  readonly stamp?: Readonly<Record<string, string>>;
  /** Further names that it is called by; it acts by its name. */
  readonly names?: readonly string[];
  /** Programs that have to lie beside it. They are built with it and linked too. */
  readonly with?: readonly GoTool[];
  /** Folder in `lab/toolchain` with the go.mod and go.sum to build with instead of the set's: other versions of the same modules. */
  readonly modules?: string;
  /** Changes to a module that is built from its source. */
  readonly patch?: ModulePatch;
}

const kubernetesVersion = "v1.34.4";
const clusterApiVersion = "v1.13.6";

function gitVersion(path: string, version: string): Record<string, string> {
  const [major = "", minor = ""] = version.slice(1).split(".");
  return {
    [`${path}.gitVersion`]: version,
    [`${path}.gitMajor`]: major,
    [`${path}.gitMinor`]: minor,
    [`${path}.gitTreeState`]: "clean",
    [`${path}.gitCommit`]: "",
  };
}

/** Kubernetes' programs in one file. */
function kubeTool(version: string, modules?: string): GoTool {
  return {
    name: "kube",
    set: "kubernetes",
    package: ".",
    ...(modules === undefined ? {} : { modules }),
    stamp: {
      ...gitVersion("k8s.io/component-base/version", version),
      ...gitVersion("k8s.io/client-go/pkg/version", version),
    },
    names: [
      "kubeadm",
      "kubectl",
      "kubelet",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-proxy",
      "kube-scheduler",
    ],
  };
}

/** Cluster API's managers. */
function clusterApiManagers(version: string, modules?: string): GoTool[] {
  const programs = [
    ["cluster-api-manager", ""],
    ["kubeadm-bootstrap-manager", "/bootstrap/kubeadm"],
    ["kubeadm-control-plane-manager", "/controlplane/kubeadm"],
  ] as const;
  return programs.map(([name, folder]) => ({
    name,
    set: "metal3",
    package: `sigs.k8s.io/cluster-api${folder}`,
    ...(modules === undefined ? {} : { modules }),
    stamp: gitVersion("sigs.k8s.io/cluster-api/version", version),
  }));
}

/** Cluster API in the version that the lab can upgrade from. */
export function earlierClusterApi(version: string): GoTool[] {
  return clusterApiManagers(version, `metal3-cluster-api-${version}`);
}

/** Kubernetes in the version that the lab can upgrade from; built only when that is asked for, and linked nowhere. */
export function earlierKube(version: string): GoTool {
  return kubeTool(version, `kubernetes-${version}`);
}

/**
 * Everything that is built, those first that take longest. All are static and for this machine's architecture. Names with
 * `-manager` and the cert-manager and flannel programs go into images only.
 */
export const goTools: readonly GoTool[] = [
  kubeTool(kubernetesVersion),
  {
    name: "pulumi",
    set: "pulumi",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    stamp: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v3.259.0" },
    // Anywhere else than beside the engine, every run warns of it.
    with: [
      {
        name: "pulumi-language-nodejs",
        set: "language-nodejs",
        package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
        stamp: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v3.60.0" },
      },
    ],
  },
  { name: "kind", set: "cluster-services", package: "sigs.k8s.io/kind" },
  { name: "etcd", set: "cluster-services", package: "go.etcd.io/etcd/server/v3" },
  { name: "coredns", set: "cluster-services", package: "github.com/coredns/coredns" },
  {
    name: "clusterctl",
    set: "metal3",
    package: "sigs.k8s.io/cluster-api/cmd/clusterctl",
    stamp: gitVersion("sigs.k8s.io/cluster-api/version", clusterApiVersion),
  },
  ...clusterApiManagers(clusterApiVersion),
  { name: "capm3-manager", set: "metal3", package: "github.com/metal3-io/cluster-api-provider-metal3" },
  { name: "ipam-manager", set: "metal3", package: "github.com/metal3-io/ip-address-manager" },
  {
    name: "baremetal-operator",
    set: "metal3",
    package: "github.com/metal3-io/baremetal-operator",
    stamp: { "github.com/metal3-io/baremetal-operator/pkg/version.Raw": "v0.13.2" },
  },
  ...["controller", "cainjector", "webhook"].map((program) => ({
    name: `cert-manager-${program}`,
    set: "cert-manager",
    package: `github.com/cert-manager/cert-manager/cmd/${program}`,
    stamp: { "github.com/cert-manager/cert-manager/pkg/util.AppVersion": "v1.11.5" },
  })),
  // Used by the set-up itself, for cert-manager's manifest.
  { name: "render-chart", set: "chart", package: "." },
  {
    name: "flanneld",
    set: "flannel",
    package: "github.com/flannel-io/flannel",
    stamp: { "github.com/flannel-io/flannel/pkg/version.Version": "v0.28.10" },
    // The one backend needs cgo, the other one a cloud's SDK; neither is of use on bare metal.
    patch: {
      module: "github.com/flannel-io/flannel",
      emptyPackages: ["pkg/backend/udp", "pkg/backend/tencentvpc"],
    },
  },
  {
    name: "flannel-install-conf",
    set: "flannel",
    package: "github.com/flannel-io/flannel/cmd/install_conf",
  },
  {
    // The CNI plugin's own repository is no module anyone serves; this is its last release before it moved there.
    name: "flannel-cni",
    set: "flannel-cni",
    package: "github.com/containernetworking/plugins/plugins/meta/flannel",
  },
];

/** Every name under which a tool and what is built with it can be called. */
export function toolNames(tool: GoTool): string[] {
  return [tool.name, ...(tool.names ?? []), ...(tool.with ?? []).flatMap(toolNames)];
}

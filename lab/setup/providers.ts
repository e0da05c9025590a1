import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { artifact } from "./cache";
import { moduleDir } from "./goBuild";
import {
  configureFlannel,
  joinDocuments,
  labelDefinitions,
  namespaceManifest,
  pullIfNotPresent,
  retag,
  splitDocuments,
} from "./manifestText";
import { providersDir, toolchainDir, toolPath } from "./paths";
import { relink } from "./toolchain";

/** A manifest that is rendered from a kustomize tree inside a Go module. */
interface KustomizeProvider {
  /** Path in the provider repository: clusterctl's `<label>/<version>/<file>`. */
  readonly file: string;
  /** Module set that pins the module. */
  readonly set: string;
  readonly module: string;
  /** The tree inside the module. */
  readonly tree: string;
  /** Image as the tree names it, without tag, and its released name. */
  readonly image: readonly [from: string, to: string];
  /** clusterctl wants `metadata.yaml` beside the components. */
  readonly metadata: boolean;
}

const capi = "v1.13.6";
const metal3 = "v1.13.2";
const operator = "v0.13.2";
const certManager = "v1.11.5";
const flannel = "v0.28.10";
/** What charts are rendered for. */
const kubernetes = "v1.34.4";

const staging = "gcr.io/k8s-staging-cluster-api";
const released = "registry.k8s.io/cluster-api";

function clusterApi(label: string, file: string, tree: string, image: string): KustomizeProvider {
  return {
    file: `${label}/${capi}/${file}`,
    set: "metal3",
    module: "sigs.k8s.io/cluster-api",
    tree,
    image: [`${staging}/${image}`, `${released}/${image}:${capi}`],
    metadata: true,
  };
}

function metal3Provider(label: string, file: string, module: string): KustomizeProvider {
  const image = `quay.io/metal3-io/${module}`;
  return {
    file: `${label}/${metal3}/${file}`,
    set: "metal3",
    module: `github.com/metal3-io/${module}`,
    tree: "config/default",
    image: [image, `${image}:${metal3}`],
    metadata: true,
  };
}

const operatorFile = `baremetal-operator/${operator}/baremetal-operator.yaml`;

const kustomizeProviders: readonly KustomizeProvider[] = [
  clusterApi("cluster-api", "core-components.yaml", "config/default", "cluster-api-controller"),
  clusterApi(
    "bootstrap-kubeadm",
    "bootstrap-components.yaml",
    "bootstrap/kubeadm/config/default",
    "kubeadm-bootstrap-controller",
  ),
  clusterApi(
    "control-plane-kubeadm",
    "control-plane-components.yaml",
    "controlplane/kubeadm/config/default",
    "kubeadm-control-plane-controller",
  ),
  metal3Provider("infrastructure-metal3", "infrastructure-components.yaml", "cluster-api-provider-metal3"),
  metal3Provider("ipam-metal3", "ipam-components.yaml", "ip-address-manager"),
  {
    // Reads its endpoint from ConfigMap `ironic`, and Secrets `ironic-credentials` and `ironic-cacert`: the program makes these.
    file: operatorFile,
    set: "metal3",
    module: "github.com/metal3-io/baremetal-operator",
    tree: "config/overlays/basic-auth_tls",
    image: ["quay.io/metal3-io/baremetal-operator", `quay.io/metal3-io/baremetal-operator:${operator}`],
    metadata: false,
  },
];

/** By these labels `clusterctl move` finds hosts, what belongs to them, and their hardware data. */
const moveLabels = {
  "baremetalhosts.metal3.io": {
    "clusterctl.cluster.x-k8s.io": "",
    "clusterctl.cluster.x-k8s.io/move": "",
    "clusterctl.cluster.x-k8s.io/move-hierarchy": "",
  },
  "hardwaredata.metal3.io": { "clusterctl.cluster.x-k8s.io": "", "clusterctl.cluster.x-k8s.io/move": "" },
};

/** As for the released static manifest, without what needs further images or definitions. */
const certManagerValues = {
  fullnameOverride: "cert-manager",
  installCRDs: true,
  creator: "static",
  startupapicheck: { enabled: false },
  prometheus: { enabled: false },
};

/** Renders the provider repository `.toolchain/providers`, which needs the toolchain's kubectl and no network. */
export async function setUpProviders(): Promise<void> {
  const dir = await artifact({
    name: "providers",
    inputs: [],
    files: [
      "lab/setup/providers.ts",
      "lab/setup/manifestText.ts",
      ...["metal3", "flannel", "cert-manager", "chart"].map((set) => `lab/toolchain/${set}`),
    ],
    produce: renderAll,
  });
  relink(toolchainDir, new Map([["providers", dir]]), (name) => join(toolchainDir, name) === providersDir);
}

async function renderAll(dir: string): Promise<void> {
  for (const provider of kustomizeProviders) {
    const module = await moduleDir(provider.set, provider.module);
    const path = outputPath(dir, provider.file);
    const tree = await output("kubectl", ["kustomize", join(module, provider.tree)]);
    const text = pullIfNotPresent(retag(tree, ...provider.image));
    writeFileSync(path, provider.file === operatorFile ? labelDefinitions(text, moveLabels) : text);
    if (provider.metadata) copyFileSync(join(module, "metadata.yaml"), join(dirname(path), "metadata.yaml"));
  }
  const chart = await moduleDir("cert-manager", "github.com/cert-manager/cert-manager");
  const rendered = await output(
    "render-chart",
    [chart, certManager, kubernetes],
    stringify(certManagerValues),
  );
  writeFileSync(
    outputPath(dir, `cert-manager/${certManager}/cert-manager.yaml`),
    joinDocuments([namespaceManifest("cert-manager"), ...splitDocuments(rendered)]),
  );
  const flannelModule = await moduleDir("flannel", "github.com/flannel-io/flannel");
  writeFileSync(
    outputPath(dir, `flannel/${flannel}/kube-flannel.yaml`),
    configureFlannel(readFileSync(join(flannelModule, "Documentation", "kube-flannel.yml"), "utf8")),
  );
}

function outputPath(dir: string, file: string): string {
  const path = join(dir, file);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

async function output(program: string, args: readonly string[], input = ""): Promise<string> {
  const { stdout } = await execa(program, args, {
    env: { PATH: toolPath() },
    input,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

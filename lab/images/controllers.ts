import { join } from "node:path";
import type { Image } from "./image";
import { imageSet, type LayerSpec } from "./imageSet";
import { binaryLayer, install } from "./kubernetes";
import { networkToolsLayer } from "./networkTools";
import { type Tool, tool } from "./tools";
import { versions } from "./versions";

/** A controller: one static program in an otherwise empty image. */
export interface Controller {
  /** Upstream name with tag. */
  readonly name: string;
  /** Program of the toolchain. */
  readonly tool: string;
  /** Absolute path of the program in the image, as the upstream manifests or the upstream image's entry point have it. */
  readonly path: string;
}

/** The controllers of Cluster API, Metal3 and cert-manager. */
export const controllers: readonly Controller[] = [
  ...clusterApi(versions.clusterApi),
  metal3("cluster-api-provider-metal3", versions.metal3, "capm3-manager", "/manager"),
  metal3("ip-address-manager", versions.metal3, "ipam-manager", "/manager"),
  metal3("baremetal-operator", versions.baremetalOperator, "baremetal-operator", "/baremetal-operator"),
  certManager("controller"),
  certManager("cainjector"),
  certManager("webhook"),
];

/** The managers of Cluster API. */
export function clusterApi(version: string): Controller[] {
  const programs = [
    ["cluster-api-controller", "cluster-api-manager"],
    ["kubeadm-bootstrap-controller", "kubeadm-bootstrap-manager"],
    ["kubeadm-control-plane-controller", "kubeadm-control-plane-manager"],
  ] as const;
  return programs.map(([image, program]) => ({
    name: `registry.k8s.io/cluster-api/${image}:${version}`,
    tool: program,
    path: "/manager",
  }));
}

function metal3(image: string, tag: string, program: string, path: string): Controller {
  return { name: `quay.io/metal3-io/${image}:${tag}`, tool: program, path };
}

function certManager(component: string): Controller {
  return {
    name: `quay.io/jetstack/cert-manager-${component}:${versions.certManager}`,
    tool: `cert-manager-${component}`,
    path: `/app/cmd/${component}/${component}`,
  };
}

/** Images of {@link controllers}. They run as a user without rights and without a name. */
export async function controllerImages(): Promise<Image[]> {
  return managerImages("controllers", controllers, tool);
}

/** Images of some controllers, whose programs `program` finds. */
export async function managerImages(
  set: string,
  list: readonly Controller[],
  program: (name: string) => Tool,
): Promise<Image[]> {
  return imageSet(
    set,
    list.map((one) => binaryLayer(one.tool, program(one.tool), one.path.slice(1))),
    list.map((one) => ({
      name: one.name,
      layers: [one.tool],
      config: { Entrypoint: [one.path], User: "65532:65532" },
    })),
  );
}

/** Name of the image with flanneld. */
export const flannelName = `ghcr.io/flannel-io/flannel:${versions.flannel}`;

/** Name of the image that installs flannel's CNI plugin on a node. */
export const flannelCniName = `ghcr.io/flannel-io/flannel-cni-plugin:${versions.flannelCni}`;

/** The pod network: flanneld with the netfilter programs it calls, and its CNI plugin with the `cp` that installs it. */
export async function flannelImages(): Promise<Image[]> {
  const flanneld = tool("flanneld");
  const installConf = tool("flannel-install-conf");
  const layers: LayerSpec[] = [
    await networkToolsLayer(),
    {
      id: "flanneld",
      inputs: [flanneld.key, installConf.key],
      stage: (root) => {
        install(flanneld, join(root, "opt/bin/flanneld"));
        install(installConf, join(root, "opt/bin/install-conf"));
      },
    },
    binaryLayer("flannel-cni", tool("flannel-cni"), "flannel"),
  ];
  return imageSet("flannel", layers, [
    {
      name: flannelName,
      layers: ["network-tools", "flanneld"],
      config: { Entrypoint: ["/opt/bin/flanneld"] },
    },
    // `cp` is found on PATH.
    { name: flannelCniName, layers: ["network-tools", "flannel-cni"], config: {} },
  ]);
}

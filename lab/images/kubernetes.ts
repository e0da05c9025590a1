import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { run } from "../setup/cache";
import { moduleFolder } from "./goModules";
import type { Image } from "./image";
import { imageSet, type LayerSpec, type SetImageSpec } from "./imageSet";
import { networkToolsLayer } from "./networkTools";
import { type Tool, tool } from "./tools";
import { versions } from "./versions";

/** The programs of Kubernetes are one file that looks at the name it was called by. */
export const kubeComponents = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
] as const;

const registry = "registry.k8s.io";

/** The images that kubeadm needs: control plane, kube-proxy, etcd, CoreDNS, pause. */
export async function kubernetesImages(): Promise<Image[]> {
  const pauseSource = join(
    await moduleFolder("k8s.io/kubernetes", versions.kubernetes),
    "build/pause/linux/pause.c",
  );
  const layers: LayerSpec[] = [
    kubeLayer(tool("kube")),
    await networkToolsLayer(),
    binaryLayer("etcd", tool("etcd"), "usr/local/bin/etcd"),
    binaryLayer("coredns", tool("coredns"), "coredns"),
    {
      id: "pause",
      inputs: ["gcc static"],
      files: [pauseSource],
      stage: (root, log) =>
        run(log, "gcc", [
          "-Os",
          "-static",
          "-s",
          `-DVERSION=${versions.pause[0]}`,
          "-o",
          join(root, "pause"),
          pauseSource,
        ]),
    },
  ];
  const images: SetImageSpec[] = [
    ...componentSpecs(versions.kubernetes),
    { name: `${registry}/etcd:${versions.etcd}`, layers: ["etcd"], config: { Cmd: ["/usr/local/bin/etcd"] } },
    {
      name: `${registry}/coredns/coredns:${versions.coredns}`,
      layers: ["coredns"],
      config: { Entrypoint: ["/coredns"], WorkingDir: "/" },
    },
    ...versions.pause.map((tag) => ({
      name: `${registry}/pause:${tag}`,
      layers: ["pause"],
      config: { Entrypoint: ["/pause"], User: "65535:65535" },
    })),
  ];
  return imageSet("kubernetes", layers, images);
}

/** The images of Kubernetes' own components in another version; etcd, CoreDNS and pause are those of {@link kubernetesImages}. */
export async function componentImages(version: string, kube: Tool): Promise<Image[]> {
  const layers: LayerSpec[] = [kubeLayer(kube), await networkToolsLayer()];
  return imageSet(`kubernetes-${version}`, layers, componentSpecs(version));
}

/** The shared layer is the lowest one everywhere, so that a node unpacks it once. */
function componentSpecs(version: string): SetImageSpec[] {
  return kubeComponents.map((component) => ({
    name: `${registry}/${component}:${version}`,
    layers: component === "kube-proxy" ? ["kube", "network-tools"] : ["kube"],
    config: { Cmd: [`/usr/local/bin/${component}`] },
  }));
}

function kubeLayer(kube: Tool): LayerSpec {
  return { id: "kube", inputs: [kube.key, ...kubeComponents], stage: (root) => stageKube(root, kube) };
}

function stageKube(root: string, kube: Tool): void {
  const folder = join(root, "usr/local/bin");
  mkdirSync(folder, { recursive: true });
  install(kube, join(folder, "kube"));
  for (const component of kubeComponents) symlinkSync("kube", join(folder, component));
}

/** Copies a program, executable for everybody. */
export function install(program: Tool, path: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  copyFileSync(program.path, path);
  chmodSync(path, 0o755);
}

/** A layer with one program. */
export function binaryLayer(id: string, program: Tool, path: string): LayerSpec {
  return { id, inputs: [program.key, path], stage: (root) => install(program, join(root, path)) };
}

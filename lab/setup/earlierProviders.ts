import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { execa } from "execa";
import { moduleFolder } from "../images/goModules";
import { versions } from "../images/versions";
import { artifact, copyTree } from "./cache";
import { pullIfNotPresent, retag } from "./manifestText";
import { providersDir, toolchainDir, toolPath } from "./paths";
import { relink } from "./toolchain";

/** Provider repository with the earlier Cluster API beside everything else, relative to the project. */
export const earlierProvidersDir = `${providersDir}-earlier`;

/** Cluster API's providers: folder and file in a repository, tree in the module, name of the image. */
const providers = [
  ["cluster-api", "core-components.yaml", "config/default", "cluster-api-controller"],
  [
    "bootstrap-kubeadm",
    "bootstrap-components.yaml",
    "bootstrap/kubeadm/config/default",
    "kubeadm-bootstrap-controller",
  ],
  [
    "control-plane-kubeadm",
    "control-plane-components.yaml",
    "controlplane/kubeadm/config/default",
    "kubeadm-control-plane-controller",
  ],
] as const;

/** Renders the repository, from which the lab's providers can be upgraded to the present version. */
export async function setUpEarlierProviders(): Promise<void> {
  const present = realpathSync(providersDir);
  const dir = await artifact({
    name: "providers-earlier",
    inputs: [basename(present), versions.earlierClusterApi],
    files: ["lab/setup/earlierProviders.ts", "lab/setup/manifestText.ts"],
    produce: async (work, log) => {
      await copyTree(present, work, log);
      for (const provider of providers) await render(work, versions.earlierClusterApi, provider);
    },
  });
  const link = basename(earlierProvidersDir);
  relink(toolchainDir, new Map([[link, dir]]), (name) => name === link);
}

async function render(
  dir: string,
  version: string,
  [label, file, tree, image]: (typeof providers)[number],
): Promise<void> {
  const module = await moduleFolder("sigs.k8s.io/cluster-api", version);
  const { stdout } = await execa("kubectl", ["kustomize", join(module, tree)], {
    env: { PATH: toolPath() },
    maxBuffer: 64 * 1024 * 1024,
  });
  const folder = join(dir, label, version);
  mkdirSync(folder, { recursive: true });
  const names = [
    `gcr.io/k8s-staging-cluster-api/${image}`,
    `registry.k8s.io/cluster-api/${image}:${version}`,
  ] as const;
  writeFileSync(join(folder, file), pullIfNotPresent(retag(stdout, ...names)));
  copyFileSync(join(module, "metadata.yaml"), join(folder, "metadata.yaml"));
}

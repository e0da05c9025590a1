/** Definitions of the objects that move, as the providers' own manifests have them. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { providersDir, toolPath } from "../../../lab/setup/paths";

/** clusterctl's inventory of providers, which no provider brings along. */
const providerDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: "providers.clusterctl.cluster.x-k8s.io",
    labels: { "clusterctl.cluster.x-k8s.io": "", "clusterctl.cluster.x-k8s.io/core": "inventory" },
  },
  spec: {
    group: "clusterctl.cluster.x-k8s.io",
    names: { kind: "Provider", listKind: "ProviderList", plural: "providers", singular: "provider" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1alpha3",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        },
      },
    ],
  },
};

/** The providers of both clusters, as clusterctl notes them. */
export function providers(): Record<string, unknown>[] {
  return (
    [
      ["cluster-api", "CoreProvider", "v1.13.6"],
      ["kubeadm", "BootstrapProvider", "v1.13.6"],
      ["kubeadm", "ControlPlaneProvider", "v1.13.6"],
      ["metal3", "InfrastructureProvider", "v1.13.2"],
      ["metal3", "IPAMProvider", "v1.13.2"],
    ] as const
  ).map(([providerName, type, version]) => ({
    apiVersion: "clusterctl.cluster.x-k8s.io/v1alpha3",
    kind: "Provider",
    metadata: { name: `${type.toLowerCase()}-${providerName}`, namespace: "default" },
    providerName,
    type,
    version,
  }));
}

/**
 * All definitions, as one text for kubectl.
 *
 * @param files manifests to look into: by default those of the objects that move
 */
export function definitionsText(files = /(-components|baremetal-operator)\.yaml$/): string {
  const documents = manifests(providersDir, files)
    .flatMap((file) => readFileSync(file, "utf8").split(/^---$/m))
    .filter((document) => /^kind: CustomResourceDefinition$/m.test(document))
    // There are no webhooks here; one version of each object is stored and served.
    .map((document) => document.replace(/^ {2}conversion:\n(?: {4}.*\n)+/m, ""));
  return [...documents, JSON.stringify(providerDefinition)].join("\n---\n");
}

function manifests(folder: string, files: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => files.test(file))
    .map((file) => join(folder, file))
    .sort();
}

/** Creates definitions, and waits until they are served. */
export async function installDefinitions(kubeconfigFile: string, text: string): Promise<void> {
  const env = { PATH: toolPath(), KUBECONFIG: kubeconfigFile };
  await execa("kubectl", ["create", "-f", "-"], { input: text, env });
  const { stdout } = await execa("kubectl", ["get", "crd", "-o", "name"], { env });
  const ofProviders = stdout
    .split("\n")
    .filter((name) => /(cluster\.x-k8s\.io|ipam\.metal3\.io)$/.test(name));
  // As `clusterctl init` labels what it installs.
  await execa("kubectl", ["label", "--overwrite", ...ofProviders, "clusterctl.cluster.x-k8s.io="], { env });
  await execa("kubectl", ["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"], { env });
}

/** Creates the definitions of the objects that move on API servers, and waits until they are served. @param kubeconfigs Contents. */
export async function define(kubeconfigs: readonly string[]): Promise<void> {
  const text = definitionsText();
  const folder = await mkdtemp(join(tmpdir(), "pivot-definitions-"));
  try {
    await Promise.all(
      kubeconfigs.map(async (kubeconfig, index) => {
        const file = join(folder, `kubeconfig-${index}`);
        await writeFile(file, kubeconfig, { mode: 0o600 });
        await installDefinitions(file, text);
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

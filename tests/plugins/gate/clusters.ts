/**
 * Two management clusters for the gate: real API servers with the real definitions of all providers, and the objects that
 * this project declares for a cluster. Only the controllers are missing: what they would write is written here.
 */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import { parseClusterConfig } from "../../../config/parse";
import { clusterctlLabel, refOf } from "../../../lifecycle/inventory/graph";
import { KubeClient } from "../../../lifecycle/shared/kube/client";
import { isTrue, type KubeObject } from "../../../lifecycle/shared/kube/objects";
import { types } from "../../../lifecycle/shared/kube/types";
import { minimalConfig } from "../../unit/config/userConfig";
import { ApiServer } from "../support/apiServer";

export const config = parseClusterConfig({
  ...minimalConfig(),
  clusterName: "lab",
  workers: 0,
  controlPlane: { endpoint: { host: "10.10.0.10" }, schedulable: true },
});

export const namespace = "metal3";
const operatorNamespace = "baremetal-operator-system";
const providersFolder = ".toolchain/providers";

/** A management cluster without controllers. */
export interface TestCluster {
  readonly server: ApiServer;
  readonly client: KubeClient;
}

/** Starts one, with definitions, providers and managers that claim to be available. */
export async function startCluster(name: "source" | "target", signal: AbortSignal): Promise<TestCluster> {
  const server = await ApiServer.start();
  const client = KubeClient.fromKubeconfig(name, server.kubeconfig, signal);
  await layDefinitions(client);
  for (const each of [namespace, operatorNamespace]) {
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: each } });
  }
  for (const provider of providers()) {
    await client.create(provider);
  }
  for (const manager of managers()) {
    if (manager.metadata.namespace !== operatorNamespace) {
      await client.create({ ...types.namespace, metadata: { name: manager.metadata.namespace ?? "" } });
    }
    await createWithStatus(client, manager);
  }
  return { server, client };
}

/** Stops it. */
export async function stopCluster({ server, client }: TestCluster): Promise<void> {
  await client.close();
  await server.stop();
}

/** Creates an object, and then its status, which has an endpoint of its own. */
export async function createWithStatus(client: KubeClient, object: KubeObject): Promise<KubeObject> {
  const created = await client.create(object);
  if (object.status === undefined) {
    return created;
  }
  return client.patch(refOf(object), "merge", { status: object.status }, { subresource: "status" });
}

/** The providers' definitions as their manifests have them, with the labels that clusterctl and this project give them. */
async function layDefinitions(client: KubeClient): Promise<void> {
  const all = await (definitions ??= readDefinitions());
  await Promise.all(all.map((definition) => client.create(definition)));
  await Promise.all(all.map(({ metadata }) => established(client, metadata.name)));
}

let definitions: Promise<KubeObject[]> | undefined;

async function readDefinitions(): Promise<KubeObject[]> {
  const labels = [
    "cluster-api",
    "bootstrap-kubeadm",
    "control-plane-kubeadm",
    "infrastructure-metal3",
    "ipam-metal3",
  ];
  const files = await Promise.all([...labels, "baremetal-operator"].map(manifestOf));
  const read = files
    .flatMap((text) => text.split(/^---\s*$/m))
    .filter((text) => /^kind: CustomResourceDefinition\s*$/m.test(text))
    .map((text) => parse(text) as KubeObject);
  return [...read.map(asInstalled), providerDefinition];
}

async function manifestOf(label: string): Promise<string> {
  const [version = ""] = await readdir(path.join(providersFolder, label));
  const folder = path.join(providersFolder, label, version);
  const file =
    (await readdir(folder)).find((name) => name !== "metadata.yaml" && name.endsWith(".yaml")) ?? "";
  return readFile(path.join(folder, file), "utf8");
}

/** `clusterctl init` labels what it installs; the operator's definitions are labelled by its manifest, where they move. */
function asInstalled(definition: KubeObject): KubeObject {
  const { metadata } = definition;
  const ofOperator = metadata.name.endsWith(".metal3.io") && !metadata.name.endsWith(".ipam.metal3.io");
  return ofOperator
    ? definition
    : { ...definition, metadata: { ...metadata, labels: { ...metadata.labels, [clusterctlLabel]: "" } } };
}

/** clusterctl's inventory, whose definition is built into clusterctl. */
const providerDefinition: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "providers.clusterctl.cluster.x-k8s.io" },
  spec: {
    group: "clusterctl.cluster.x-k8s.io",
    names: { kind: "Provider", listKind: "ProviderList", plural: "providers", singular: "provider" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1alpha3",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

async function established(client: KubeClient, name: string): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!isTrue(await client.get({ ...types.customResourceDefinition, name }), "Established")) {
    if (Date.now() > limit) {
      throw new Error(`${name} is not established`);
    }
    await delay(50);
  }
}

function providers(): KubeObject[] {
  return [
    ["cluster-api", "CoreProvider", config.providers.clusterApi],
    ["kubeadm", "BootstrapProvider", config.providers.clusterApi],
    ["kubeadm", "ControlPlaneProvider", config.providers.clusterApi],
    ["metal3", "InfrastructureProvider", config.providers.metal3],
    ["metal3", "IPAMProvider", config.providers.ipam],
  ].map(([providerName, type, version]) => ({
    ...types.provider,
    metadata: { name: `${type}-${providerName}`.toLowerCase(), namespace: operatorNamespace },
    providerName,
    type,
    version,
  }));
}

/** CAPM3's manager, and the operator in test mode, which needs no Ironic. */
function managers(): KubeObject[] {
  return [
    deployment(
      "capm3-system",
      "capm3-controller-manager",
      { "cluster.x-k8s.io/provider": "infrastructure-metal3" },
      [],
    ),
    deployment(operatorNamespace, "baremetal-operator-controller-manager", {}, ["--test-mode"]),
  ];
}

function deployment(
  ownNamespace: string,
  name: string,
  labels: Record<string, string>,
  args: readonly string[],
): KubeObject {
  return {
    ...types.deployment,
    metadata: { name, namespace: ownNamespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "manager", image: `example.com/${name}:v1.13.2`, args }] },
      },
    },
    status: {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      conditions: [{ type: "Available", status: "True" }],
    },
  };
}

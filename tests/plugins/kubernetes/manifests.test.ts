/** The program's own objects on a real API server: laid down once, nothing of them is a difference afterwards. */
import { readdirSync } from "node:fs";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, it } from "vitest";
import { kubernetesObject, objectResourceName } from "../../../components/kubernetesObject";
import type { ClusterConfig } from "../../../config/clusterConfig";
import { readConfig } from "../../../config/load";
import { bareMetalHost, bmcSecret } from "../../../manifests/bareMetalHost";
import { baremetalOperatorObjects } from "../../../manifests/baremetalOperator";
import { ironicStackObjects } from "../../../manifests/ironicStack";
import type { KubernetesObject } from "../../../manifests/kubernetesObject";
import { readManifest } from "../../../manifests/readManifest";
import { targetClusterObjects } from "../../../manifests/targetCluster";
import { devStackConfig } from "../../components/devStack";
import { ApiServer } from "../support/apiServer";
import { removePluginBundles } from "../support/pluginBundle";
import { KubernetesStack } from "./kubernetesStack";

/** Providers whose definitions the target cluster's objects need, as folders of the provider repository. */
const PROVIDERS = [
  "cert-manager",
  "cluster-api",
  "bootstrap-kubeadm",
  "control-plane-kubeadm",
  "infrastructure-metal3",
  "ipam-metal3",
];

let server: ApiServer;
let stack: KubernetesStack;
let config: ClusterConfig;

beforeAll(async () => {
  config = devStack();
  server = await ApiServer.start();
  stack = await KubernetesStack.create();
  await declareProviderKinds(config.providers.repository ?? ".toolchain/providers");
});
afterAll(async () => {
  await stack.remove();
  await server.stop();
  await removePluginBundles();
});

/** The configuration of the lab's stack. */
function devStack(): ClusterConfig {
  const values = Object.entries(devStackConfig()).map(([key, value]) => [key.replace(/^metal3:/, ""), value]);
  return readConfig(Object.fromEntries(values) as Record<string, string>, ".", () => false).config;
}

/** Files in a folder and those below it. */
function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => path.join(folder, file));
}

/** Declares the providers' kinds as `clusterctl init` does, without conversions: these need the providers to run. */
async function declareProviderKinds(repository: string): Promise<void> {
  const definitions = PROVIDERS.flatMap((name) => files(path.join(repository, name)))
    .filter((file) => file.endsWith(".yaml") && !file.endsWith("metadata.yaml"))
    .flatMap((file) => readManifest(file))
    .filter(({ kind }) => kind === "CustomResourceDefinition");
  for (const definition of definitions) {
    const spec = { ...(definition["spec"] as Record<string, unknown>), conversion: { strategy: "None" } };
    await server.client.request({
      method: "POST",
      path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
      body: { ...definition, spec },
    });
  }
}

/** The object, not waited for: no controller runs that would make it ready. */
function unawaited(object: KubernetesObject): KubernetesObject {
  const { metadata } = object;
  const annotations = { ...metadata.annotations, "pulumi.com/skipAwait": "true" };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** Everything that the program lays down through the kubernetes plugin, in its order, as one list. */
function objects(): KubernetesObject[] {
  const ironic = ironicStackObjects({
    network: config.network,
    ironic: config.ironic,
    provisioningInterface: config.network.bootstrapInterface,
    onControlPlane: true,
    credentials: {
      username: "user",
      password: "password",
      htpasswd: "user:hash",
      mariadbPassword: "password",
      caCertificate: "CA",
      tlsCertificate: "CERTIFICATE",
      tlsKey: "KEY",
    },
  });
  const operator = baremetalOperatorObjects(config);
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: config.namespace } };
  // A webhook whose server does not run refuses hosts: it comes after them.
  const isWebhook = ({ kind }: KubernetesObject) => kind.endsWith("WebhookConfiguration");
  return [
    namespace,
    ironic.namespace,
    ...ironic.settings,
    ironic.deployment,
    ...operator.definitions,
    ...operator.others.filter((object) => !isWebhook(object)),
    operator.deployment,
    ...config.hosts.flatMap((host) => [
      bmcSecret(host, config.namespace, { username: "admin", password: "password" }),
      bareMetalHost(host, config.namespace),
    ]),
    ...targetClusterObjects(config).map(({ object }) => object),
    ...readManifest(config.cniManifest, { POD_CIDR: config.podCIDR }),
    ...operator.others.filter(isWebhook),
  ];
}

it("are no difference once they are laid down, neither before nor after a refresh", async () => {
  const list = objects();
  const program = () => {
    const provider = new k8s.Provider("cluster", {
      kubeconfig: pulumi.secret(server.kubeconfig),
      clusterIdentifier: "constant",
      skipUpdateUnreachable: true,
      enableConfigMapMutable: true,
      enableSecretMutable: true,
      enablePatchForce: true,
      upsertExistingObjects: true,
    });
    let dependsOn: pulumi.Resource[] = [];
    for (const [index, object] of list.entries()) {
      const name = objectResourceName(`object-${index}`, object);
      const resource = kubernetesObject(name, unawaited(object), { provider, dependsOn });
      if (["Namespace", "CustomResourceDefinition", "BareMetalHost"].includes(object.kind)) {
        dependsOn = [...dependsOn, resource];
      }
    }
    return Promise.resolve();
  };
  const same = { same: list.length + 2 };
  const first = await stack.up(program);
  expect(first.changes).toEqual({ create: same.same });
  expect((await stack.preview(program)).changes).toEqual(same);
  expect((await stack.refresh()).changes).toEqual(same);
  expect((await stack.preview(program)).changes).toEqual(same);
  expect((await stack.up(program)).changes).toEqual(same);
});

import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { quote as shellWord } from "../lab/setup/environment";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { BasicCredentials, ClusterConfig } from "../config/clusterConfig";
import { wantedProviders } from "../lifecycle/providersInit/plan";
import { writeRepository } from "../lifecycle/providersInit/repository";
import { bareMetalHost, bmcSecret } from "../manifests/bareMetalHost";
import { baremetalOperatorObjects } from "../manifests/baremetalOperator";
import { ironicNamespace, type IronicStackCredentials } from "../manifests/ironicSettings";
import { ironicStackObjects } from "../manifests/ironicStack";
import { kindClusterInputs } from "../manifests/kindCluster";
import type { KubernetesObject } from "../manifests/kubernetesObject";
import { readManifest } from "../manifests/readManifest";
import { targetClusterObjects } from "../manifests/targetCluster";
import { clusterInputs } from "../providers/kind/clusterInputs";
import { kindConfigYaml } from "../providers/kind/kindConfig";
import { CERTS_FOLDER, hostsFile, hostsToml } from "../providers/kind/registryMirrors";

/** What both ways make a cluster from. */
export interface MaterialInput {
  readonly config: ClusterConfig;
  /** By host name. */
  readonly bmcCredentials: Readonly<Record<string, pulumi.Input<BasicCredentials>>>;
  readonly ironicCredentials: IronicStackCredentials;
}

/** Manifests of the runbook: the very objects that the program declares, by file name, in the order in which they are applied. */
export interface Manifests {
  readonly "ironic-bootstrap.yaml": readonly KubernetesObject[];
  readonly "ironic-target.yaml": readonly KubernetesObject[];
  readonly "baremetal-operator.yaml": readonly KubernetesObject[];
  readonly "hosts.yaml": readonly KubernetesObject[];
  readonly "cluster.yaml": readonly KubernetesObject[];
  readonly "cni.yaml": readonly KubernetesObject[];
}

/** Mark of the runbook's kind cluster, in the place of the mark that the plugin gives to a resource's. */
const owner = "runbook";

/** The manifests. Pure, but for the files of the provider repository and the CNI that it reads. */
export function manifests({ config, bmcCredentials, ironicCredentials }: MaterialInput): Manifests {
  const operator = baremetalOperatorObjects(config);
  return {
    "ironic-bootstrap.yaml": ironic(config, ironicCredentials, config.network.bootstrapInterface),
    "ironic-target.yaml": ironic(config, ironicCredentials, config.network.targetInterface, true),
    "baremetal-operator.yaml": [...operator.definitions, ...operator.others, operator.deployment],
    "hosts.yaml": config.hosts.flatMap((host) => {
      const credentials = pulumi.output(bmcCredentials[host.name]);
      return [
        bmcSecret(host, config.namespace, {
          username: credentials.username,
          password: credentials.password,
        }),
        bareMetalHost(host, config.namespace),
      ];
    }),
    "cluster.yaml": targetClusterObjects(config).map(({ object }) => object),
    "cni.yaml": namespacesFirst(readManifest(config.cniManifest, { POD_CIDR: config.podCIDR })),
  };
}

function ironic(
  config: ClusterConfig,
  credentials: IronicStackCredentials,
  provisioningInterface: string,
  staged = false,
): KubernetesObject[] {
  const { network, ironic } = config;
  const stack = ironicStackObjects({
    network,
    ironic,
    provisioningInterface,
    onControlPlane: true,
    credentials,
    staged,
  });
  return [stack.namespace, ...stack.settings, stack.deployment];
}

function namespacesFirst(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const isNamespace = ({ kind }: KubernetesObject) => kind === "Namespace";
  return [...objects.filter(isNamespace), ...objects.filter((object) => !isNamespace(object))];
}

/** kind's configuration, as the plugin behind `@pulumi/kind` writes it. Pure. */
export function kindConfigFile(config: ClusterConfig): string {
  const inputs = kindClusterInputs({ ...config.bootstrap, registryMirrors: config.registryMirrors });
  return kindConfigYaml(clusterInputs.parse(inputs), owner);
}

/** Names and versions for the runbook, as bash reads them. Pure. */
export function settingsFile(config: ClusterConfig): string {
  const providers = wantedProviders(config.providers).flatMap(({ flag, name, version }) => [
    flag,
    `${name}:${version}`,
  ]);
  const settings = {
    KIND_CLUSTER: config.bootstrap.name,
    NETWORK: config.bootstrap.network,
    NAMESPACE: config.namespace,
    CLUSTER: config.clusterName,
    OPERATOR_NAMESPACE: ironicNamespace,
    ...operatorNames(config),
  };
  return [
    ...Object.entries(settings).map(([name, value]) => `${name}=${shellWord(value)}`),
    `PROVIDERS=(${providers.map(shellWord).join(" ")})`,
    "",
  ].join("\n");
}

/** What the runbook must know of the operator to stop it. */
function operatorNames(config: ClusterConfig): Record<string, string> {
  const { deployment, others } = baremetalOperatorObjects(config);
  const { spec } = deployment as KubernetesObject & {
    readonly spec: { readonly selector: { readonly matchLabels: Readonly<Record<string, string>> } };
  };
  const webhooks = others.find(({ kind }) => kind === "ValidatingWebhookConfiguration");
  return {
    OPERATOR: deployment.metadata.name,
    OPERATOR_PODS: Object.entries(spec.selector.matchLabels)
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
    OPERATOR_WEBHOOKS: webhooks?.metadata.name ?? "",
  };
}

/**
 * Writes everything that `runbook.sh` needs into an existing folder: what an operator has at hand before the clock starts.
 * Secrets are among it, so all is readable for its owner only.
 *
 * @throws ManifestError, LifecycleFailure when the CNI or the provider repository cannot be read
 */
export async function writeMaterial(folder: string, input: MaterialInput): Promise<void> {
  const { config } = input;
  await chmod(folder, 0o700);
  const write = async (name: string, content: string) => {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content, { mode: 0o600 });
  };
  for (const [name, objects] of Object.entries(await known(manifests(input)))) {
    await write(
      name,
      objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join("---\n"),
    );
  }
  await write("kind.yaml", kindConfigFile(config));
  const { cniConfig } = kindClusterInputs({ ...config.bootstrap, registryMirrors: config.registryMirrors });
  await write("cni.conflist", cniConfig);
  for (const [registry, mirror] of Object.entries(config.registryMirrors)) {
    const file = path.relative(path.dirname(CERTS_FOLDER), hostsFile(registry));
    await write(file, hostsToml(registry, mirror));
  }
  await writeRepository({
    folder,
    providers: wantedProviders(config.providers),
    namespace: config.namespace,
    repository: config.providers.repository && path.resolve(config.providers.repository),
    certManager: { version: config.providers.certManager },
    signal: new AbortController().signal,
  });
  await write("settings", settingsFile(config));
}

/** The same objects with their outputs resolved: without an engine every output is known. */
async function known(given: Manifests): Promise<Record<string, readonly KubernetesObject[]>> {
  return new Promise((resolve) => {
    pulumi.output({ ...given } as Record<string, readonly KubernetesObject[]>).apply((objects) => {
      resolve(objects);
    });
  });
}

import { createHash } from "node:crypto";
import { type IronicPodArgs, ironicPodSpec } from "./ironicPod";
import {
  ironicConfigMaps,
  ironicEndpoint,
  ironicNames,
  ironicNamespace,
  ironicSecrets,
  type IronicSettingsArgs,
  type IronicStackCredentials,
} from "./ironicSettings";
import type { KubernetesObject } from "./kubernetesObject";

/** Arguments of {@link ironicStackObjects}. */
export interface IronicStackObjectsArgs extends IronicSettingsArgs, Pick<IronicPodArgs, "onControlPlane"> {
  readonly credentials: IronicStackCredentials;
  /**
   * Lay the Deployment down without a number of replicas and without waiting for its pods: it exists already, with none, and
   * is started when it is its turn. Default false: one replica.
   */
  readonly staged?: boolean;
}

/** The Ironic stack's objects, in the order in which they are laid down. */
export interface IronicStackObjects {
  readonly namespace: KubernetesObject;
  /** Credentials and settings, those of the Bare Metal Operator among them. */
  readonly settings: readonly KubernetesObject[];
  readonly deployment: KubernetesObject;
  /** SHA-256 of the pod's template: another value is another pod. */
  readonly podDigest: string;
  /** Base URL of the API. */
  readonly endpoint: string;
}

/** Label by which the Deployment finds its pods. */
export const ironicPodLabels = { name: ironicNames.deployment } as const;

/** Annotations of the pod: another value of one makes another pod, since a pod does not notice changed settings. */
export const podAnnotations = {
  /** SHA-256 of the settings that are not secret. */
  settings: "checksum/settings",
  /** `ironic.credentialsGeneration`. */
  credentials: "checksum/credentials-generation",
} as const;

/**
 * The Ironic stack: one pod on the node's network with the API and conductor, the web server, DHCP, the database, the RAM
 * disk's logs, and the keepalived that holds the endpoint address. Image-compatible with Metal3's own manifests.
 */
export function ironicStackObjects(args: IronicStackObjectsArgs): IronicStackObjects {
  const configMaps = ironicConfigMaps(args);
  const labels = ironicPodLabels;
  const annotations = {
    [podAnnotations.settings]: digest(configMaps.map(({ metadata, data }) => [metadata.name, data])),
    [podAnnotations.credentials]: `${args.ironic.credentialsGeneration}`,
  };
  const template = { metadata: { labels, annotations }, spec: ironicPodSpec(args) };
  return {
    namespace: {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: ironicNamespace,
        // Host network and network capabilities are what the stricter levels forbid.
        labels: { "pod-security.kubernetes.io/enforce": "privileged" },
      },
    },
    settings: [...ironicSecrets(args.credentials), ...configMaps],
    deployment: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: ironicNames.deployment,
        namespace: ironicNamespace,
        labels,
        ...(args.staged ? { annotations: { "pulumi.com/skipAwait": "true" } } : {}),
      },
      spec: {
        ...(args.staged ? {} : { replicas: 1 }),
        // Two pods would both hold the endpoint address and answer DHCP.
        strategy: { type: "Recreate" },
        revisionHistoryLimit: 1,
        selector: { matchLabels: labels },
        template,
      },
    },
    podDigest: digest(template),
    endpoint: ironicEndpoint(args.network),
  };
}

function digest(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { podEvidence, unreadyPods } from "../shared/kube/evidence";
import {
  count,
  describe,
  field,
  isTrue,
  type KubeObject,
  type ObjectRef,
  text,
} from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { waitFor } from "../shared/waitFor";
import { managerArguments } from "./managerArguments";
import { probeWebhook, webhookProbes } from "./webhooks";

/** Label that clusterctl's providers carry. */
const providerLabel = "cluster.x-k8s.io/provider";

/** Whether a Deployment runs what its spec says, and is available. */
export function isDeploymentReady(deployment: KubeObject): boolean {
  const wanted = count(deployment, "spec", "replicas") ?? 1;
  return (
    (count(deployment, "status", "observedGeneration") ?? 0) >= (deployment.metadata.generation ?? 0) &&
    (count(deployment, "status", "updatedReplicas") ?? 0) >= wanted &&
    (count(deployment, "status", "availableReplicas") ?? 0) >= wanted &&
    isTrue(deployment, "Available")
  );
}

/** Waits until the managers of all providers are available and every webhook answers. */
export async function waitForManagers(
  context: Context,
  client: KubeClient,
  options: { readonly labels: readonly string[]; readonly namespace: string; readonly limitSeconds?: number },
): Promise<void> {
  const probes = webhookProbes(options.namespace);
  await waitFor(context, {
    what: `the providers' managers and webhooks on ${client.name}`,
    limitSeconds: options.limitSeconds,
    poll: async () => {
      const deployments = await managers(client, options.labels);
      const absent = options.labels.filter(
        (label) => !deployments.some((found) => providerOf(found) === label),
      );
      const unready = deployments.filter((deployment) => !isDeploymentReady(deployment));
      if (absent.length + unready.length > 0) {
        const pods = await Promise.all(
          unready.map(async ({ metadata }) => unreadyPods(await client.list(types.pod, metadata.namespace))),
        );
        const names = [...absent, ...unready.map((deployment) => providerOf(deployment) ?? "")];
        return { done: false, state: `not available: ${names.join(", ")}${details(pods.flat())}` };
      }
      const silent = (await Promise.all(probes.map((probe) => probeWebhook(client, probe)))).filter(
        (trouble) => trouble !== undefined,
      );
      return silent.length === 0
        ? { done: true, value: undefined }
        : { done: false, state: `managers are available; webhooks do not answer: ${silent.join("; ")}` };
    },
    evidence: async () => {
      const unready = (await managers(client, options.labels)).filter((found) => !isDeploymentReady(found));
      const pods = await Promise.all(
        unready.map(({ metadata }) => podEvidence(client, metadata.namespace ?? "")),
      );
      return [...unready.map((deployment) => `${describe(deployment)} is not available`), ...pods.flat()];
    },
    remedy: "an image that cannot be pulled is the usual cause: check the registry mirrors",
  });
}

function details(pods: readonly string[]): string {
  return pods.length === 0 ? "" : ` (${pods.join("; ")})`;
}

/** How a manager shall run, beyond what its manifest says. */
export interface ManagerSettings {
  /** The only namespace that it watches. */
  readonly namespace: string;
  /** Images by provider label; those of the manifests where there is none. */
  readonly images: Readonly<Record<string, string | undefined>>;
}

/** Annotation of a Deployment whose manager runs another image: the one of its manifest. */
const manifestImageAnnotation = "metal3.pulumi.com/manifest-image";

/** Makes managers that an earlier, different init installed, or that shall have another image, run as they shall. */
export async function ensureSettings(
  context: Context,
  client: KubeClient,
  labels: readonly string[],
  settings: ManagerSettings,
): Promise<void> {
  for (const deployment of await managers(client, labels)) {
    const patch = managerPatch(deployment, settings);
    if (patch.length > 0) {
      context.progress(
        `${describe(deployment)} on ${client.name}: ${patch.map(({ what }) => what).join(", ")}`,
      );
      await client.patch(
        refOf(deployment),
        "json",
        patch.flatMap(({ operations }) => operations),
      );
    }
  }
}

interface JsonPatchOperation {
  readonly op: "add" | "remove";
  readonly path: string;
  readonly value?: unknown;
}

/** What must change of a Deployment, in words and as JSON patches; nothing where its manager runs as it shall. Pure. */
export function managerPatch(
  deployment: KubeObject,
  { namespace, images }: ManagerSettings,
): { readonly what: string; readonly operations: readonly JsonPatchOperation[] }[] {
  const label = providerOf(deployment) ?? "";
  const containers = (field(deployment, "spec", "template", "spec", "containers") ?? []) as unknown[];
  const index = containers.findIndex((container) => text(container, "name") === "manager");
  if (index < 0) return [];
  const path = `/spec/template/spec/containers/${index}`;
  const args = (field(containers[index], "args") ?? []) as string[];
  const wantedArgs = managerArguments(label, args, namespace);
  const image = text(containers[index], "image") ?? "";
  const original = deployment.metadata.annotations?.[manifestImageAnnotation] ?? image;
  const wantedImage = images[label] ?? original;
  return [
    ...(JSON.stringify(args) === JSON.stringify(wantedArgs)
      ? []
      : [
          {
            what: "other arguments",
            operations: [{ op: "add" as const, path: `${path}/args`, value: wantedArgs }],
          },
        ]),
    ...(image === wantedImage
      ? []
      : [
          {
            what: `image ${wantedImage}`,
            operations: [
              { op: "add" as const, path: `${path}/image`, value: wantedImage },
              ...noteImage(deployment, wantedImage === original ? undefined : original),
            ],
          },
        ]),
  ];
}

/** Writes the annotation, or takes it away. */
function noteImage(deployment: KubeObject, image: string | undefined): JsonPatchOperation[] {
  const annotations = deployment.metadata.annotations;
  const path = `/metadata/annotations/${manifestImageAnnotation.replace("/", "~1")}`;
  if (image === undefined) {
    return annotations?.[manifestImageAnnotation] === undefined ? [] : [{ op: "remove", path }];
  }
  return annotations
    ? [{ op: "add", path, value: image }]
    : [{ op: "add", path: "/metadata/annotations", value: { [manifestImageAnnotation]: image } }];
}

async function managers(client: KubeClient, labels: readonly string[]): Promise<KubeObject[]> {
  return client.list(types.deployment, undefined, {
    labelSelector: `${providerLabel} in (${labels.join(",")})`,
  });
}

function providerOf(deployment: KubeObject): string | undefined {
  return deployment.metadata.labels?.[providerLabel];
}

function refOf(deployment: KubeObject): ObjectRef {
  return { ...types.deployment, namespace: deployment.metadata.namespace, name: deployment.metadata.name };
}

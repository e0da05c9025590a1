import path from "node:path";
import { parseAllDocuments } from "yaml";
import { compareVersions } from "../../config/versions";
import type { Context } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import type { KubeClient } from "../shared/kube/client";
import { podEvidence, unreadyPods } from "../shared/kube/evidence";
import { field, type KubeObject, type ObjectRef } from "../shared/kube/objects";
import { lackForPods } from "../shared/kube/services";
import { types } from "../shared/kube/types";
import { waitFor } from "../shared/waitFor";
import { isDeploymentReady } from "./managers";
import { readProviderFile } from "./repository";
import { probeWebhook } from "./webhooks";

const namespace = "cert-manager";
const versionAnnotation = "cert-manager.clusterctl.cluster.x-k8s.io/version";
const releases = "https://github.com/cert-manager/cert-manager/releases/download";

/** Reaches cert-manager's webhook without leaving anything behind. */
const probe: KubeObject = {
  apiVersion: "cert-manager.io/v1",
  kind: "Issuer",
  metadata: { name: "webhook-probe", namespace },
  spec: { selfSigned: {} },
};

/**
 * Installs cert-manager unless a working one is there, or a newer version than it is wanted, and waits until its webhook
 * answers. The objects carry clusterctl's
 * marks, so that clusterctl takes it for its own work: `init` goes on at once, `upgrade` keeps it up to date.
 *
 * @returns Whether something was installed or upgraded.
 */
export async function ensureCertManager(
  context: Context,
  client: KubeClient,
  options: { readonly version: string; readonly repository?: string; readonly limitSeconds?: number },
): Promise<boolean> {
  let upgrade = false;
  if (
    (await client.serves(probe as ObjectRef & KubeObject)) &&
    (await probeWebhook(client, probe)) === undefined
  ) {
    const namespaceObject = await client.find({ ...types.namespace, name: namespace });
    const installed = namespaceObject?.metadata.annotations?.[versionAnnotation];
    // One without the mark is somebody else's, and a newer one serves older providers as well.
    upgrade = installed !== undefined && compareVersions(options.version, installed) > 0;
    context.progress(
      `cert-manager ${installed ?? ""} answers on ${client.name}${upgrade ? `, ${options.version} is wanted` : ""}`,
    );
    if (!upgrade) return false;
  }
  const manifest = await readProviderFile(
    { label: "cert-manager", version: options.version, releases },
    "cert-manager.yaml",
    options.repository && path.resolve(options.repository),
    context.signal,
  );
  const objects = markedForClusterctl(parseManifest(manifest), options.version).map(probedAtOnce);
  context.progress(`installing cert-manager ${options.version} on ${client.name}, ${objects.length} objects`);
  for (const stage of installStages(objects)) {
    if (stage.some(({ kind }) => kind === "Deployment")) await waitUntilPodsCanRun(context, client);
    await Promise.all(stage.map((object) => applyObject(context, client, object)));
  }
  await waitFor(context, {
    what: `cert-manager's webhook on ${client.name}`,
    limitSeconds: options.limitSeconds,
    intervalSeconds: 0.5,
    poll: async () => {
      // The managers of the earlier version answer until the new ones have taken their place.
      const old = upgrade
        ? (await client.list(types.deployment, namespace)).filter((found) => !isDeploymentReady(found))
        : [];
      const trouble =
        old.length > 0 ? `${old.length} Deployments are not updated yet` : await probeWebhook(client, probe);
      if (trouble === undefined) {
        return { done: true, value: undefined };
      }
      const pods = unreadyPods(await client.list(types.pod, namespace));
      return { done: false, state: pods.join("; ") || "pods are ready, the webhook does not answer yet" };
    },
    evidence: () => podEvidence(client, namespace),
    remedy: "an image that cannot be pulled is the usual cause: check the registry mirrors",
  });
  return true;
}

/** A cluster that has only just come up takes some seconds until then, time enough for everything but pods. */
async function waitUntilPodsCanRun(context: Context, client: KubeClient): Promise<void> {
  await waitFor(context, {
    what: `pods to be able to run on ${client.name}`,
    limitSeconds: 300,
    intervalSeconds: 0.5,
    poll: async () => {
      const lack = await lackForPods(client);
      return lack === undefined ? { done: true, value: undefined } : { done: false, state: lack };
    },
    evidence: () => podEvidence(client, "kube-system"),
    remedy: "a node that is not Ready usually lacks its CNI: look at the pods of the cluster's DaemonSets",
  });
}

/** The objects of a manifest of many documents. */
export function parseManifest(manifest: string): KubeObject[] {
  return parseAllDocuments(manifest)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object): object is KubeObject => object?.kind !== undefined);
}

/** The marks by which clusterctl knows a cert-manager that it manages. */
export function markedForClusterctl(objects: readonly KubeObject[], version: string): KubeObject[] {
  return objects.map((object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: {
        ...object.metadata.labels,
        "clusterctl.cluster.x-k8s.io": "",
        "clusterctl.cluster.x-k8s.io/core": "cert-manager",
      },
      annotations: {
        ...object.metadata.annotations,
        [versionAnnotation]: version,
      },
    },
  }));
}

/**
 * A Deployment whose containers are asked at once whether they are ready. Upstream's webhook is asked for the first time after
 * five seconds, and everything waits for it.
 */
export function probedAtOnce(object: KubeObject): KubeObject {
  const template = field(object, "spec", "template", "spec");
  if (object.kind !== "Deployment" || typeof template !== "object" || template === null) return object;
  const copy = structuredClone(object);
  const containers = field(copy, "spec", "template", "spec", "containers");
  for (const container of Array.isArray(containers) ? (containers as { readinessProbe?: object }[]) : []) {
    if (container.readinessProbe) {
      container.readinessProbe = { ...container.readinessProbe, initialDelaySeconds: 1, periodSeconds: 1 };
    }
  }
  return copy;
}

/** Objects in groups that may be applied at once: what others need comes first, what runs comes last. */
export function installStages(objects: readonly KubeObject[]): KubeObject[][] {
  // cert-manager's own kinds are refused from the moment its webhook is known until it runs, so that comes last.
  const ranks: Readonly<Record<string, number>> = {
    Namespace: 0,
    Deployment: 2,
    ValidatingWebhookConfiguration: 3,
    MutatingWebhookConfiguration: 3,
  };
  const rank = ({ kind }: KubeObject) => ranks[kind ?? ""] ?? 1;
  return [0, 1, 2, 3].map((wanted) => objects.filter((object) => rank(object) === wanted));
}

async function applyObject(context: Context, client: KubeClient, object: KubeObject): Promise<void> {
  const ref: ObjectRef = {
    apiVersion: object.apiVersion ?? "",
    kind: object.kind ?? "",
    namespace: object.metadata.namespace,
    name: object.metadata.name,
  };
  try {
    await client.patch(ref, "apply", object);
  } catch (error) {
    context.signal.throwIfAborted();
    throw new LifecycleFailure(
      `${ref.kind} ${ref.name} cannot be applied on ${client.name}: ${errorText(error)}`,
    );
  }
}

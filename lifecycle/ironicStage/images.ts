import type { Context } from "../shared/context";
import { alreadyExists, type KubeClient } from "../shared/kube/client";
import { podEvidence, unreadyPods } from "../shared/kube/evidence";
import { field, type KubeObject, type ObjectRef, text } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { waitFor } from "../shared/waitFor";

/** Label of the pods that pull images. */
const pullLabel = { "metal3.pulumi.com/pulls": "ironic-images" } as const;

/** Seconds after which a node that has not said which images it has is asked to pull all. */
const reportSeconds = 75;

/** What is to be on which nodes. */
export interface ImageScope {
  readonly namespace: string;
  readonly images: readonly string[];
  /** Label of the nodes. */
  readonly nodeLabel: string;
}

/**
 * The images that a node does not have, by its own report, which may leave some out; undefined before it has made one. Pure.
 */
export function missingImages(node: KubeObject, images: readonly string[]): string[] | undefined {
  const known = field(node, "status", "images");
  if (!Array.isArray(known) || known.length === 0) {
    return undefined;
  }
  const names = new Set(
    known.flatMap((image) => {
      const list = field(image, "names");
      return Array.isArray(list) ? list.map(String) : [];
    }),
  );
  return [...new Set(images)].filter((image) => !names.has(image));
}

/** A pod that makes one node pull images, and ends. Pure. */
export function pullPod(namespace: string, node: string, images: readonly string[]): KubeObject {
  return {
    ...types.pod,
    metadata: { name: `ironic-images-${node}`, namespace, labels: pullLabel },
    spec: {
      nodeName: node,
      restartPolicy: "Never",
      // The pod network need not exist yet.
      hostNetwork: true,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      tolerations: [{ operator: "Exists" }],
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: images.map((image, index) => ({
        name: `image-${index}`,
        image,
        imagePullPolicy: "IfNotPresent",
        command: ["sh", "-c", "exit 0"],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      })),
    },
  };
}

/**
 * Waits until every node that may run Ironic has its images, so that nothing is pulled while the endpoint is without Ironic,
 * and an image that cannot be pulled is found out before.
 *
 * @returns Names of the nodes.
 */
export async function ensureImages(
  context: Context,
  client: KubeClient,
  scope: ImageScope,
): Promise<string[]> {
  const { namespace, images, nodeLabel } = scope;
  const nodes = await waitFor(context, {
    what: `a node of the ${client.name} that may run Ironic (label ${nodeLabel}) and says which images it has`,
    limitSeconds: 300,
    poll: async () => {
      const found = await client.list(types.node, undefined, { labelSelector: nodeLabel });
      const silent = found.filter((node) => missingImages(node, images) === undefined && isYoung(node));
      if (found.length > 0 && silent.length === 0) {
        return { done: true, value: found };
      }
      const names = silent.map(({ metadata }) => metadata.name).join(", ");
      return { done: false, state: names === "" ? "none yet" : `not said yet by ${names}` };
    },
    remedy: "Ironic runs on control plane nodes",
  });
  const names = nodes.map(({ metadata }) => metadata.name);
  const pulling = nodes.flatMap((node) => {
    const missing = missingImages(node, images) ?? images;
    return missing.length > 0 ? [{ node: node.metadata.name, missing }] : [];
  });
  if (pulling.length === 0) {
    context.progress(`every image of Ironic is on ${names.join(", ")}`);
    return names;
  }
  await Promise.all(pulling.map(({ node, missing }) => pull(context, client, namespace, node, missing)));
  return names;
}

/** Whether a node's first report of its images may still come: kubelet lists them every half minute. */
function isYoung({ metadata }: KubeObject): boolean {
  return Date.now() - Date.parse(metadata.creationTimestamp ?? "") < reportSeconds * 1000;
}

async function pull(
  context: Context,
  client: KubeClient,
  namespace: string,
  node: string,
  images: readonly string[],
): Promise<void> {
  const pod = pullPod(namespace, node, images);
  const ref: ObjectRef = { ...types.pod, namespace, name: pod.metadata.name };
  // One of an interrupted run may pull other images.
  await client.delete(ref);
  context.progress(`${node} pulls ${images.join(", ")}`);
  await waitFor(context, {
    what: `${node} to have the images of Ironic`,
    poll: async () => {
      const found = await client.find(ref);
      if (!found || found.metadata.deletionTimestamp !== undefined) {
        await create(client, pod);
        return { done: false, state: "asked for" };
      }
      const phase = text(found, "status", "phase");
      return phase === "Succeeded" || phase === "Failed"
        ? { done: true, value: undefined }
        : { done: false, state: unreadyPods([found]).join("; ") || (phase ?? "no phase") };
    },
    evidence: () =>
      podEvidence(client, namespace, { labelSelector: Object.entries(pullLabel)[0]?.join("=") }),
    remedy:
      "nothing was handed over. Check the image's name, the registry and its mirror (registryMirrors), and run again",
  });
  await client.delete(ref);
}

/** The namespace's service account, without which no pod is admitted, may come a moment later. */
async function create(client: KubeClient, pod: KubeObject): Promise<void> {
  try {
    await client.create(pod);
  } catch (error) {
    if (!alreadyExists(error)) {
      throw error;
    }
  }
}

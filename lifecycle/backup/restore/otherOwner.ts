import { type Context } from "../../shared/context";
import { KubeClient } from "../../shared/kube/client";
import { field, secretValue } from "../../shared/kube/objects";
import { types } from "../../shared/kube/types";
import type { ArchiveContent } from "../format";

/** What is known of the archived cluster as an owner of its own objects. */
export type OtherOwner =
  /** It is the cluster on which the archive is restored. */
  | "itself"
  /** It answers, and does not act on the objects: they are not there, or paused. */
  | "quiet"
  /** It answers and acts on them. */
  | "active"
  /** It does not answer, or there is no kubeconfig for it: nothing is proved. */
  | "unknown";

/**
 * Asks the cluster whose objects were archived, by the kubeconfig among them, whether it manages itself. Two clusters that
 * manage the same machines destroy each other's work.
 */
export async function askArchivedCluster(
  context: Context,
  destination: KubeClient,
  { header, objects }: ArchiveContent,
): Promise<OtherOwner> {
  const { clusterName, namespace } = header;
  const secret = objects.find(
    ({ kind, metadata }) => kind === "Secret" && metadata.name === `${clusterName}-kubeconfig`,
  );
  const kubeconfig = secretValue(secret, "value");
  if (kubeconfig === undefined) {
    return "unknown";
  }
  const client = KubeClient.fromKubeconfig("archived cluster", kubeconfig, context.signal);
  try {
    const [theirs, ours, cluster] = await Promise.all([
      client.get({ ...types.namespace, name: "kube-system" }),
      destination.get({ ...types.namespace, name: "kube-system" }),
      client.find({ ...types.cluster, namespace, name: clusterName }),
    ]);
    if (theirs.metadata.uid === ours.metadata.uid) {
      return "itself";
    }
    return cluster !== undefined && field(cluster, "spec", "paused") !== true ? "active" : "quiet";
  } catch {
    context.signal.throwIfAborted();
    return "unknown";
  } finally {
    await client.close();
  }
}

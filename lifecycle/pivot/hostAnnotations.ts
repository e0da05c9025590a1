import { field, type KubeObject, text } from "../shared/kube/objects";

/** Keeps the Bare Metal Operator's hands off a host. The value says who wants that. */
export const pausedAnnotation = "baremetalhost.metal3.io/paused";
/** Status of a host, from which the operator restores it on a cluster where it has none yet. */
export const statusAnnotation = "baremetalhost.metal3.io/status";
/** Detached hosts are out of Ironic. */
export const detachedAnnotation = "baremetalhost.metal3.io/detached";
/** clusterctl waits for objects that carry it. */
export const blockMoveAnnotation = "clusterctl.cluster.x-k8s.io/block-move";
/** clusterctl's mark of an object that it deletes after it was moved. */
export const deleteForMoveAnnotation = "clusterctl.cluster.x-k8s.io/delete-for-move";

/** Value of {@link pausedAnnotation} by which we know our own pauses. CAPM3 lifts only its own. */
export const ourPause = "metal3.pulumi.com/pivot";
/** Value of {@link pausedAnnotation} that CAPM3 writes when the Cluster is paused. */
export const capm3Pause = "metal3.io/capm3";

/** Whether a machine uses the host. CAPM3 would pause such a host when the Cluster is paused; nobody does that for the others. */
export function isConsumed(host: KubeObject): boolean {
  return text(host, "spec", "consumerRef", "name") !== undefined;
}

/** Whether a user has paused the host, for a reason of theirs. */
export function isPausedByUser(host: KubeObject): boolean {
  const value = host.metadata.annotations?.[pausedAnnotation];
  return value !== undefined && value !== ourPause && value !== capm3Pause;
}

/** Whether a host carries all that protects it during the move. */
export function isHeld(host: KubeObject): boolean {
  const annotations = host.metadata.annotations ?? {};
  return pausedAnnotation in annotations && (annotations[statusAnnotation] ?? "") !== "";
}

/**
 * The host with its status. One that its user had paused before an earlier move has none yet: it waits in the annotation with
 * which the host came, since the operator reads nothing of a paused host.
 */
export function withCarriedStatus(host: KubeObject): KubeObject {
  const carried = host.metadata.annotations?.[statusAnnotation];
  if (!carried || !isPausedByUser(host) || text(host, "status", "lastUpdated") !== undefined) {
    return host;
  }
  try {
    return { ...host, status: JSON.parse(carried) as Record<string, unknown> };
  } catch {
    return host;
  }
}

/**
 * The annotations under which a host survives the move: paused, and with its status, so that it is not inspected again, which
 * is a reboot. Both in one write: without the pause a live operator takes the status away at once.
 */
export function holdingAnnotations(host: KubeObject): Record<string, string> {
  const status = Object.fromEntries(
    // Hardware details move in the HardwareData object.
    Object.entries((field(withCarriedStatus(host), "status") ?? {}) as Record<string, unknown>).filter(
      ([key]) => key !== "hardware",
    ),
  );
  return {
    [statusAnnotation]: JSON.stringify(status),
    ...(isPausedByUser(host) ? {} : { [pausedAnnotation]: ourPause }),
  };
}

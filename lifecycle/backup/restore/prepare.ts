import { objectKey } from "../../inventory/graph";
import {
  blockMoveAnnotation,
  capm3Pause,
  deleteForMoveAnnotation,
  holdingAnnotations,
  isPausedByUser,
  ourPause,
  pausedAnnotation,
  statusAnnotation,
} from "../../pivot/hostAnnotations";
import { field, type KubeObject, text } from "../../shared/kube/objects";
import { capiPausedAnnotation } from "../../shared/kube/types";

/** Kinds that act on their own, whether a Cluster is paused or not. */
const pausedByAnnotation = new Set(["ClusterClass", "ClusterResourceSet"]);

/** Annotations of moves that say nothing on another cluster. */
const ofMoves = new Set([blockMoveAnnotation, deleteForMoveAnnotation]);

/**
 * An archived object as it is created: at rest, whatever controllers run. It lacks its owners, whose identities are new, and
 * its status, which is written apart.
 *
 * @param archived Keys of all archived objects.
 */
export function atRest(object: KubeObject, archived: ReadonlySet<string>): KubeObject {
  const rest = Object.fromEntries(Object.entries(object).filter(([field]) => field !== "status"));
  const { name, namespace, labels, finalizers } = object.metadata;
  const annotations = annotationsAtRest(object, archived);
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    ...(object.kind === "Cluster" ? { spec: { ...object.spec, paused: true } } : {}),
  };
}

function annotationsAtRest(object: KubeObject, archived: ReadonlySet<string>): Record<string, string> {
  const kept = Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(([name]) => !ofMoves.has(name)),
  );
  if (object.kind === "BareMetalHost") {
    return { ...kept, ...hostAnnotations(object, archived) };
  }
  if (pausedByAnnotation.has(object.kind ?? "") && !(capiPausedAnnotation in kept)) {
    return { ...kept, [capiPausedAnnotation]: ourPause };
  }
  return kept;
}

/**
 * What keeps a host from being inspected, which is a reboot, or deployed anew: a pause, and its status, from which the
 * operator takes it up.
 *
 * A host that a machine uses is paused in CAPM3's name, as after a move: CAPM3 lifts that once the Cluster is unpaused. Were
 * it lifted by us before, CAPM3 might pause the host again before the operator has read the status, and write an empty one
 * in its place. CAPM3 knows such a host by its machine and its label. The others are ours to release.
 */
function hostAnnotations(host: KubeObject, archived: ReadonlySet<string>): Record<string, string> {
  const hasStatus = text(host, "status", "provisioning", "state") !== undefined;
  const status: Record<string, string> = hasStatus
    ? { [statusAnnotation]: holdingAnnotations(host)[statusAnnotation] ?? "" }
    : {};
  if (isPausedByUser(host)) {
    return status;
  }
  return { ...status, [pausedAnnotation]: isUsed(host, archived) ? capm3Pause : ourPause };
}

/** Whether CAPM3 will know the host as one of its own. */
export function isUsed(host: KubeObject, archived: ReadonlySet<string>): boolean {
  const name = text(host, "spec", "consumerRef", "name");
  return (
    name !== undefined &&
    text(host, "spec", "consumerRef", "kind") === "Metal3Machine" &&
    "cluster.x-k8s.io/cluster-name" in (host.metadata.labels ?? {}) &&
    archived.has(`Metal3Machine.infrastructure.cluster.x-k8s.io ${host.metadata.namespace}/${name}`)
  );
}

/**
 * The status that is written to a re-created object, or undefined when there is none to write. Hosts have theirs in an
 * annotation. What was observed of the archived generation is observed of the new one, whose number is another.
 */
export function statusAtRest(object: KubeObject, generation: number | undefined): unknown {
  if (object.kind === "BareMetalHost" || Object.keys(object.status ?? {}).length === 0) {
    return undefined;
  }
  const then = object.metadata.generation;
  const now = (value: unknown) => (value === then && generation !== undefined ? generation : value);
  const observed = (value: unknown): unknown =>
    field(value, "observedGeneration") === undefined
      ? value
      : { ...(value as object), observedGeneration: now(field(value, "observedGeneration")) };
  const conditions: unknown = field(object.status, "conditions");
  return {
    ...(observed(object.status) as object),
    ...(Array.isArray(conditions) ? { conditions: conditions.map(observed) } : {}),
  };
}

/** Keys of objects. */
export function keysOf(objects: readonly KubeObject[]): ReadonlySet<string> {
  return new Set(objects.map(objectKey));
}

import type { KubeObject, OwnerReference } from "../../shared/kube/objects";

/** The owners of an object under their new identities. */
export interface Owners {
  readonly known: readonly OwnerReference[];
  /** Owners that are archived, and not created yet: a cycle. */
  readonly later: readonly OwnerReference[];
  /** Owners that are not archived. A reference with an identity of another cluster has its object garbage-collected at once. */
  readonly unknown: readonly OwnerReference[];
}

/**
 * Gives an object's owner references the identities that their owners have now.
 *
 * @param identities New identity by archived identity, of what was created.
 * @param archived Identities of all archived objects.
 */
export function remapOwners(
  object: KubeObject,
  identities: ReadonlyMap<string, string>,
  archived: ReadonlySet<string>,
): Owners {
  const references = object.metadata.ownerReferences ?? [];
  return {
    known: references.flatMap((reference) => {
      const uid = identities.get(reference.uid);
      return uid === undefined ? [] : [{ ...reference, uid }];
    }),
    later: references.filter(({ uid }) => !identities.has(uid) && archived.has(uid)),
    unknown: references.filter(({ uid }) => !identities.has(uid) && !archived.has(uid)),
  };
}

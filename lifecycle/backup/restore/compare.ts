import { objectKey } from "../../inventory/graph";
import type { KubeObject } from "../../shared/kube/objects";

/** What is there of an archive. */
export interface Comparison {
  /** Keys of archived objects that are missing. */
  readonly missing: readonly string[];
  /** Objects whose owners are not those of the archive, one sentence each. */
  readonly otherOwners: readonly string[];
  /** By kind: how many were archived, how many are there. */
  readonly counts: readonly { readonly kind: string; readonly archived: number; readonly there: number }[];
}

/**
 * Compares a cluster with an archive: every object, and every owner by its name.
 *
 * @param dropped Identities of owners that were left out, since neither the archive nor the cluster has them.
 */
export function compareRestored(
  archived: readonly KubeObject[],
  found: readonly KubeObject[],
  dropped: ReadonlySet<string> = new Set(),
): Comparison {
  const there = new Map(found.map((object) => [objectKey(object), object]));
  const kinds = [...new Set(archived.map(({ kind }) => kind ?? ""))].sort();
  const missing = archived.map(objectKey).filter((key) => !there.has(key));
  const otherOwners = archived.flatMap((object) => {
    const now = there.get(objectKey(object));
    const wanted = ownerNames(object, (uid) => !dropped.has(uid));
    const present = now && ownerNames(now, () => true);
    return present === undefined || present === wanted
      ? []
      : [`${objectKey(object)} is owned by ${present || "nobody"} instead of ${wanted || "nobody"}`];
  });
  return {
    missing,
    otherOwners,
    counts: kinds.map((kind) => {
      const of = archived.filter((object) => object.kind === kind);
      return { kind, archived: of.length, there: of.filter((object) => there.has(objectKey(object))).length };
    }),
  };
}

function ownerNames(object: KubeObject, counts: (uid: string) => boolean): string {
  return (object.metadata.ownerReferences ?? [])
    .filter(({ uid }) => counts(uid))
    .map(({ kind, name }) => `${kind} ${name}`)
    .sort()
    .join(", ");
}

/** The counts as lines of a table. */
export function countLines({ counts }: Comparison): string[] {
  const width = Math.max(4, ...counts.map(({ kind }) => kind.length));
  return [
    `${"kind".padEnd(width)}  archived  there`,
    ...counts.map(
      ({ kind, archived, there }) =>
        `${kind.padEnd(width)}  ${String(archived).padStart(8)}  ${String(there).padStart(5)}`,
    ),
  ];
}

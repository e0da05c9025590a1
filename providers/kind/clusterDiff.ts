/** Which changes of a cluster's inputs are made in place, and which need a new cluster. Pure. */
import { propertyChanges } from "../shared/propertyDiff";
import type { PropertyMap } from "../shared/properties";
import type { DiffResult } from "../shared/resourceProvider";

/** Inputs that can change under a running cluster. All others are baked into its nodes. */
const IN_PLACE: ReadonlySet<string> = new Set([
  "additionalNetworks",
  "registryMirrors",
  "waitForReady",
  "adopt",
  "temporary",
  "retainOnFailure",
]);

/**
 * Compares inputs.
 *
 * @param options.gone the cluster is temporary and no longer there: a change is noted, nothing is made anew
 */
export function clusterDiff(
  before: PropertyMap,
  after: PropertyMap,
  options: { readonly gone: boolean },
): DiffResult {
  const changes = [...Object.keys({ ...before, ...after })].flatMap((name) =>
    [...propertyChanges(before[name], after[name], name)].map(
      ([path, change]) => [path, { change, replace: !options.gone && !IN_PLACE.has(name) }] as const,
    ),
  );
  // Both clusters would have the same name and ports.
  return { changes: new Map(changes), deleteBeforeReplace: true };
}

/** Whether a change of these inputs asks for a new cluster. */
export function needsReplacement(before: PropertyMap, after: PropertyMap): boolean {
  return [...clusterDiff(before, after, { gone: false }).changes.values()].some(({ replace }) => replace);
}

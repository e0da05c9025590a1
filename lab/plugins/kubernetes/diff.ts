import { containsUnknowns } from "../../../providers/shared/properties";
import type { PropertyMap } from "../../../providers/shared/properties";
import { parseCheckpoint, toObject } from "./checkpoint";
import { isNamespaced } from "./cluster";
import { forceNewPaths } from "./forceNew";
import { dropsEmptyValues } from "./kinds";
import { isAutonamed, isNamed } from "./naming";
import { normalizeInputs, prune } from "./normalize";
import { diffObjects, isReplacement } from "./objectDiff";
import type { Difference } from "./objectDiff";
import { apiVersionOf, gvkOf, isPatchType, nameOf, namespaceOf, removeNested, setNested } from "./objects";
import type { KubeObject } from "./objects";
import { formatPropertyPath, parsePropertyPath, pathContains } from "./propertyPath";
import type { ProviderState } from "./providerConfig";

/** Differences of a resource, and what they ask for. */
export interface ResourceDiff {
  readonly differences: Difference[];
  /** Property paths that make a replacement. */
  readonly replaces: string[];
  /** The replacement has the same name, so the old object has to go first. */
  readonly deleteBeforeReplace: boolean;
}

/**
 * Compares new inputs with the live object of the last run or refresh, cut down to what the program had set: fields
 * that the cluster adds are no differences, fields that somebody changed are.
 */
export async function diffResource(
  state: ProviderState,
  urn: string,
  saved: PropertyMap,
  news: PropertyMap,
  ignoreChanges: readonly string[],
): Promise<ResourceDiff> {
  const { inputs: rawOldInputs, live } = parseCheckpoint(saved);
  const oldInputs = normalizeInputs(rawOldInputs);
  const newInputs = normalizeInputs(toObject(news));
  const base = prune(live, oldInputs);
  const cluster = state.target.reachable ? state.target.cluster : undefined;
  if (await isNamespaced(gvkOf(newInputs), cluster)) {
    setNested(base, namespaceOf(base) || "default", "metadata", "namespace");
    if (!containsUnknowns(newInputs["metadata"])) {
      setNested(newInputs, namespaceOf(newInputs) || "default", "metadata", "namespace");
    }
  } else {
    removeNested(base, "metadata", "namespace");
    removeNested(newInputs, "metadata", "namespace");
  }
  if (apiVersionOf(base) === "") {
    base["apiVersion"] = apiVersionOf(newInputs);
    base["kind"] = newInputs["kind"] ?? "";
  }
  if (state.settings.enableServerSideApply) removeNested(base, "metadata", "resourceVersion");
  if (nameOf(newInputs) !== "") setNested(base, nameOf(live), "metadata", "name");

  const ignored = ignoreChanges.map(parsePropertyPath);
  const differences = diffObjects(base, newInputs, {
    forceNew: forceNewPaths(newInputs, state.settings, isPatchType(urn)),
    previousInputs: oldInputs,
    dropsEmpty: dropsEmptyValues(newInputs),
  }).filter(({ path }) => !ignored.some((outer) => pathContains(outer, path)));
  const replaces = differences.filter(isReplacement).map(({ path }) => formatPropertyPath(path));
  return {
    differences,
    replaces,
    deleteBeforeReplace: replaces.length > 0 && keepsIdentity(newInputs, live),
  };
}

function keepsIdentity(newInputs: KubeObject, live: KubeObject): boolean {
  return (
    isNamed(newInputs) &&
    !isAutonamed(newInputs) &&
    nameOf(newInputs) === nameOf(live) &&
    namespaceOf(newInputs) === namespaceOf(live)
  );
}

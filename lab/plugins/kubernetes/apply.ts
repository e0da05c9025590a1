import { setTimeout as delay } from "node:timers/promises";
import { isObject } from "../../../providers/shared/properties";
import type { PropertyMap, PropertyValue } from "../../../providers/shared/properties";
import { ANNOTATIONS, isAnnotationTrue } from "./annotations";
import { ApiError, NoMatchError, isAlreadyExists, isConflict, isNotFound } from "./apiClient";
import { isCustomResourceDefinition } from "./kinds";
import { fieldOwners, hasClientSideFields, takeOverPatch } from "./managedFields";
import { uniqueName } from "./naming";
import {
  apiVersionOf,
  deepCopy,
  isPatchType,
  kindOf,
  nameOf,
  namespaceOf,
  nested,
  nestedObjects,
  nestedString,
  removeNested,
  setNested,
} from "./objects";
import type { KubeObject } from "./objects";
import { status } from "./operation";
import type { Operation } from "./operation";
import { parsePropertyPath } from "./propertyPath";

/** A dry run failed for a reason that the real run will not have, e.g. a namespace that is still to be created. */
export class PreviewError extends Error {}

/**
 * Pauses before a creation is tried again, in milliseconds. A namespace, or the kind of a custom resource, may be about
 * to appear: another resource of the same run creates it.
 */
const RETRY_PAUSES = [250, 750, 2_000, 4_000, 8_000, 16_000, 32_000];

const CONFLICT_HELP =
  "server-side apply field conflict detected, see https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/" +
  "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources for troubleshooting help";

/** Creates an object and returns it as the server stores it. */
export async function createObject(operation: Operation, inputs: KubeObject): Promise<KubeObject> {
  for (let attempt = 0; ; attempt++) {
    try {
      const created = await tryCreate(operation, inputs);
      status(operation, "");
      return created;
    } catch (error) {
      if (operation.preview && isMissingNamespace(error)) {
        throw new PreviewError(`namespace "${namespaceOf(inputs)}" not found`);
      }
      const pause = RETRY_PAUSES[attempt];
      if (pause === undefined || !(error instanceof NoMatchError || isNotFound(error))) throw explain(error);
      status(operation, `Retry #${attempt}; creation failed: ${(error as Error).message}`);
      await delay(pause, undefined, { signal: operation.signal });
    }
  }
}

async function tryCreate(operation: Operation, inputs: KubeObject): Promise<KubeObject> {
  const { settings, preview } = operation;
  const path = await operation.cluster.pathOf(inputs);
  const upsert = settings.upsertExistingObjects || isPatchType(operation.urn);
  if (!settings.enableServerSideApply || !upsert) {
    // The name is fixed, so that the first update knows which fields to hand over to its own manager.
    return operation.cluster.api.request({
      method: "POST",
      path,
      query: { fieldManager: "pulumi-kubernetes", ...(preview && { dryRun: "All" }) },
      body: inputs,
      signal: operation.signal,
    });
  }
  const force = mustForce(operation, inputs, undefined);
  try {
    return await serverSideApply(operation, path, inputs, force, true);
  } catch (error) {
    // A replacement under the same name cannot be rehearsed: the old object is still there.
    const immutable =
      error instanceof ApiError && error.code === 422 && error.message.includes("field is immutable");
    if (!preview || !immutable) throw error;
    const renamed = deepCopy(inputs);
    setNested(renamed, uniqueName(`${nameOf(inputs)}-`), "metadata", "name");
    return serverSideApply(operation, path, renamed, force, true);
  }
}

/**
 * Changes an existing object to the inputs and returns it as the server stores it.
 *
 * @param previous the live object of the last run, cut down to its inputs; the base of a merge patch
 * @param ignoreChanges property paths that keep their live value
 */
export async function updateObject(
  operation: Operation,
  live: KubeObject,
  previous: KubeObject,
  inputs: KubeObject,
  ignoreChanges: readonly string[],
): Promise<KubeObject> {
  const path = await operation.cluster.pathOf(inputs);
  const dryRun = operation.preview ? { dryRun: "All" } : {};
  if (isCustomResourceDefinition(inputs)) {
    const body = deepCopy(inputs);
    setNested(body, nestedString(live, "metadata", "resourceVersion"), "metadata", "resourceVersion");
    return operation.cluster.api.request({
      method: "PUT",
      path: `${path}/${encodeURIComponent(nameOf(live))}`,
      query: { fieldManager: operation.fieldManager, ...dryRun },
      body,
      signal: operation.signal,
    });
  }
  if (!operation.settings.enableServerSideApply) {
    return operation.cluster.api.request({
      method: "PATCH",
      path: `${path}/${encodeURIComponent(nameOf(live))}`,
      query: { fieldManager: operation.fieldManager, ...dryRun },
      body: mergePatch(previous, withLiveValues(inputs, live, ignoreChanges)),
      contentType: "application/merge-patch+json",
      signal: operation.signal,
    });
  }
  const current = await takeOver(operation, path, live);
  const body = resolveIgnored(operation, inputs, current, ignoreChanges);
  return serverSideApply(operation, path, body, mustForce(operation, inputs, current), false);
}

/** Gives up a manager's fields; those that nobody else owns are removed from the object. */
export async function relinquish(
  operation: Operation,
  object: KubeObject,
  fieldManager: string,
): Promise<void> {
  const path = await operation.cluster.pathOf(object);
  const body: PropertyMap = {
    apiVersion: apiVersionOf(object),
    kind: kindOf(object),
    metadata: { name: nameOf(object) },
  };
  if (namespaceOf(object) !== "") setNested(body, namespaceOf(object), "metadata", "namespace");
  await operation.cluster.api.request({
    method: "PATCH",
    path: `${path}/${encodeURIComponent(nameOf(object))}`,
    query: { fieldManager },
    body,
    contentType: "application/apply-patch+yaml",
    signal: operation.signal,
  });
}

async function serverSideApply(
  operation: Operation,
  path: string,
  body: KubeObject,
  force: boolean,
  validate: boolean,
): Promise<KubeObject> {
  try {
    return await operation.cluster.api.request({
      method: "PATCH",
      path: `${path}/${encodeURIComponent(nameOf(body))}`,
      query: {
        fieldManager: operation.fieldManager,
        force: String(force),
        ...(validate && { fieldValidation: "Warn" }),
        ...(operation.preview && { dryRun: "All" }),
      },
      body,
      contentType: "application/apply-patch+yaml",
      signal: operation.signal,
    });
  } catch (error) {
    if (!isConflict(error) || !(error instanceof ApiError)) throw error;
    throw new ApiError(
      error.code,
      error.reason,
      `${CONFLICT_HELP}\nThe resource managed by field manager "${operation.fieldManager}" had an apply conflict: ` +
        `${error.message}\nTo take these fields over, set the annotation ${ANNOTATIONS.patchForce}: "true" on the ` +
        "resource, or enablePatchForce on the provider.",
      error.status,
    );
  }
}

async function takeOver(operation: Operation, path: string, live: KubeObject): Promise<KubeObject> {
  if (operation.preview || isPatchType(operation.urn)) return live;
  const patch = takeOverPatch(live, operation.fieldManager);
  if (patch === undefined) return live;
  return operation.cluster.api.request({
    method: "PATCH",
    path: `${path}/${encodeURIComponent(nameOf(live))}`,
    body: patch,
    contentType: "application/json-patch+json",
    signal: operation.signal,
  });
}

function mustForce(operation: Operation, inputs: KubeObject, live: KubeObject | undefined): boolean {
  if (isAnnotationTrue(inputs, ANNOTATIONS.patchForce) || operation.settings.enablePatchForce) return true;
  // Without a previous object a conflict in a preview comes from what the real run replaces.
  if (live === undefined) return operation.preview;
  if (operation.preview && hasClientSideFields(live)) return true;
  return nestedObjects(live, "metadata", "managedFields").length === 0;
}

/** Leaves ignored fields to the manager that owns them; keeps the live value of those that are ours alone. */
function resolveIgnored(
  operation: Operation,
  inputs: KubeObject,
  live: KubeObject,
  ignoreChanges: readonly string[],
): KubeObject {
  const body = deepCopy(inputs);
  for (const path of keyPaths(ignoreChanges)) {
    const { ours, others } = fieldOwners(live, operation.fieldManager, path);
    if (others && !ours) {
      removeNested(body, ...path);
      continue;
    }
    const value = nested(live, ...path);
    if (value !== undefined) setNested(body, deepCopy(value), ...path);
  }
  return body;
}

function withLiveValues(inputs: KubeObject, live: KubeObject, ignoreChanges: readonly string[]): KubeObject {
  const body = deepCopy(inputs);
  for (const path of keyPaths(ignoreChanges)) {
    const value = nested(live, ...path);
    if (value !== undefined) setNested(body, deepCopy(value), ...path);
  }
  return body;
}

/** Paths without list indices: lists are owned by item, not by position. */
function keyPaths(paths: readonly string[]): string[][] {
  return paths
    .map(parsePropertyPath)
    .filter(
      (path): path is string[] =>
        path.length > 0 && path.every((step) => typeof step === "string" && step !== "*"),
    );
}

/** An RFC 7386 patch that turns `old` into `wanted`. */
export function mergePatch(old: PropertyMap, wanted: PropertyMap): PropertyMap {
  const patch: PropertyMap = {};
  for (const key of new Set([...Object.keys(old), ...Object.keys(wanted)])) {
    const before: PropertyValue | undefined = old[key];
    const after: PropertyValue | undefined = wanted[key];
    if (after === undefined) patch[key] = null;
    else if (isObject(before) && isObject(after)) {
      const inner = mergePatch(before, after);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (JSON.stringify(before) !== JSON.stringify(after)) patch[key] = after;
  }
  return patch;
}

function isMissingNamespace(error: unknown): boolean {
  return isNotFound(error) && nestedString((error as ApiError).status, "details", "kind") === "namespaces";
}

function explain(error: unknown): unknown {
  if (!isAlreadyExists(error) || !(error instanceof ApiError)) return error;
  return new ApiError(
    error.code,
    error.reason,
    `${error.message}\n\nThe resource already exists in the cluster. What to do depends on where it comes from:\n` +
      "  - the Pulumi resource was renamed: add an alias, or deleteBeforeReplace if it has to be replaced;\n" +
      "  - it belongs to something else: manage single fields with a Patch resource;\n" +
      "  - it is to be adopted: use `pulumi import`, or set upsertExistingObjects on the provider.",
    error.status,
  );
}

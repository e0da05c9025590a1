import { containsUnknowns } from "../../../providers/shared/properties";
import type { PropertyMap } from "../../../providers/shared/properties";
import { LAST_APPLIED } from "./annotations";
import { NoMatchError, isAlreadyExists, isForbidden } from "./apiClient";
import { PreviewError, createObject, relinquish, updateObject } from "./apply";
import { awaitReady } from "./await/await";
import { AwaitError } from "./await/wait";
import { checkpoint, initialApiVersionOf, parseCheckpoint, toObject } from "./checkpoint";
import { isCustomResourceDefinition } from "./kinds";
import { normalizeInputs, prune } from "./normalize";
import {
  annotationOf,
  apiVersionOf,
  groupVersion,
  gvkOf,
  idOf,
  isPatchType,
  nameOf,
  setNested,
} from "./objects";
import type { KubeObject } from "./objects";
import { initFailed, managerName, operationFor, unreachable, wrap } from "./resourceRequest";
import type { ResourceRequest } from "./resourceRequest";

/** Creates the object of a resource and waits until it is ready. In a preview a dry run tells what it would become. */
export async function createResource(
  request: ResourceRequest & { preview: boolean; timeout: number; inputs: PropertyMap },
): Promise<{ id: string; properties: PropertyMap }> {
  const { state, urn, preview, inputs: program } = request;
  const inputs = toObject(program);
  const echo = { id: "", properties: program };
  if (!state.target.reachable) {
    if (preview) return echo;
    throw unreachable(state.target.reason);
  }
  const { cluster } = state.target;
  const rehearsable = !containsUnknowns(inputs) && !isPatchType(urn) && state.settings.enableServerSideApply;
  if (preview && !(rehearsable && (await cluster.serves(gvkOf(inputs))))) return echo;

  const operation = operationFor(request, cluster, preview, managerName(state, undefined, inputs));
  const save = (live: KubeObject): PropertyMap =>
    checkpoint(inputs, live, program, apiVersionOf(inputs), operation.fieldManager);
  let created: KubeObject;
  try {
    created = await createObject(operation, inputs);
  } catch (error) {
    if (preview && (isForbidden(error) || isAlreadyExists(error) || error instanceof PreviewError))
      return echo;
    if (error instanceof NoMatchError) {
      throw new Error(
        `creation of resource "${urn}" with kind ${groupVersion(gvkOf(inputs))}/${gvkOf(inputs).kind} failed because ` +
          "the Kubernetes API server reported that the apiVersion for this resource does not exist. Verify that any " +
          `required CRDs have been created: ${error.message}`,
      );
    }
    throw wrap(`resource "${urn}" was not successfully created by the Kubernetes API server`, error);
  }
  if (preview) {
    delete created["status"];
    return { id: "", properties: save(created) };
  }
  try {
    const live = await awaitReady(operation, inputs, created, request.timeout);
    return { id: idOf(live), properties: save(live) };
  } catch (error) {
    throw initFailed(
      idOf(created),
      `resource "${urn}" was successfully created, but the Kubernetes API server reported that it failed to fully ` +
        "initialize or become live",
      error,
      save(error instanceof AwaitError ? error.object : created),
    );
  } finally {
    if (isCustomResourceDefinition(inputs)) cluster.forgetKinds();
  }
}

/** Changes the object of a resource to new inputs and waits until it is ready again. */
export async function updateResource(
  request: ResourceRequest & {
    preview: boolean;
    timeout: number;
    saved: PropertyMap;
    inputs: PropertyMap;
    ignoreChanges: readonly string[];
  },
): Promise<PropertyMap> {
  const { state, urn, preview, inputs: program } = request;
  const inputs = normalizeInputs(toObject(program));
  if (!state.target.reachable) {
    if (preview) return program;
    throw unreachable(state.target.reason);
  }
  const { cluster } = state.target;
  if (preview && (containsUnknowns(inputs) || !(await cluster.serves(gvkOf(inputs))))) return program;

  const previous = parseCheckpoint(request.saved);
  const oldInputs = normalizeInputs(previous.inputs);
  const kubectlAnnotation = annotationOf(previous.live, LAST_APPLIED);
  if (kubectlAnnotation !== "")
    setNested(oldInputs, kubectlAnnotation, "metadata", "annotations", LAST_APPLIED);
  const initialApiVersion = initialApiVersionOf(previous, oldInputs);
  const operation = operationFor(
    request,
    cluster,
    preview,
    managerName(state, previous.fieldManager, inputs),
  );
  const save = (live: KubeObject): PropertyMap =>
    checkpoint(inputs, live, program, initialApiVersion, operation.fieldManager);

  let live: KubeObject;
  try {
    const before = await cluster.get(inputs, nameOf(previous.live), operation.signal);
    const updated = await updateObject(
      operation,
      before,
      prune(previous.live, oldInputs),
      inputs,
      request.ignoreChanges,
    );
    live = preview ? updated : await awaitReady(operation, inputs, updated, request.timeout, before);
  } catch (error) {
    if (preview && isForbidden(error)) return program;
    if (error instanceof NoMatchError) {
      throw wrap(
        `update of resource "${urn}" failed because the Kubernetes API server reported that the apiVersion for this ` +
          "resource does not exist. Verify that any required CRDs have been created",
        error,
      );
    }
    let current: KubeObject;
    try {
      current = await cluster.get(previous.live, nameOf(previous.live));
    } catch (readError) {
      throw new Error(
        `update of resource "${urn}" failed: ${(error as Error).message}\n` +
          `unable to get cluster state: ${(readError as Error).message}`,
      );
    }
    const id = idOf(current);
    throw initFailed(
      id,
      `the Kubernetes API server reported that "${id}" failed to fully initialize or become live`,
      error,
      save(current),
    );
  }
  const formerManager = managerName(state, previous.fieldManager, previous.inputs);
  if (state.settings.enableServerSideApply && !preview && formerManager !== operation.fieldManager) {
    await relinquish(operation, live, formerManager);
  }
  return save(live);
}

import type { PropertyMap } from "../../../providers/shared/properties";
import { deletionPropagation } from "./annotations";
import { NoMatchError, isNotFound } from "./apiClient";
import { relinquish } from "./apply";
import { awaitDeleted } from "./await/await";
import { AwaitError } from "./await/wait";
import { checkpoint, initialApiVersionOf, parseCheckpoint } from "./checkpoint";
import { idOf, isPatchType, parseId } from "./objects";
import { status } from "./operation";
import { HOW_TO_FORGET, initFailed, managerName, operationFor } from "./resourceRequest";
import type { ResourceRequest } from "./resourceRequest";

/** Deletes the object of a resource and waits until it is gone. An object or kind that is gone already is fine. */
export async function deleteResource(
  request: ResourceRequest & { id: string; timeout: number; saved: PropertyMap },
): Promise<void> {
  const { state, urn, context } = request;
  if (!state.target.reachable) {
    context.log.log("warning", `configured Kubernetes cluster is unreachable: ${state.target.reason}`, urn);
    if (!state.settings.deleteUnreachable)
      throw new Error(`configured Kubernetes cluster is unreachable. ${HOW_TO_FORGET}`);
    context.log.log(
      "info",
      "The `deleteUnreachable` option is enabled: dropping the resource from the state",
      urn,
    );
    return;
  }
  const { cluster } = state.target;
  const saved = parseCheckpoint(request.saved);
  const { name } = parseId(request.id);
  const operation = operationFor(
    request,
    cluster,
    false,
    managerName(state, saved.fieldManager, saved.inputs),
  );
  try {
    if (isPatchType(urn)) {
      await relinquish(operation, saved.live, operation.fieldManager);
      return;
    }
    const path = await cluster.pathOf(saved.live);
    await cluster.api.request({
      method: "DELETE",
      path: `${path}/${encodeURIComponent(name)}`,
      body: { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: deletionPropagation(saved.inputs) },
      signal: context.signal,
    });
    await awaitDeleted(operation, saved.inputs, saved.live, request.timeout);
    status(operation, "");
  } catch (error) {
    if (isNotFound(error) || error instanceof NoMatchError) return;
    if (!(error instanceof AwaitError)) throw error;
    const properties = checkpoint(
      saved.inputs,
      error.object,
      request.saved,
      initialApiVersionOf(saved, saved.inputs),
      operation.fieldManager,
    );
    throw initFailed(
      idOf(error.object),
      `deletion of "${idOf(error.object)}" did not complete`,
      error,
      properties,
    );
  }
}

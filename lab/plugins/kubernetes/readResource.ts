import { InitFailedError } from "../../../providers/shared/errors";
import type { PropertyMap } from "../../../providers/shared/properties";
import { LAST_APPLIED } from "./annotations";
import { NoMatchError, isNotFound } from "./apiClient";
import { unreadyReasons } from "./await/await";
import { checkpoint, initialApiVersionOf, parseCheckpoint, toInputProperties, toObject } from "./checkpoint";
import { dropsEmptyValues } from "./kinds";
import { normalizeInputs, prune, pruneKeepingEmpty } from "./normalize";
import {
  apiVersionOf,
  deepCopy,
  groupVersion,
  gvkOf,
  gvkOfUrn,
  idOf,
  nameOf,
  namespaceOf,
  parseId,
  removeNested,
  setNested,
} from "./objects";
import type { KubeObject } from "./objects";
import { HOW_TO_FORGET, managerName } from "./resourceRequest";
import type { ResourceRequest } from "./resourceRequest";

/**
 * Reads the object of a resource: for a refresh with the inputs of the last run, for an import without. `undefined` when
 * it does not exist any more.
 */
export async function readResource(
  request: ResourceRequest & { id: string; saved: PropertyMap; inputs: PropertyMap },
): Promise<{ id: string; properties: PropertyMap; inputs: PropertyMap } | undefined> {
  const { state, urn, id, context } = request;
  if (!state.target.reachable) {
    context.log.log("warning", `configured Kubernetes cluster is unreachable: ${state.target.reason}`, urn);
    if (state.settings.deleteUnreachable) {
      context.log.log(
        "info",
        "The `deleteUnreachable` option is enabled: dropping the resource from the state",
        urn,
      );
      return undefined;
    }
    if (state.settings.skipUpdateUnreachable) {
      context.log.log("info", "The `skipUpdateUnreachable` option is enabled: keeping the saved state", urn);
      return { id, properties: request.saved, inputs: request.inputs };
    }
    throw new Error(`failed to read resource state due to unreachable cluster. ${HOW_TO_FORGET}`);
  }
  const { cluster } = state.target;
  const { namespace, name } = parseId(id);
  const previous = parseCheckpoint(request.saved);
  const oldInputs = normalizeInputs(toObject(request.inputs));
  const imported = apiVersionOf(oldInputs) === "" && apiVersionOf(previous.live) === "";
  if (apiVersionOf(oldInputs) === "") {
    const gvk = imported ? gvkOfUrn(urn) : gvkOf(previous.live);
    oldInputs["apiVersion"] = groupVersion(gvk);
    oldInputs["kind"] = gvk.kind;
    if (nameOf(oldInputs) === "") setNested(oldInputs, name, "metadata", "name");
    if (namespaceOf(oldInputs) === "" && namespace !== "")
      setNested(oldInputs, namespace, "metadata", "namespace");
  }
  const fieldManager = managerName(state, previous.fieldManager, oldInputs);
  let live: KubeObject;
  try {
    live = await cluster.get(oldInputs, name, context.signal);
  } catch (error) {
    if (error instanceof NoMatchError || isNotFound(error)) return undefined;
    throw error;
  }
  const cut = dropsEmptyValues(live) ? pruneKeepingEmpty : prune;
  const liveInputs = imported ? inputsOfImported(live) : cut(live, oldInputs);
  const properties = checkpoint(
    liveInputs,
    live,
    request.inputs,
    initialApiVersionOf(previous, oldInputs),
    fieldManager,
  );
  const inputs = toInputProperties(liveInputs, request.inputs);
  const readId = id === "" ? idOf(live) : id;
  const reasons = imported ? [] : await unreadyReasons(cluster, oldInputs, live);
  if (reasons.length > 0) {
    throw new InitFailedError(
      readId,
      "Resource operation was cancelled or is not ready",
      properties,
      reasons,
      inputs,
    );
  }
  return { id: readId, properties, inputs };
}

function inputsOfImported(live: KubeObject): KubeObject {
  const inputs = normalizeInputs(deepCopy(live));
  delete inputs["status"];
  removeNested(inputs, "metadata", "annotations", "deployment.kubernetes.io/revision");
  removeNested(inputs, "metadata", "annotations", LAST_APPLIED);
  return inputs;
}

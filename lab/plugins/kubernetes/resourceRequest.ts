import { InitFailedError } from "../../../providers/shared/errors";
import type { PropertyMap } from "../../../providers/shared/properties";
import type { CallContext } from "../../../providers/shared/serve";
import { ANNOTATIONS } from "./annotations";
import { AwaitError } from "./await/wait";
import type { Cluster } from "./cluster";
import { uniqueName } from "./naming";
import { annotationOf } from "./objects";
import type { KubeObject } from "./objects";
import type { Operation } from "./operation";
import type { ProviderState } from "./providerConfig";

/** What every operation on a resource gets. */
export interface ResourceRequest {
  readonly state: ProviderState;
  readonly urn: string;
  readonly context: CallContext;
}

/** What to do about a resource whose cluster is gone. */
export const HOW_TO_FORGET =
  "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the " +
  'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"';

/** The surroundings of one operation. */
export function operationFor(
  request: ResourceRequest,
  cluster: Cluster,
  preview: boolean,
  fieldManager: string,
): Operation {
  return {
    cluster,
    settings: request.state.settings,
    urn: request.urn,
    log: request.context.log,
    signal: request.context.signal,
    fieldManager,
    preview,
  };
}

/** Who owns our fields: the annotation, else the manager of the last run, else a new name. */
export function managerName(state: ProviderState, saved: string | undefined, inputs: KubeObject): string {
  if (!state.settings.enableServerSideApply) return "pulumi-kubernetes";
  return annotationOf(inputs, ANNOTATIONS.patchFieldManager) || saved || uniqueName("pulumi-kubernetes-");
}

/** The cluster did not answer when the provider was configured. */
export function unreachable(reason: string): Error {
  return new Error(`configured Kubernetes cluster is unreachable: ${reason}`);
}

/** An error with what was tried before its own message. */
export function wrap(message: string, error: unknown): Error {
  return new Error(`${message}: ${(error as Error).message}`, { cause: error });
}

/** The object exists but is not as it should be: its state is saved, the step fails. */
export function initFailed(
  id: string,
  message: string,
  error: unknown,
  properties: PropertyMap,
): InitFailedError {
  const text = `${message}: ${(error as Error).message}`;
  const reasons = error instanceof AwaitError ? error.reasons : [];
  return new InitFailedError(id, text, properties, [text, ...reasons]);
}

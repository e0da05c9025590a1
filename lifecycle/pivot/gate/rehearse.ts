import pMap from "p-map";
import { refOf } from "../../inventory/graph";
import { errorText } from "../../shared/failure";
import { alreadyExists, KubeApiError, type KubeClient } from "../../shared/kube/client";
import { describe, type KubeObject, oneLine, text } from "../../shared/kube/objects";
import { holdingAnnotations, statusAnnotation } from "../hostAnnotations";
import type { Rehearsal } from "./facts";

/** Requests under way at a time. */
const concurrency = 6;

/**
 * One object of each kind that moves; of hosts, one of each state, because the operator's webhook reads the status that
 * travels with them.
 */
export function representatives(moving: readonly KubeObject[]): KubeObject[] {
  const chosen = new Map<string, KubeObject>();
  for (const object of moving) {
    const state = object.kind === "BareMetalHost" ? text(object, "status", "provisioning", "state") : "";
    const key = `${object.apiVersion} ${object.kind} ${state}`;
    if (!chosen.has(key)) {
      chosen.set(key, object);
    }
  }
  return [...chosen.values()];
}

/**
 * The object as clusterctl creates it on the target, as far as a dry run can: without what the source's server has added and
 * without owners, which are not there yet. Secrets and config maps go without their content, which no webhook judges and no
 * audit log shall keep.
 */
export function asCreated(object: KubeObject): KubeObject {
  const { metadata } = object;
  const { spec, apiVersion, kind } = object;
  const annotations =
    kind === "BareMetalHost"
      ? { ...metadata.annotations, [statusAnnotation]: holdingAnnotations(object)[statusAnnotation] ?? "" }
      : metadata.annotations;
  const type = text(object, "type");
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      ...(annotations ? { annotations } : {}),
    },
    ...(spec ? { spec } : {}),
    // The built-in types ask for certain keys.
    ...(kind === "Secret" && type && !type.startsWith("kubernetes.io/") ? { type } : {}),
  };
}

/** Creates one object of each kind on the target, on its server's side only. */
export async function rehearseCreates(
  target: KubeClient,
  moving: readonly KubeObject[],
): Promise<Rehearsal[]> {
  return pMap(
    representatives(moving),
    (object) => rehearse(object, () => target.create(asCreated(object), { dryRun: true })),
    { concurrency },
  );
}

/** Writes what the move writes to a host of each state and its hardware data on the source, on its server's side only. */
export async function rehearseSourceWrites(
  source: KubeClient,
  moving: readonly KubeObject[],
): Promise<Rehearsal[]> {
  const chosen = representatives(moving).filter(
    ({ kind }) => kind === "BareMetalHost" || kind === "HardwareData",
  );
  return pMap(
    chosen,
    (object) =>
      rehearse(object, () =>
        source.patch(
          refOf(object),
          "merge",
          {
            metadata: {
              annotations:
                object.kind === "BareMetalHost"
                  ? holdingAnnotations(object)
                  : { "metal3.pulumi.com/rehearsal": "" },
            },
          },
          { dryRun: true },
        ),
      ),
    { concurrency },
  );
}

async function rehearse(object: KubeObject, write: () => Promise<unknown>): Promise<Rehearsal> {
  const base = { object: describe(object), subject: object };
  try {
    await write();
    return base;
  } catch (error) {
    return { ...base, ...judge(error) };
  }
}

/** What an error of a dry run means. That the object exists is an answer of everybody who was to be asked. */
export function judge(error: unknown): Pick<Rehearsal, "trouble" | "message"> {
  if (alreadyExists(error)) {
    return {};
  }
  const message = oneLine(errorText(error), 300);
  const refused =
    error instanceof KubeApiError &&
    (error.reason === "Invalid" ||
      error.status === 400 ||
      (error.status === 403 && !/failed calling webhook/.test(error.message)));
  return { trouble: refused ? "denied" : "unanswered", message };
}

import { setTimeout as delay } from "node:timers/promises";
import { isObject } from "../../../../providers/shared/properties";
import { ApiError } from "../apiClient";
import type { Cluster } from "../cluster";
import { nameOf, nestedObjects, nestedString, gvkOf, namespaceOf } from "../objects";
import type { KubeObject } from "../objects";

/** What was seen of an object: its state, that it is gone, or nothing new. */
export type Sighting =
  | { readonly kind: "state"; readonly object: KubeObject }
  | { readonly kind: "gone" }
  | { readonly kind: "tick" };

/** Server-side limit of one watch, in seconds; a new one follows. */
const WATCH_SECONDS = 240;
/** Pause after a watch that failed, in milliseconds. */
const REOPEN_PAUSE = 1_000;

/**
 * Follows one object: its present state first, then every change, with a tick whenever `interval` milliseconds pass
 * without one. Survives restarts of the API server. Ends when the signal is aborted.
 */
export async function* observe(
  cluster: Cluster,
  object: KubeObject,
  signal: AbortSignal,
  interval: number,
): AsyncGenerator<Sighting> {
  const changes = watchObject(cluster, object, signal);
  let next = changes.next();
  // Keeps a failure from being reported as unhandled while a tick is on its way.
  next.catch(() => undefined);
  try {
    while (!signal.aborted) {
      const timer = new AbortController();
      const first = await Promise.race([
        next,
        delay(interval, "tick" as const, { signal: AbortSignal.any([timer.signal, signal]) }).catch(
          () => "tick" as const,
        ),
      ]);
      timer.abort();
      if (first === "tick") {
        yield { kind: "tick" };
        continue;
      }
      if (first.done === true) return;
      yield first.value;
      next = changes.next();
      next.catch(() => undefined);
    }
  } finally {
    void changes.return(undefined);
  }
}

async function* watchObject(
  cluster: Cluster,
  object: KubeObject,
  signal: AbortSignal,
): AsyncGenerator<Sighting> {
  const uid = nestedString(object, "metadata", "uid");
  const fieldSelector = `metadata.name=${nameOf(object)}`;
  while (!signal.aborted) {
    try {
      const path = await cluster.collectionPath(gvkOf(object), namespaceOf(object));
      const list = await cluster.api.request({ method: "GET", path, query: { fieldSelector }, signal });
      const current = nestedObjects(list, "items")[0];
      yield sighting(current === undefined ? undefined : withType(current, object), uid);
      const query = {
        watch: "1",
        fieldSelector,
        resourceVersion: nestedString(list, "metadata", "resourceVersion"),
        timeoutSeconds: String(WATCH_SECONDS),
      };
      for await (const event of cluster.api.stream({ method: "GET", path, query, signal })) {
        const state = event["object"];
        if (event["type"] === "ERROR" || !isObject(state)) break;
        yield sighting(event["type"] === "DELETED" ? undefined : state, uid);
      }
    } catch (error) {
      if (signal.aborted) return;
      // The kind itself is gone, and every object with it.
      if (error instanceof Error && error.message.startsWith("no matches for kind")) yield { kind: "gone" };
      if (error instanceof ApiError && (error.code === 401 || error.code === 403)) throw error;
      await delay(REOPEN_PAUSE, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Another object under the same name means that the one we follow is gone. */
function sighting(object: KubeObject | undefined, uid: string): Sighting {
  if (object === undefined) return { kind: "gone" };
  const seen = nestedString(object, "metadata", "uid");
  return uid !== "" && seen !== "" && seen !== uid ? { kind: "gone" } : { kind: "state", object };
}

/** Items of a list carry no type of their own. */
function withType(item: KubeObject, like: KubeObject): KubeObject {
  return { apiVersion: like["apiVersion"] ?? "", kind: like["kind"] ?? "", ...item };
}

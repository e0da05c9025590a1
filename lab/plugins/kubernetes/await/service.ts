import { isObject } from "../../../../providers/shared/properties";
import { isNotFound } from "../apiClient";
import type { Cluster } from "../cluster";
import { nameOf, namespaceOf, nested, nestedObjects, nestedString } from "../objects";
import type { KubeObject } from "../objects";
import type { Condition, Verdict } from "./wait";

/** How long endpoints have to stay as they are before they count, in milliseconds; longer while there are none. */
const SETTLE = 2_000;
const SETTLE_EMPTY = 10_000;

/**
 * A Service is ready when its load balancer has an address and none of the pods it selects is unready. One without
 * selector, without cluster IP or with an external name is ready at once. A Service that selects no pod at all becomes
 * ready too, after a while.
 */
export function serviceCondition(cluster: Cluster): Condition {
  let seen: string | undefined;
  let since = 0;
  return async (service, gone): Promise<Verdict> => {
    if (gone) return { done: false, message: `Service "${nameOf(service)}" does not exist`, warning: true };
    const type = nestedString(service, "spec", "type") || "ClusterIP";
    if (lacksAddress(service, type)) {
      return { done: false, message: "[2/3] Attempting to allocate IP address to Service" };
    }
    if (!selectsPods(service, type)) return { done: true };
    const endpoints = await endpointsOf(cluster, service);
    const fingerprint = JSON.stringify(
      nested(endpoints, "subsets") ?? (endpoints === undefined ? "none" : "empty"),
    );
    if (fingerprint !== seen) {
      seen = fingerprint;
      since = Date.now();
    }
    const subsets = nestedObjects(endpoints, "subsets");
    const pending = hasUnready(subsets);
    const ready = subsets.some((subset) => nestedObjects(subset, "addresses").length > 0);
    const settled = Date.now() - since >= (ready ? SETTLE : SETTLE_EMPTY);
    if (endpoints !== undefined && !pending && settled) return { done: true };
    return {
      done: false,
      message: pending
        ? "[1/3] Waiting for the Pods behind the Service to be ready"
        : "[1/3] Finding Pods to direct traffic to",
    };
  };
}

/** Whether a Service is ready at this moment: no address is missing, and no pod that it selects is unready. */
export async function serviceReadiness(cluster: Cluster, service: KubeObject): Promise<Verdict> {
  const type = nestedString(service, "spec", "type") || "ClusterIP";
  if (lacksAddress(service, type)) {
    return { done: false, message: "Service was not allocated an IP address" };
  }
  if (!selectsPods(service, type)) return { done: true };
  const subsets = nestedObjects(await endpointsOf(cluster, service), "subsets");
  return hasUnready(subsets)
    ? { done: false, message: "Pods that the Service selects are not ready" }
    : { done: true };
}

function lacksAddress(service: KubeObject, type: string): boolean {
  return type === "LoadBalancer" && nestedObjects(service, "status", "loadBalancer", "ingress").length === 0;
}

function hasUnready(subsets: readonly KubeObject[]): boolean {
  return subsets.some((subset) => nestedObjects(subset, "notReadyAddresses").length > 0);
}

function selectsPods(service: KubeObject, type: string): boolean {
  const selector = nested(service, "spec", "selector");
  const selects = isObject(selector) && Object.keys(selector).length > 0;
  return selects && type !== "ExternalName" && nestedString(service, "spec", "clusterIP") !== "None";
}

async function endpointsOf(cluster: Cluster, service: KubeObject): Promise<KubeObject | undefined> {
  const endpoints = { apiVersion: "v1", kind: "Endpoints", metadata: { namespace: namespaceOf(service) } };
  try {
    return await cluster.get(endpoints, nameOf(service));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

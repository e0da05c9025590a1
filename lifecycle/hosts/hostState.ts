import { count, field, type KubeObject, oneLine, text } from "../shared/kube/objects";

/** What the programs look at of a BareMetalHost. */
export interface HostView {
  readonly name: string;
  /** `status.provisioning.state`; "" before the operator has seen the host. */
  readonly state: string;
  /** `status.operationalStatus`: "OK", "error", "discovered", "delayed", "detached" or "". */
  readonly operationalStatus: string;
  readonly errorType?: string;
  readonly errorMessage?: string;
  /** Failed attempts, as the operator counts them: from zero again when a step succeeds. */
  readonly errorCount: number;
  readonly poweredOn: boolean;
  /** URL of the image that is on the host, as the operator knows it. */
  readonly image?: string;
  /** "Metal3Machine <name>" when the host is in use. */
  readonly consumer?: string;
  readonly deleting: boolean;
  /** When the operator began what the state names (ISO 8601); unset for states in which nothing is going on. */
  readonly stateSince?: string;
  /** When a program gave up waiting for the host (ISO 8601), see recovery.ts. */
  readonly gaveUpAt?: string;
}

/** Annotation of a host with the time at which a program gave up waiting for it. */
export const gaveUpAnnotation = "metal3.pulumi.com/gave-up";

/** Field of `status.operationHistory` with the begin of a state. */
const operations: Readonly<Record<string, string>> = {
  registering: "register",
  inspecting: "inspect",
  provisioning: "provision",
  deprovisioning: "deprovision",
};

/** Reads a BareMetalHost. */
export function viewHost(host: KubeObject): HostView {
  const consumer = text(host, "spec", "consumerRef", "name");
  const state = text(host, "status", "provisioning", "state") ?? "";
  return {
    name: host.metadata.name,
    state,
    operationalStatus: text(host, "status", "operationalStatus") ?? "",
    errorType: text(host, "status", "errorType"),
    errorMessage: text(host, "status", "errorMessage"),
    errorCount: count(host, "status", "errorCount") ?? 0,
    poweredOn: field(host, "status", "poweredOn") === true,
    image: text(host, "status", "provisioning", "image", "url"),
    consumer: consumer && `${text(host, "spec", "consumerRef", "kind") ?? "consumer"} ${consumer}`,
    deleting: host.metadata.deletionTimestamp !== undefined,
    stateSince: text(host, "status", "operationHistory", operations[state] ?? "", "start"),
    gaveUpAt: host.metadata.annotations?.[gaveUpAnnotation],
  };
}

/** States of a host that has been registered, inspected and cleaned, or is already in use. */
const pastInspection = new Set([
  "available",
  "ready",
  "provisioning",
  "provisioned",
  "externally provisioned",
]);

/** Whether a host can be taken by a machine, or has been. */
export function isUsable(host: HostView): boolean {
  return pastInspection.has(host.state) && host.errorMessage === undefined && !host.deleting;
}

/** One host in a progress line: "host-0 inspecting" or "host-0 registering, registration error: ...". */
export function hostLine(host: HostView | undefined, name: string): string {
  if (!host) {
    return `${name} absent`;
  }
  const parts = [`${name} ${host.state || "new"}${host.deleting ? " (deleting)" : ""}`];
  if (host.errorMessage !== undefined) {
    parts.push(`${host.errorType ?? "error"} (attempt ${host.errorCount}): ${shorten(host.errorMessage)}`);
  } else if (host.operationalStatus && host.operationalStatus !== "OK") {
    parts.push(host.operationalStatus);
  }
  return parts.join(", ");
}

/** Hosts up to which a progress line tells of each. */
const fewHosts = 12;

/** What a progress line calls hosts: their names, or how many there are. */
export function hostNames(names: readonly string[]): string {
  return names.length > fewHosts ? `${names.length} hosts` : `hosts ${names.join(", ")}`;
}

/** The states of hosts in a progress line. Of many, only of some that are not usable yet. */
export function hostLines(names: readonly string[], hosts: ReadonlyMap<string, HostView>): string {
  const line = (name: string) => hostLine(hosts.get(name), name);
  if (names.length <= fewHosts) return names.map(line).join(" | ");
  const pending = names.filter((name) => !isUsable(hosts.get(name) ?? unseenHost(name)));
  const done = `${names.length - pending.length} of ${names.length} are available`;
  return [done, ...firstFew(pending.map(line))].join(" | ");
}

/** Parts of a progress line, not more than some, and how many more there are. */
export function firstFew(parts: readonly string[]): string[] {
  const more = parts.length - fewHosts;
  return more > 0 ? [...parts.slice(0, fewHosts), `and ${more} more`] : [...parts];
}

/** A progress line is repeated every few seconds; the whole message comes with the failure. */
function shorten(message: string): string {
  return oneLine(message, 160);
}

/** A host that is not there, or of which the operator has said nothing yet. */
export function unseenHost(name: string): HostView {
  return { name, state: "", operationalStatus: "", errorCount: 0, poweredOn: false, deleting: false };
}

import { count, field, type KubeObject, text } from "../shared/kube/objects";

/** What the programs look at of a BareMetalHost. */
export interface HostView {
  readonly name: string;
  /** `status.provisioning.state`; "" before the operator has seen the host. */
  readonly state: string;
  /** `status.operationalStatus`: "OK", "error", "discovered", "delayed", "detached" or "". */
  readonly operationalStatus: string;
  readonly errorType?: string;
  readonly errorMessage?: string;
  /** Failed attempts in a row. */
  readonly errorCount: number;
  readonly poweredOn: boolean;
  /** "Metal3Machine <name>" when the host is in use. */
  readonly consumer?: string;
  readonly deleting: boolean;
}

/** Reads a BareMetalHost. */
export function viewHost(host: KubeObject): HostView {
  const consumer = text(host, "spec", "consumerRef", "name");
  return {
    name: host.metadata.name,
    state: text(host, "status", "provisioning", "state") ?? "",
    operationalStatus: text(host, "status", "operationalStatus") ?? "",
    errorType: text(host, "status", "errorType"),
    errorMessage: text(host, "status", "errorMessage"),
    errorCount: count(host, "status", "errorCount") ?? 0,
    poweredOn: field(host, "status", "poweredOn") === true,
    consumer: consumer && `${text(host, "spec", "consumerRef", "kind") ?? "consumer"} ${consumer}`,
    deleting: host.metadata.deletionTimestamp !== undefined,
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
    parts.push(`${host.errorType ?? "error"} (attempt ${host.errorCount}): ${host.errorMessage}`);
  } else if (host.operationalStatus && host.operationalStatus !== "OK") {
    parts.push(host.operationalStatus);
  }
  return parts.join(", ");
}

/** How long errors are waited through. */
export interface Patience {
  /** Failed attempts of the operator. */
  readonly attempts: number;
  /** Seconds without a break. */
  readonly seconds: number;
}

interface Ordeal {
  readonly since: number;
  /** Attempts that had failed before this program looked for the first time. */
  readonly earlierAttempts: number;
}

/**
 * Tells an error that goes away from one that stays. The operator retries with growing pauses; what had failed before this
 * program began does not count, because the cause may have been mended since.
 */
export class ErrorWatch {
  private readonly ordeals = new Map<string, Ordeal>();
  private readonly seen = new Set<string>();

  constructor(private readonly patience: Patience) {}

  /**
   * Notes what is seen of a host.
   *
   * @param now Milliseconds since the epoch.
   * @returns Whether the host's error counts as one that stays.
   */
  observe(host: HostView, now: number): boolean {
    const first = !this.seen.has(host.name);
    this.seen.add(host.name);
    if (host.errorMessage === undefined) {
      this.ordeals.delete(host.name);
      return false;
    }
    let ordeal = this.ordeals.get(host.name);
    if (!ordeal) {
      ordeal = { since: now, earlierAttempts: first ? host.errorCount : 0 };
      this.ordeals.set(host.name, ordeal);
    }
    const attempts = host.errorCount - ordeal.earlierAttempts;
    return attempts >= this.patience.attempts || now - ordeal.since >= this.patience.seconds * 1000;
  }
}

/** Where a host failed, and what to look at. */
export interface FailureLayer {
  readonly layer: string;
  readonly remedy: string;
}

const bmc: FailureLayer = {
  layer: "BMC",
  remedy:
    "check the BMC's address and credentials, and that the cluster that runs Ironic reaches it; then run again",
};

/** Layers by the operator's error type. */
const layers: Readonly<Record<string, FailureLayer>> = {
  "registration error": bmc,
  "provisioned registration error": bmc,
  "inspection error": {
    layer: "network boot and inspection",
    remedy:
      "look at the host's console: did it get an address from the stack's DHCP and load the RAM disk? Check bootMACAddress and the cabling; then run again",
  },
  "preparation error": {
    layer: "cleaning, RAID or firmware settings",
    remedy: "look at Ironic's log for the node; then run again",
  },
  "provisioning error": {
    layer: "writing the image",
    remedy:
      "check that the image's URL is reachable from the host and that its checksum is right; then run again",
  },
  "power management error": {
    layer: "BMC power control",
    remedy: "check that the BMC obeys power commands; then run again",
  },
};

/** The layer in which a host failed. */
export function failureLayer(host: HostView): FailureLayer {
  return (
    layers[host.errorType ?? ""] ?? {
      layer: "host",
      remedy: "look at the host's events and at Ironic's log; then run again",
    }
  );
}

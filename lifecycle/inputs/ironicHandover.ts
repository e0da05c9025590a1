import { z } from "zod";
import { ipAddress, objectName, seconds, stackName } from "./common";

/**
 * Input of `ironic-handover`. Secrets: SOURCE_KUBECONFIG, TARGET_KUBECONFIG, IRONIC_CREDENTIALS (the result of
 * `ironic-credentials`). The target's Ironic is laid down already, with no pod.
 */
export const ironicHandoverInput = z.strictObject({
  stack: stackName,
  /** The cluster that moves afterwards: once its move has begun nothing is put back. Default: it has. */
  clusterName: objectName.optional(),
  /** The Ironic endpoint address. */
  ironicIP: ipAddress,
  /** Container network on which the hosts boot; for messages. */
  network: z.string(),
  /** Digest of the target's pod: another pod is awaited again. */
  pod: z.string().optional(),
  /** Namespace of the Ironic stack. Default "baremetal-operator-system". */
  namespace: objectName.default("baremetal-operator-system"),
  /** Deployment of the Ironic stack. Default "ironic". */
  deployment: objectName.default("ironic"),
  /** Port of the API, and all ports on which nobody may answer. Default 6385, and 6385 and 6180. */
  apiPort: z.number().int().default(6385),
  ports: z.array(z.number().int()).min(1).default([6385, 6180]),
  /** Seconds for the wire to fall silent after the source's pods are gone. Default 60. */
  silenceSeconds: seconds.default(60),
  /** Seconds for the target's Ironic to answer, and for the source's when it is put back. Default 300. */
  startSeconds: seconds.default(300),
});

/** Input of `ironic-handover`, as a caller writes it. */
export type IronicHandoverInput = z.input<typeof ironicHandoverInput>;

/** What one probe of the provisioning network has shown: "silent", or why it could not be made. */
export type ProbeResult = "silent" | `not possible: ${string}`;

/** The time without Ironic, in seconds: from the last answer of the source's API to the first one of the target's. */
export interface HandoverGap {
  readonly seconds: number;
  /** Its parts: until the source's pods were gone, until nobody answered, until the target's API answered. */
  readonly stopping: number;
  readonly silence: number;
  readonly starting: number;
  /** ISO 8601. */
  readonly from: string;
  readonly until: string;
}

/** Result of `ironic-handover`. */
export interface IronicHandoverResult {
  /** Whether the target's Ironic was found at work. */
  readonly alreadyHandedOver: boolean;
  readonly probes: {
    /** Nobody holds the endpoint address. */
    readonly address: ProbeResult;
    /** Nobody answers a DHCP discover. */
    readonly dhcp: ProbeResult;
  };
  /** Of this run, or of the earlier one that handed over; null when its beginning is not known. */
  readonly gap: HandoverGap | null;
}

import { z } from "zod";
import { ipAddress, objectName, stackName } from "./common";

/** Input of `ironic-handover`. Secrets: SOURCE_KUBECONFIG, IRONIC_CREDENTIALS; TARGET_KUBECONFIG, which tells an Ironic that has already moved from a stranger. */
export const ironicHandoverInput = z.strictObject({
  stack: stackName,
  /** The Ironic endpoint address. */
  ironicIP: ipAddress,
  /** Container network on which the hosts boot; for messages. */
  network: z.string(),
  /** Namespace of the Ironic stack. Default "baremetal-operator-system". */
  namespace: objectName.default("baremetal-operator-system"),
  /** Deployments that make up the Ironic stack. Default `["ironic"]`. */
  deployments: z.array(objectName).min(1).default(["ironic"]),
  /** Port of the API, and all ports on which nobody may answer. Default 6385, and 6385 and 6180. */
  apiPort: z.number().int().default(6385),
  ports: z.array(z.number().int()).min(1).default([6385, 6180]),
});

/** Input of `ironic-handover`, as a caller writes it. */
export type IronicHandoverInput = z.input<typeof ironicHandoverInput>;

/** What one probe of the provisioning network has shown: "silent", or why it could not be made. */
export type ProbeResult = "silent" | `not possible: ${string}`;

/** Result of `ironic-handover`. */
export interface IronicHandoverResult {
  /** Whether another Ironic, with the stack's credentials, already answers at the endpoint. */
  readonly alreadyHandedOver: boolean;
  /** When the last pod of the source's Ironic was found gone (ISO 8601). */
  readonly stoppedAt: string;
  /** When nobody answered any more (ISO 8601). */
  readonly silentAt: string;
  readonly probes: {
    /** Nobody holds the endpoint address. */
    readonly address: ProbeResult;
    /** Nobody answers a DHCP discover. */
    readonly dhcp: ProbeResult;
  };
}

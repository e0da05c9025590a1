import { z } from "zod";
import { objectName, seconds } from "./common";

/**
 * Input of `ironic-ready`. Secrets: IRONIC_CREDENTIALS (the result of `ironic-credentials`), KUBECONFIG_CONTENT (the
 * cluster that runs Ironic).
 */
export const ironicReadyInput = z.strictObject({
  /** Base URL of the API on the endpoint address, for instance `https://172.22.0.2:6385/v1/`. */
  endpoint: z.url({ protocol: /^https$/ }),
  /** Namespace of the Ironic stack. Default "baremetal-operator-system". */
  namespace: objectName.default("baremetal-operator-system"),
  /** Pods shown when Ironic does not answer. Default: all of the namespace. */
  podSelector: z.string().optional(),
  /** Limit in seconds. Default: the program's own. */
  limitSeconds: seconds.optional(),
});

/** Input of `ironic-ready`, as a caller writes it. */
export type IronicReadyInput = z.input<typeof ironicReadyInput>;

/** Result of `ironic-ready`. */
export interface IronicReadyResult {
  readonly endpoint: string;
  /** Nodes that Ironic knows. */
  readonly nodes: number;
}

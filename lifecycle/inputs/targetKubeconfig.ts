import { z } from "zod";
import { objectName, seconds } from "./common";
import { patience } from "./hostsAvailable";

/** Input of `target-kubeconfig`. */
export const targetKubeconfigInput = z.strictObject({
  /** Kubeconfig file of the cluster that holds the Cluster object, relative to the project. */
  kubeconfigPath: z.string().min(1),
  namespace: objectName,
  clusterName: objectName,
  /** URL of the target's API server; the kubeconfig must name it. */
  endpoint: z.url({ protocol: /^https$/ }),
  patience,
  /** Limit in seconds. Default: the program's own. */
  limitSeconds: seconds.optional(),
});

/** Input of `target-kubeconfig`, as a caller writes it. */
export type TargetKubeconfigInput = z.input<typeof targetKubeconfigInput>;

/** Result of `target-kubeconfig`. Secret. */
export interface TargetKubeconfigResult {
  /** Admin kubeconfig of the target, YAML. */
  readonly kubeconfig: string;
  readonly endpoint: string;
}

import { z } from "zod";
import { objectName, seconds } from "./common";
import { patience } from "./hostsAvailable";

/** Input of `nodes-ready`. Secret: TARGET_KUBECONFIG. */
export const nodesReadyInput = z.strictObject({
  /** Kubeconfig file of the cluster that holds the Machines, relative to the project. */
  kubeconfigPath: z.string().min(1),
  namespace: objectName,
  clusterName: objectName,
  controlPlaneReplicas: z.number().int().positive(),
  /** Sum over all worker pools. */
  workerReplicas: z.number().int().nonnegative(),
  /**
   * What is waited for: "ready", every Machine is Running and its node Ready; or "deployed", every Machine's host is provisioned
   * and needs Ironic no more, while its operating system may still be booting. Default "ready".
   */
  until: z.enum(["deployed", "ready"]).default("ready"),
  patience,
  /** Limit in seconds. Default: the program's own. */
  limitSeconds: seconds.optional(),
});

/** Input of `nodes-ready`, as a caller writes it. */
export type NodesReadyInput = z.input<typeof nodesReadyInput>;

/** Result of `nodes-ready`. */
export interface NodesReadyResult {
  /** Node name to Machine name; with "deployed", host name to Machine name. */
  readonly nodes: Readonly<Record<string, string>>;
}

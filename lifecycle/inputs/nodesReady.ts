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
   * The pools: machines of other MachineDeployments are on their way out and are not waited for. Default: all count. With
   * "ready", their nodes must carry the labels and taints.
   */
  pools: z
    .array(
      z.strictObject({
        /** Name of the MachineDeployment. */
        deployment: objectName,
        labels: z.record(z.string(), z.string()).default({}),
        taints: z
          .array(z.object({ key: z.string(), value: z.string().optional(), effect: z.string() }))
          .default([]),
      }),
    )
    .optional(),
  /** What the machines are made from, as a digest: another one runs the program again. */
  revision: z.string().optional(),
  /**
   * What is waited for: "ready", every Machine is Running, made as its owner wants it now, and its node Ready; or "deployed", every Machine's host is provisioned
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

import { z } from "zod";
import { objectName } from "./common";
import { patience } from "./hostsAvailable";

/** Input of `control-plane-rollout`. */
export const controlPlaneRolloutInput = z.strictObject({
  /** Kubeconfig file of the cluster that holds the KubeadmControlPlane, relative to the project. */
  kubeconfigPath: z.string().min(1),
  namespace: objectName,
  clusterName: objectName,
  /** What the machines are made from, as a digest: another one runs the program again. */
  revision: z.string().optional(),
  patience,
});

/** Input of `control-plane-rollout`, as a caller writes it. */
export type ControlPlaneRolloutInput = z.input<typeof controlPlaneRolloutInput>;

/** Result of `control-plane-rollout`. */
export interface ControlPlaneRolloutResult {
  /** False when there was no control plane yet whose machines could be replaced. */
  readonly waited: boolean;
}

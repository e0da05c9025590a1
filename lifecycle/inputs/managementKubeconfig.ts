import { z } from "zod";
import { stackName } from "./common";

/** Input of `management-kubeconfig`. Secret: KUBECONFIG_CONTENT, the kubeconfig that is valid until the pivot. */
export const managementKubeconfigInput = z.strictObject({ stack: stackName });

/** Input of `management-kubeconfig`, as a caller writes it. */
export type ManagementKubeconfigInput = z.input<typeof managementKubeconfigInput>;

/** Result of `management-kubeconfig`. */
export interface ManagementKubeconfigResult {
  /** Path of the kubeconfig file, relative to the project: `.state/<stack>/management.kubeconfig`. */
  readonly path: string;
  /** Which cluster the file names. */
  readonly pointsTo: "initial" | "target";
}

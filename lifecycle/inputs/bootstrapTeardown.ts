import { z } from "zod";
import { objectName, stackName } from "./common";

/** Input of `bootstrap-teardown`. Secrets: SOURCE_KUBECONFIG, TARGET_KUBECONFIG. */
export const bootstrapTeardownInput = z.strictObject({
  stack: stackName,
  namespace: objectName,
  clusterName: objectName,
  /** kind's name of the bootstrap cluster. */
  kindName: objectName,
});

/** Input of `bootstrap-teardown`, as a caller writes it. */
export type BootstrapTeardownInput = z.input<typeof bootstrapTeardownInput>;

/** Result of `bootstrap-teardown`. */
export interface BootstrapTeardownResult {
  /** False when the bootstrap cluster was gone before. */
  readonly deleted: boolean;
}

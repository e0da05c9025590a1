import { z } from "zod";
import { seconds } from "./common";

/** Input of `operator-answers`. Secret: KUBECONFIG_CONTENT. */
export const operatorAnswersInput = z.strictObject({
  /** What messages call the cluster, for instance "bootstrap". */
  cluster: z.string(),
  /** Stack whose state folder tells whether the objects have moved on. */
  stack: z.string(),
  /** Limit in seconds. Default: the program's own. */
  limitSeconds: seconds.optional(),
});

/** Input of `operator-answers`, as a caller writes it. */
export type OperatorAnswersInput = z.input<typeof operatorAnswersInput>;

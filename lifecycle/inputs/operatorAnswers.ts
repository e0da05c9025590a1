import { z } from "zod";
import { stackName } from "./common";

/** Input of `operator-answers`. Secret: KUBECONFIG_CONTENT. */
export const operatorAnswersInput = z.strictObject({
  /** What messages call the cluster, for instance "bootstrap". */
  cluster: z.string(),
  /** Stack whose state folder tells whether the objects have moved on. */
  stack: stackName,
});

import { z } from "zod";
import { seconds } from "./common";

/** Input of `services-ready`. Secret: KUBECONFIG_CONTENT. */
export const servicesReadyInput = z.strictObject({
  /** What messages call the cluster, for instance "target". */
  cluster: z.string(),
  /** Limit in seconds. Default: the program's own. */
  limitSeconds: seconds.optional(),
});

/** Input of `services-ready`, as a caller writes it. */
export type ServicesReadyInput = z.input<typeof servicesReadyInput>;

import { z } from "zod";
import { objectName, stackName } from "./common";

/** Input of `retire`. Secret: SOURCE_KUBECONFIG, the bootstrap cluster. */
export const retireInput = z.strictObject({
  stack: stackName,
  namespace: objectName,
  clusterName: objectName,
});

/** Input of `retire`, as a caller writes it. */
export type RetireInput = z.input<typeof retireInput>;

/** Result of `retire`. */
export interface RetireResult {
  /** Host name to what was last seen of it before its registration was deleted. */
  readonly hosts: Readonly<Record<string, { readonly state: string; readonly poweredOn: boolean }>>;
}

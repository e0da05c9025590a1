import { z } from "zod";
import { objectName, seconds } from "./common";

/** When a host's error counts as one that stays; the Bare Metal Operator retries by itself until then. */
export const patience = z
  .strictObject({
    /** Failed attempts of the operator that are waited through. Default 2. */
    attempts: z.number().int().positive().default(2),
    /** Seconds for which an error may last without a break. Default 150: the operator's first retry comes within 2 minutes. */
    seconds: seconds.default(150),
  })
  .prefault({});

/** Input of `hosts-available`. */
export const hostsAvailableInput = z.strictObject({
  /** Kubeconfig file of the cluster that holds the hosts, relative to the project. */
  kubeconfigPath: z.string().min(1),
  namespace: objectName,
  /** Names of the BareMetalHosts. */
  hosts: z.array(objectName),
  patience,
  /** Limit in seconds. Default: the program's own. */
  limitSeconds: seconds.optional(),
});

/** Input of `hosts-available`, as a caller writes it. */
export type HostsAvailableInput = z.input<typeof hostsAvailableInput>;

/** Result of `hosts-available`. */
export interface HostsAvailableResult {
  /** Host name to provisioning state, for instance "available". */
  readonly hosts: Readonly<Record<string, string>>;
}

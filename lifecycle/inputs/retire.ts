import { z } from "zod";
import type { RetirementConfig, WhereaboutsConfig } from "../../config/retirementConfig";
import { objectName, stackName } from "./common";

/** As the program judged it; only what the verbs themselves name is looked at again. */
const configAsJudged = z.looseObject({
  clusterName: objectName,
  namespace: objectName,
  hosts: z.array(z.looseObject({ name: objectName, bmcAddress: z.string().min(1) })),
});

/**
 * Input of `retire`. Secrets: SOURCE_KUBECONFIG, the bootstrap cluster of the bring-up; IRONIC_CREDENTIALS; BMC_CREDENTIALS,
 * JSON, host name to `{username, password}`; BACKUP_KEY.
 */
export const retireInput = z.strictObject({
  stack: stackName,
  config: configAsJudged.transform((config) => config as unknown as RetirementConfig),
});

/** Input of `retire`, as the verb reads it. */
export type RetireSettings = z.output<typeof retireInput>;

/**
 * Input of `retire-check`. Secrets: SOURCE_KUBECONFIG and BMC_CREDENTIALS as above; TARGET_KUBECONFIG, the cluster that manages
 * itself.
 */
export const retireCheckInput = z.strictObject({
  stack: stackName,
  config: configAsJudged.transform((config) => config as unknown as WhereaboutsConfig),
});

/** Input of `retire-check`, as the verb reads it. */
export type WhereaboutsSettings = z.output<typeof retireCheckInput>;

/**
 * What became of a host's image. "yes": the host had one, or nobody knew what it had, and Ironic has wiped it. "had none": the host
 * was not in use when the release began; what was on its disk before the stack, it leaves there. "not proved": it was not seen without.
 */
export type ImageGone = "yes" | "had none" | "not proved";

/** What is known of a host at the end. */
export interface ReleasedHost {
  readonly name: string;
  /** What the BMC itself says: "off", "on", or why it could not be asked. */
  readonly power: string;
  /** Last state of its registration: "available" and the like, or "not registered". */
  readonly lastState: string;
  readonly imageGone: ImageGone;
}

/** Result of `retire`. */
export interface RetireResult {
  readonly hosts: readonly ReleasedHost[];
  /** "silent", or why that could not be proved. */
  readonly endpoint: string;
  /** File with the same as a table. */
  readonly report: string;
}

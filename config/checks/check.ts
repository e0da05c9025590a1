import type { ConfigDraft } from "../draft";
import type { ConfigPath, ConfigProblem } from "../problem";

/** What a check sees: the configuration with its defaults, of which refused parts are missing. */
export interface CheckContext {
  readonly draft: ConfigDraft;
  /** Path at which the user sets the replicas of each worker pool. */
  readonly poolReplicas: readonly ConfigPath[];
  /** Names of the hosts for which BMC credentials are known; undefined when that is not to be judged. */
  readonly hostsWithCredentials?: ReadonlySet<string>;
}

/** A rule across several values. Judges what is there and is silent about what is missing. */
export type Check = (context: CheckContext) => ConfigProblem[];

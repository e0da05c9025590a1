import type { EngineLog } from "../../../providers/shared/engineLog";
import type { Cluster } from "./cluster";
import type { Settings } from "./settings";

/** Everything one create, update, read or delete needs beside the object itself. */
export interface Operation {
  readonly cluster: Cluster;
  readonly settings: Settings;
  readonly urn: string;
  readonly log: EngineLog;
  readonly signal: AbortSignal;
  /** Name under which the server records our fields. */
  readonly fieldManager: string;
  /** True when nothing may be changed: requests are dry runs. */
  readonly preview: boolean;
}

/** Shows a line in the status column of the resource. */
export function status(operation: Operation, message: string, severity: "info" | "warning" = "info"): void {
  operation.log.status(message, operation.urn, severity);
}

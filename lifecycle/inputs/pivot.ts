import { z } from "zod";
import { objectName, seconds, stackName } from "./common";

/**
 * Input of `pivot`. Secrets: SOURCE_KUBECONFIG, TARGET_KUBECONFIG, BACKUP_KEY; with `ironicEndpoint` also IRONIC_CREDENTIALS (the
 * result of `ironic-credentials`).
 */
export const pivotInput = z.strictObject({
  stack: stackName,
  /** Namespace of the objects that move. */
  namespace: objectName,
  clusterName: objectName,
  /** Namespace of the Bare Metal Operator on both sides. Default "baremetal-operator-system". */
  operatorNamespace: objectName.default("baremetal-operator-system"),
  /** Name of its Deployment. Default "baremetal-operator-controller-manager". */
  operatorDeployment: objectName.default("baremetal-operator-controller-manager"),
  /** Which side is the moved cluster itself, whose nodes must not be rebooted. Default "target". */
  nodesOn: z.enum(["source", "target"]).default("target"),
  /** Base URL of the target's Ironic API, which is asked for the hosts' nodes after the move. Default: nobody is asked. */
  ironicEndpoint: z.url({ protocol: /^https$/ }).optional(),
  /** Number of backups of the cluster that are kept. Default 5. */
  keepBackups: z.number().int().positive().default(5),
  /** Secrets and config maps that `clusterctl move` would leave behind: name them, label them so that they move, or refuse. Default "list". */
  unownedObjects: z.enum(["list", "label", "refuse"]).default("list"),
  limits: z
    .strictObject({
      /** For what the gate finds to settle by itself. Default 180. */
      gate: seconds.default(180),
      /** Both API servers must answer for so long without a break. Default 3. */
      stability: z.number().nonnegative().default(3),
      /** For one run of `clusterctl move`. Default: what is left of the program's own limit. */
      move: seconds.optional(),
      /** For the target to be as the source was. Default 600. */
      verify: seconds.default(600),
      /** Then everything must stay so for this long: no reboot, no new machine. Default 1. */
      settle: z.number().nonnegative().default(1),
    })
    .prefault({}),
});

/** Input of `pivot`, as a caller writes it. */
export type PivotInput = z.input<typeof pivotInput>;

/** Result of `pivot`. */
export interface PivotResult {
  /** What was found at the start: "not-begun", "partly-created", "deletion-begun", "moved-but-paused" or "done". */
  readonly foundPhase: string;
  /** Number of moved objects by kind, as they are on the target now. */
  readonly counts: Readonly<Record<string, number>>;
  /** Seconds by stage: gate, prepare, move, finish, verify; only those that there were. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Path of the management kubeconfig, which names the target now. */
  readonly managementKubeconfig: string;
}

import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { readPivotMarker } from "../lifecycle/shared/managementKubeconfig";
import { ironicEndpoint } from "../manifests/ironicSettings";
import { type MovePreview, movePreviewText } from "../manifests/movePreview";
import type { IronicAccess } from "./ironicCredentials";
import { LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ClusterAccess } from "./managementCluster";

/** Arguments of {@link Pivot}. */
export interface PivotArgs {
  /** Management cluster that the objects leave. */
  readonly from: ClusterAccess;
  /** Management cluster that receives them; its providers and its Ironic must be ready. */
  readonly to: ClusterAccess;
  /** Which of the two is the moved cluster itself. Default "to". */
  readonly itself?: "from" | "to";
  /** Key of the backup that is made before the first write. Secret. */
  readonly backupKey: pulumi.Input<string>;
  /** Of the Ironic that the receiving cluster has taken over: it must know every host in use when the move is over. */
  readonly credentials: IronicAccess;
  readonly stack: string;
  readonly config: Pick<ClusterConfig, "namespace" | "clusterName" | "network" | "timeouts"> &
    Partial<Pick<ClusterConfig, "unownedObjects">>;
  /** What will move, as far as the configuration tells. A preview shows it until it has moved. */
  readonly moves?: MovePreview;
}

/**
 * Step 8: `clusterctl move` with a gate before it, the precautions that make it safe for hosts, and the proof that everything
 * arrived. When that holds, the management kubeconfig names the target.
 */
export class Pivot extends pulumi.ComponentResource {
  /** Identity of this move; changes when the pivot is replaced. */
  readonly id: pulumi.Output<string>;
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: PivotArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:Pivot", name, {}, opts);
    const { network, unownedObjects, timeouts } = args.config;
    const move = new LifecycleCommand(
      `${name}-move`,
      {
        verb: "pivot",
        deleteVerb: "restore-access",
        input: {
          stack: args.stack,
          namespace: args.config.namespace,
          clusterName: args.config.clusterName,
          nodesOn: args.itself === "from" ? "source" : "target",
          ironicEndpoint: ironicEndpoint(network),
          ...(unownedObjects === undefined ? {} : { unownedObjects }),
          ...(timeouts.settle === undefined ? {} : { limits: { settle: timeouts.settle } }),
        },
        secrets: {
          SOURCE_KUBECONFIG: args.from.kubeconfig,
          TARGET_KUBECONFIG: args.to.kubeconfig,
          BACKUP_KEY: args.backupKey,
          IRONIC_CREDENTIALS: args.credentials.json,
        },
        timeoutSeconds: timeouts.move,
        // Neither what a later release of this program asks for nor new credentials move anything.
        onlyOnce: true,
      },
      { parent: this },
    );
    this.id = move.id;
    this.timing = move.timing;
    const { moves } = args;
    this.registerOutputs(moves ? { moves: this.announce(args.stack, moves) } : {});
  }

  /** Says in a preview what will move, unless it has. */
  private async announce(stack: string, moves: MovePreview): Promise<MovePreview["byKind"]> {
    if (pulumi.runtime.isDryRun() && (await readPivotMarker(stack)) === undefined) {
      // Sent once the pivot is registered: until then it would hold up every later message, a refusal among them.
      this.urn.apply(() => pulumi.log.info(movePreviewText(moves), this));
    }
    return moves.byKind;
  }
}

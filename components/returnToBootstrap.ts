import * as pulumi from "@pulumi/pulumi";
import type { RetirementConfig } from "../config/retirementConfig";
import { BaremetalOperator } from "./baremetalOperator";
import { BootstrapCluster } from "./bootstrapCluster";
import { ClusterctlProviders } from "./clusterctlProviders";
import type { IronicAccess } from "./ironicCredentials";
import { IronicHandover } from "./ironicHandover";
import { IronicStack } from "./ironicStack";
import type { ClusterAccess } from "./managementCluster";
import { Pivot } from "./pivot";

/** Arguments of {@link ReturnToBootstrap}. */
export interface ReturnToBootstrapArgs {
  /** Name of the return's own stack, which keeps its local files apart from those of the stack that is destroyed. */
  readonly stack: string;
  readonly config: RetirementConfig;
  readonly credentials: IronicAccess;
  /** Key of the backup that is made before the objects move. Secret. */
  readonly backupKey: pulumi.Input<string>;
  /** The cluster that manages itself. Unset when it is dead: then nothing is handed over and nothing moves. */
  readonly from?: ClusterAccess;
}

/**
 * The way back, when a cluster that manages itself is to be released: a bootstrap cluster again, with providers and operator;
 * Ironic's endpoint handed over to it; and the objects moved there. The machines can be deprovisioned then.
 */
export class ReturnToBootstrap extends pulumi.ComponentResource {
  /** Kubeconfig of the bootstrap cluster, which holds everything then. Secret. */
  readonly kubeconfig: pulumi.Output<string>;

  constructor(name: string, args: ReturnToBootstrapArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:ReturnToBootstrap", name, {}, opts);
    const { config, credentials, stack, from, backupKey } = args;
    // What lives in the bootstrap cluster goes with it.
    const inside = { parent: this, retainOnDelete: true };

    const bootstrap = new BootstrapCluster(`${name}-bootstrap`, { config }, { parent: this });
    const providers = new ClusterctlProviders(
      `${name}-providers`,
      { cluster: bootstrap, stack, config },
      { parent: this },
    );
    const ironic = new IronicStack(
      `${name}-ironic`,
      { cluster: bootstrap, config, credentials, stack, takesOverFrom: from },
      inside,
    );
    // The target keeps its Ironic until everything else is ready to take over.
    const handover = from && [
      new IronicHandover(
        `${name}-handover`,
        { from, to: bootstrap, ironic, config, credentials, stack },
        { parent: this, dependsOn: [providers, ironic] },
      ),
    ];
    const operator = new BaremetalOperator(
      `${name}-operator`,
      { cluster: bootstrap, config, stack, providers, ironic },
      inside,
    );
    const move = from && [
      new Pivot(
        `${name}-move`,
        { from, to: bootstrap, itself: "from", stack, config, backupKey, credentials },
        { parent: this, dependsOn: [ironic, ...(handover ?? []), providers, operator] },
      ),
    ];
    this.kubeconfig = pulumi
      .all([bootstrap.kubeconfig, ...(move ?? []).map(({ id }) => id)])
      .apply(([kubeconfig]) => kubeconfig);
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }
}

import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { baremetalOperatorObjects } from "../manifests/baremetalOperator";
import type { KubernetesObject } from "../manifests/kubernetesObject";
import type { ClusterctlProviders } from "./clusterctlProviders";
import type { IronicStack } from "./ironicStack";
import { kubernetesObject, objectResourceName } from "./kubernetesObject";
import { LifecycleCommand } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";

/** Arguments of {@link BaremetalOperator}. */
export interface BaremetalOperatorArgs {
  readonly cluster: ManagementCluster;
  readonly config: Pick<ClusterConfig, "namespace" | "providers" | "ironic" | "timeouts">;
  readonly stack: string;
  /** Whose cert-manager gives the operator's webhook its certificate. */
  readonly providers: ClusterctlProviders;
  /** Stack whose namespace, credentials and endpoint the operator uses. */
  readonly ironic: IronicStack;
}

/** The Bare Metal Operator, with the labels on its definitions by which `clusterctl move` finds hosts and their hardware data. */
export class BaremetalOperator extends pulumi.ComponentResource {
  constructor(name: string, args: BaremetalOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:BaremetalOperator", name, {}, opts);
    const options = { parent: this, provider: args.cluster.provider };
    const { definitions, others, deployment } = baremetalOperatorObjects(args.config);
    const declare = (object: KubernetesObject, dependsOn: pulumi.Resource[]) =>
      kubernetesObject(objectResourceName(name, object), object, { ...options, dependsOn });

    const certificates = [args.providers.prerequisites];
    const first = definitions.map((object) => declare(object, []));
    const rest = others
      .filter(({ kind }) => kind !== "Service")
      .map((object) =>
        declare(object, [
          ...first,
          ...args.ironic.settings,
          ...(needsCertManager(object) ? certificates : []),
        ]),
      );
    const operator = declare(deployment, rest);
    // A Service counts as ready when it has pods, so the Deployment must not wait for it.
    const services = others.filter(({ kind }) => kind === "Service").map((object) => declare(object, first));
    new LifecycleCommand(
      `${name}-answers`,
      {
        verb: "operator-answers",
        input: { cluster: args.cluster.name, stack: args.stack },
        secrets: { KUBECONFIG_CONTENT: args.cluster.kubeconfig },
        timeoutSeconds: args.config.timeouts.providers,
        onlyOnce: true,
      },
      { parent: this, dependsOn: [operator, ...services] },
    );
    this.registerOutputs({});
  }
}

/** Whether an object is of cert-manager's kinds, or refuses what comes until its certificate is there. */
function needsCertManager({ apiVersion, kind }: KubernetesObject): boolean {
  return apiVersion.startsWith("cert-manager.io/") || kind.endsWith("WebhookConfiguration");
}

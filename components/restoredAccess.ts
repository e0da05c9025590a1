import * as pulumi from "@pulumi/pulumi";
import { restoreAccess } from "../lifecycle/shared/managementKubeconfig";

const restored = new Map<string, pulumi.Output<boolean>>();

/**
 * Gives a checkout that has never brought the stack up the files that a pivot leaves behind, from the stack's own outputs: they
 * are there when a whole run has succeeded, which means that the objects are on the target. Done once in a run.
 *
 * @returns Whether anything was missing. Not secret.
 */
export function restoredAccess(stack: string, clusterName: string): pulumi.Output<boolean> {
  const known = restored.get(stack);
  if (known) return known;
  const own = pulumi.output(
    pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {
      name: `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`,
    }),
  ) as pulumi.Output<{ readonly outputs?: { readonly kubeconfig?: unknown } }>;
  const done = pulumi.unsecret(
    own.apply(async ({ outputs }) =>
      typeof outputs?.kubeconfig === "string" ? restoreAccess(stack, clusterName, outputs.kubeconfig) : false,
    ),
  );
  restored.set(stack, done);
  return done;
}

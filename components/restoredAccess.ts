import * as pulumi from "@pulumi/pulumi";
import pRetry from "p-retry";
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
  const own = pulumi.output(ownOutputs(stack));
  const done = pulumi.unsecret(
    own.apply(async ({ outputs }) =>
      typeof outputs?.kubeconfig === "string" ? restoreAccess(stack, clusterName, outputs.kubeconfig) : false,
    ),
  );
  restored.set(stack, done);
  return done;
}

/**
 * The stack's outputs of its last run. Resources are registered meanwhile, and the engine writes them down: a backend of files
 * cannot be read in the middle of that.
 */
function ownOutputs(stack: string): Promise<{ readonly outputs?: { readonly kubeconfig?: unknown } }> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
  return pRetry(
    () =>
      pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name }) as Promise<{
        readonly outputs?: { readonly kubeconfig?: unknown };
      }>,
    { retries: 20, minTimeout: 50, factor: 1.5, maxTimeout: 1000 },
  );
}

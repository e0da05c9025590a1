/** Objects that several tests put into a cluster. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ApiServer } from "../support/apiServer";
import { KubernetesStack } from "./kubernetesStack";
import { widgetDefinition } from "./widget";

/** A ConfigMap of one value, under the resource's name. */
export function configMap(
  name: string,
  options: pulumi.CustomResourceOptions,
  value = "1",
): k8s.core.v1.ConfigMap {
  return new k8s.core.v1.ConfigMap(name, { metadata: { name }, data: { value } }, options);
}

/** A Deployment without pods, which needs no controller. */
export function idleDeployment(name: string, image: string, options: pulumi.CustomResourceOptions): void {
  const labels = { app: name };
  new k8s.apps.v1.Deployment(
    name,
    {
      metadata: { name, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name, image }] } },
      },
    },
    options,
  );
}

/** Declares the kind of widgets in a cluster, outside of the stack under test. */
export async function declareWidgets(server: ApiServer): Promise<void> {
  const stackOfServer = await KubernetesStack.create();
  await stackOfServer.up(() => {
    const provider = new k8s.Provider("cluster", {
      kubeconfig: server.kubeconfig,
      upsertExistingObjects: true,
      enablePatchForce: true,
    });
    widgetDefinition({ provider, retainOnDelete: true }, "Namespaced");
    return Promise.resolve();
  });
  await stackOfServer.remove();
}

import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** A kind that no cluster knows before a test declares it. */
export function widgetDefinition(
  options: pulumi.CustomResourceOptions,
  scope: "Namespaced" | "Cluster",
  kind = "Widget",
  labels?: Record<string, string>,
): k8s.apiextensions.v1.CustomResourceDefinition {
  const plural = `${kind.toLowerCase()}s`;
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return new k8s.apiextensions.v1.CustomResourceDefinition(
    plural,
    {
      metadata: { name: `${plural}.example.com`, ...(labels && { labels }) },
      spec: {
        group: "example.com",
        scope,
        names: { kind, plural },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: "object", properties: { spec: open, status: open } } },
          },
        ],
      },
    },
    options,
  );
}

/** An object of the kind that {@link widgetDefinition} declares; its name is the resource's. */
export function widget(
  name: string,
  spec: Record<string, unknown>,
  options: pulumi.CustomResourceOptions,
  kind = "Widget",
  annotations?: Record<string, string>,
): k8s.apiextensions.CustomResource {
  return new k8s.apiextensions.CustomResource(
    name,
    { apiVersion: "example.com/v1", kind, metadata: { name, ...(annotations && { annotations }) }, spec },
    options,
  );
}

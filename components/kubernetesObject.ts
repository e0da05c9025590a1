import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesObject } from "../manifests/kubernetesObject";

type ResourceClass = new (
  name: string,
  // The argument types of the generated classes differ in nothing that matters here.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  args: any,
  opts?: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

/** Generated classes of the built-in kinds, so that state carries the same types as a hand-written program's. */
const builtIn: Record<string, ResourceClass> = {
  "v1/Namespace": k8s.core.v1.Namespace,
  "v1/Secret": k8s.core.v1.Secret,
  "v1/ConfigMap": k8s.core.v1.ConfigMap,
  "v1/Service": k8s.core.v1.Service,
  "v1/ServiceAccount": k8s.core.v1.ServiceAccount,
  "apps/v1/Deployment": k8s.apps.v1.Deployment,
  "apps/v1/DaemonSet": k8s.apps.v1.DaemonSet,
  "rbac.authorization.k8s.io/v1/Role": k8s.rbac.v1.Role,
  "rbac.authorization.k8s.io/v1/RoleBinding": k8s.rbac.v1.RoleBinding,
  "rbac.authorization.k8s.io/v1/ClusterRole": k8s.rbac.v1.ClusterRole,
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": k8s.rbac.v1.ClusterRoleBinding,
  "apiextensions.k8s.io/v1/CustomResourceDefinition": k8s.apiextensions.v1.CustomResourceDefinition,
  "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration":
    k8s.admissionregistration.v1.ValidatingWebhookConfiguration,
  "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration":
    k8s.admissionregistration.v1.MutatingWebhookConfiguration,
};

/**
 * How Pulumi's provider deletes a custom resource. By default it deletes in the foreground: the garbage collector runs down the
 * owner references, ahead of the controllers. From a MachineDeployment that leads through Machine and Metal3Machine to the
 * BareMetalHost, and a host whose pool is given up would leave the inventory.
 */
const deletion = { "pulumi.com/deletionPropagationPolicy": "background" } as const;

/**
 * Declares one Kubernetes object as one Pulumi resource. A kind without a generated class is a custom resource.
 *
 * @param name Pulumi name; the object's identity in state, so it must not depend on anything that changes.
 */
export function kubernetesObject(
  name: string,
  object: KubernetesObject,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  const resourceClass = builtIn[`${object.apiVersion}/${object.kind}`];
  if (resourceClass) return new resourceClass(name, object, opts);
  const { metadata } = object;
  const annotated = { ...metadata, annotations: { ...metadata.annotations, ...deletion } };
  return new k8s.apiextensions.CustomResource(name, { ...object, metadata: annotated }, opts);
}

/** The Pulumi name of an object inside a component: `<component>-<kind>-<namespace>-<name>`, lower case. */
export function objectResourceName(component: string, object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return [component, object.kind, namespace, name]
    .filter((part): part is string => !!part)
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-");
}

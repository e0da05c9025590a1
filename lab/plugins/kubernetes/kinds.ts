import type { GroupVersionKind } from "./objects";
import { apiVersionOf, groupVersion, kindOf } from "./objects";
import type { KubeObject } from "./objects";

/** Group versions that Kubernetes itself serves; everything else comes from a CustomResourceDefinition. */
const BUILT_IN_GROUPS: Record<string, readonly string[]> = {
  "": ["v1"],
  core: ["v1"],
  "admissionregistration.k8s.io": ["v1", "v1alpha1", "v1beta1"],
  "apiextensions.k8s.io": ["v1", "v1beta1"],
  "apiregistration.k8s.io": ["v1", "v1beta1"],
  apps: ["v1", "v1beta1", "v1beta2"],
  autoscaling: ["v1", "v2", "v2beta1", "v2beta2"],
  batch: ["v1", "v1beta1", "v2alpha1"],
  "certificates.k8s.io": ["v1", "v1alpha1", "v1beta1"],
  "coordination.k8s.io": ["v1", "v1alpha1", "v1alpha2", "v1beta1"],
  "discovery.k8s.io": ["v1", "v1beta1"],
  "events.k8s.io": ["v1", "v1beta1"],
  extensions: ["v1beta1"],
  "flowcontrol.apiserver.k8s.io": ["v1", "v1alpha1", "v1beta1", "v1beta2", "v1beta3"],
  "networking.k8s.io": ["v1", "v1alpha1", "v1beta1"],
  "node.k8s.io": ["v1", "v1alpha1", "v1beta1"],
  policy: ["v1", "v1beta1"],
  "rbac.authorization.k8s.io": ["v1", "v1alpha1", "v1beta1"],
  "resource.k8s.io": ["v1", "v1alpha1", "v1alpha2", "v1alpha3", "v1beta1", "v1beta2"],
  "scheduling.k8s.io": ["v1", "v1alpha1", "v1alpha2", "v1beta1"],
  "storage.k8s.io": ["v1", "v1alpha1", "v1beta1"],
  "storagemigration.k8s.io": ["v1alpha1", "v1beta1"],
};

const NAMESPACED = new Set([
  "Binding",
  "ConfigMap",
  "ControllerRevision",
  "CronJob",
  "CSIStorageCapacity",
  "DaemonSet",
  "Deployment",
  "Endpoints",
  "EndpointSlice",
  "Event",
  "HorizontalPodAutoscaler",
  "Ingress",
  "Job",
  "Lease",
  "LimitRange",
  "NetworkPolicy",
  "PersistentVolumeClaim",
  "Pod",
  "PodDisruptionBudget",
  "PodTemplate",
  "ReplicaSet",
  "ReplicationController",
  "ResourceQuota",
  "Role",
  "RoleBinding",
  "Secret",
  "Service",
  "ServiceAccount",
  "StatefulSet",
]);

const CLUSTER_SCOPED = new Set([
  "APIService",
  "CertificateSigningRequest",
  "ClusterRole",
  "ClusterRoleBinding",
  "CSIDriver",
  "CSINode",
  "CustomResourceDefinition",
  "FlowSchema",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "PriorityLevelConfiguration",
  "RuntimeClass",
  "StorageClass",
  "ValidatingWebhookConfiguration",
  "VolumeAttachment",
]);

/** True when Kubernetes itself serves this group version. */
export function isBuiltInVersion(gv: string): boolean {
  const [first = "", second] = gv.split("/");
  const [group, version] = second === undefined ? ["", first] : [first, second];
  return BUILT_IN_GROUPS[group]?.includes(version) ?? false;
}

/**
 * True for kinds in whose inputs an empty value is the same as none. The official plugin reads these into Kubernetes' own
 * types first; it does not so with definitions, Secrets and custom resources, whose empty values are differences for as
 * long as the server drops them.
 */
export function dropsEmptyValues(object: KubeObject): boolean {
  const gv = apiVersionOf(object);
  const typed = isBuiltInVersion(gv) && !gv.startsWith("apiregistration.k8s.io/");
  return typed && !isCustomResourceDefinition(object) && !isSecretObject(object);
}

/** Scope of a built-in kind; `undefined` for kinds that only the API server knows. */
export function builtInScope(gvk: GroupVersionKind): "namespaced" | "cluster" | undefined {
  if (!isBuiltInVersion(groupVersion(gvk))) return undefined;
  if (NAMESPACED.has(gvk.kind)) return "namespaced";
  if (CLUSTER_SCOPED.has(gvk.kind)) return "cluster";
  return undefined;
}

/** True for a `v1` Secret. */
export function isSecretObject(object: KubeObject): boolean {
  return kindOf(object) === "Secret" && isCoreV1(object);
}

/** True for a `v1` ConfigMap. */
export function isConfigMap(object: KubeObject): boolean {
  return kindOf(object) === "ConfigMap" && isCoreV1(object);
}

/** True for a CustomResourceDefinition. */
export function isCustomResourceDefinition(object: KubeObject): boolean {
  return (
    kindOf(object) === "CustomResourceDefinition" && apiVersionOf(object).startsWith("apiextensions.k8s.io/")
  );
}

function isCoreV1(object: KubeObject): boolean {
  return apiVersionOf(object) === "v1" || apiVersionOf(object) === "core/v1";
}

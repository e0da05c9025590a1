import { isObject } from "../../../providers/shared/properties";
import type { PropertyValue } from "../../../providers/shared/properties";
import type { GroupVersionKind, KubeObject } from "./objects";
import { gvkOf } from "./objects";
import { isConfigMap, isSecretObject } from "./kinds";

/** Which kinds of values may change in place, from the provider's configuration. */
export interface Mutability {
  /** ConfigMaps are updated where they are otherwise replaced. */
  readonly enableConfigMapMutable: boolean;
  /** Secrets are updated where they are otherwise replaced. */
  readonly enableSecretMutable: boolean;
}

/** Identity of an object: a change always makes another object. */
const IDENTITY = ["metadata.name", "metadata.namespace"];

const CONTAINER_FIELDS = [
  "args",
  "command",
  "env",
  "image",
  "imagePullPolicy",
  "lifecycle",
  "livenessProbe",
  "ports",
  "readinessProbe",
  "resources",
  "securityContext",
  "stdin",
  "stdinOnce",
  "terminationMessagePath",
  "terminationMessagePolicy",
  "tty",
  "volumeDevices",
  "volumeMounts",
  "workingDir",
];

const POD_FIELDS = [
  "affinity",
  "automountServiceAccountToken",
  "dnsConfig",
  "dnsPolicy",
  "enableServiceLinks",
  "hostAliases",
  "hostIPC",
  "hostNetwork",
  "hostPID",
  "hostname",
  "imagePullSecrets",
  "nodeName",
  "nodeSelector",
  "overhead",
  "preemptionPolicy",
  "priority",
  "priorityClassName",
  "readinessGates",
  "restartPolicy",
  "runtimeClassName",
  "schedulerName",
  "securityContext",
  "serviceAccount",
  "serviceAccountName",
  "shareProcessNamespace",
  "subdomain",
  "terminationGracePeriodSeconds",
  "volumes",
];

const VOLUME_SOURCES = [
  "awsElasticBlockStore",
  "azureDisk",
  "azureFile",
  "cephfs",
  "cinder",
  "csi",
  "fc",
  "flexVolume",
  "flocker",
  "gcePersistentDisk",
  "glusterfs",
  "hostPath",
  "iscsi",
  "local",
  "nfs",
  "photonPersistentDisk",
  "portworxVolume",
  "quobyte",
  "rbd",
  "scaleIO",
  "storageos",
  "vsphereVolume",
];

/** Immutable fields by `group/Kind`. Upstream: `provider/pkg/provider/diff.go` of pulumi-kubernetes. */
const IMMUTABLE: Record<string, readonly string[]> = {
  "apps/DaemonSet": ["spec.selector"],
  "apps/Deployment": ["spec.selector"],
  "apps/StatefulSet": [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
  "batch/Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  "rbac.authorization.k8s.io/ClusterRoleBinding": ["roleRef"],
  "rbac.authorization.k8s.io/RoleBinding": ["roleRef"],
  "storage.k8s.io/StorageClass": ["parameters", "provisioner"],
  "/PersistentVolume": VOLUME_SOURCES.map((field) => `spec.${field}`),
  "/PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  "/Pod": [
    ...POD_FIELDS.map((field) => `spec.${field}`),
    ...CONTAINER_FIELDS.flatMap((field) => [`spec.containers.*.${field}`, `spec.initContainers.*.${field}`]),
  ],
  "/ResourceQuota": ["spec.scopes"],
  "/Secret": ["type"],
  "/Service": ["spec.clusterIP"],
};

/**
 * Paths of an object whose change makes a replacement; `*` stands for any list index. A change at or below a path
 * counts.
 */
export function forceNewPaths(object: KubeObject, mutability: Mutability, isPatch: boolean): string[] {
  if (isPatch) return IDENTITY;
  const gvk = gvkOf(object);
  if (isSecretObject(object)) {
    const replaced = !mutability.enableSecretMutable || object["immutable"] === true;
    return [...IDENTITY, "type", ...(replaced ? ["stringData", "data"] : [])];
  }
  if (isConfigMap(object)) {
    const replaced = !mutability.enableConfigMapMutable || object["immutable"] === true;
    return [...IDENTITY, ...(replaced ? ["binaryData", "data"] : [])];
  }
  return [...IDENTITY, ...(IMMUTABLE[keyOf(gvk)] ?? [])];
}

function keyOf(gvk: GroupVersionKind): string {
  return `${gvk.group}/${gvk.kind}`;
}

/**
 * True when a change touches one of the paths of {@link forceNewPaths}: it is at or below such a path, or it puts a
 * value above it that contains the path.
 *
 * @param value the new value at `path`, `undefined` when it is removed
 */
export function forcesReplacement(
  path: readonly (string | number)[],
  value: PropertyValue | undefined,
  paths: readonly string[],
): boolean {
  return paths.some((candidate) => {
    const steps = candidate.split(".");
    const shared = steps.slice(0, path.length);
    const onPath = shared.every((step, index) =>
      step === "*" ? typeof path[index] === "number" : step === path[index],
    );
    return onPath && contains(value, steps.slice(path.length));
  });
}

function contains(value: PropertyValue | undefined, steps: readonly string[]): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return true;
  if (step === "*") return Array.isArray(value) && value.some((item) => contains(item, rest));
  return isObject(value) && value[step] !== undefined && contains(value[step], rest);
}

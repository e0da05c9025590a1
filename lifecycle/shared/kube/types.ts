import type { ObjectType } from "./objects";

const type = (apiVersion: string, kind: string): ObjectType => ({ apiVersion, kind });

/** The object types that the programs name themselves. Whatever else moves is found by the labels of its definition. */
export const types = {
  namespace: type("v1", "Namespace"),
  node: type("v1", "Node"),
  pod: type("v1", "Pod"),
  secret: type("v1", "Secret"),
  configMap: type("v1", "ConfigMap"),
  event: type("v1", "Event"),
  lease: type("coordination.k8s.io/v1", "Lease"),
  deployment: type("apps/v1", "Deployment"),
  daemonSet: type("apps/v1", "DaemonSet"),
  customResourceDefinition: type("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
  validatingWebhookConfiguration: type("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
  cluster: type("cluster.x-k8s.io/v1beta2", "Cluster"),
  machine: type("cluster.x-k8s.io/v1beta2", "Machine"),
  machineDeployment: type("cluster.x-k8s.io/v1beta2", "MachineDeployment"),
  kubeadmControlPlane: type("controlplane.cluster.x-k8s.io/v1beta2", "KubeadmControlPlane"),
  metal3Cluster: type("infrastructure.cluster.x-k8s.io/v1beta2", "Metal3Cluster"),
  metal3Machine: type("infrastructure.cluster.x-k8s.io/v1beta2", "Metal3Machine"),
  metal3DataTemplate: type("infrastructure.cluster.x-k8s.io/v1beta2", "Metal3DataTemplate"),
  ipPool: type("ipam.metal3.io/v1alpha1", "IPPool"),
  bareMetalHost: type("metal3.io/v1alpha1", "BareMetalHost"),
  provider: type("clusterctl.cluster.x-k8s.io/v1alpha3", "Provider"),
} as const;

/** Label of a Cluster API object that names its Cluster. */
export const clusterNameLabel = "cluster.x-k8s.io/cluster-name";

/** Annotation that keeps Cluster API's hands off one object. */
export const capiPausedAnnotation = "cluster.x-k8s.io/paused";

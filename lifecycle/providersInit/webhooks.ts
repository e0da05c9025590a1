import { errorText } from "../shared/failure";
import { KubeApiError, type KubeClient } from "../shared/kube/client";
import type { KubeObject } from "../shared/kube/objects";

/** One object for each webhook server; dry-run creates of them reach the webhook and leave nothing behind. */
export function webhookProbes(namespace: string): KubeObject[] {
  const metadata = { name: "webhook-probe", namespace };
  return [
    {
      apiVersion: "cluster.x-k8s.io/v1beta2",
      kind: "Cluster",
      metadata,
      spec: {
        infrastructureRef: {
          apiGroup: "infrastructure.cluster.x-k8s.io",
          kind: "Metal3Cluster",
          name: metadata.name,
        },
      },
    },
    {
      apiVersion: "bootstrap.cluster.x-k8s.io/v1beta2",
      kind: "KubeadmConfig",
      metadata,
      spec: { format: "cloud-config" },
    },
    {
      apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
      kind: "KubeadmControlPlane",
      metadata,
      spec: {
        replicas: 1,
        version: "v1.34.0",
        machineTemplate: {
          spec: {
            infrastructureRef: {
              apiGroup: "infrastructure.cluster.x-k8s.io",
              kind: "Metal3MachineTemplate",
              name: metadata.name,
            },
          },
        },
        kubeadmConfigSpec: { format: "cloud-config" },
      },
    },
    {
      apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
      kind: "Metal3Cluster",
      metadata,
      spec: { controlPlaneEndpoint: { host: "192.0.2.1", port: 6443 } },
    },
    {
      apiVersion: "ipam.metal3.io/v1alpha1",
      kind: "IPPool",
      metadata,
      spec: { namePrefix: metadata.name, pools: [{ start: "192.0.2.10", end: "192.0.2.20" }], prefix: 24 },
    },
  ];
}

/** A dry-run create of a BareMetalHost reaches the Bare Metal Operator's webhook. */
export function hostWebhookProbe(namespace: string): KubeObject {
  return {
    apiVersion: "metal3.io/v1alpha1",
    kind: "BareMetalHost",
    metadata: { name: "webhook-probe", namespace },
    spec: { online: false },
  };
}

/** @returns Why a webhook does not answer, or undefined when it does. */
export async function probeWebhook(client: KubeClient, probe: KubeObject): Promise<string | undefined> {
  try {
    await client.create(probe, { dryRun: true });
    return undefined;
  } catch (error) {
    return answersAfterAll(error) ? undefined : `${probe.kind}: ${errorText(error)}`;
  }
}

/** A refusal with reasons is an answer too; only an error of the way to the webhook is none. */
export function answersAfterAll(error: unknown): boolean {
  if (!(error instanceof KubeApiError)) {
    return false;
  }
  const denied = error.status === 403 && error.message.includes("denied the request");
  return denied || error.reason === "Invalid" || error.reason === "AlreadyExists" || error.status === 400;
}

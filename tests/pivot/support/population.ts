/** What the two clusters of a test hold: laid down before it, and cleared away before the next. */
import pMap from "p-map";
import { refOf } from "../../../lifecycle/inventory/graph";
import type { Inventory } from "../../../lifecycle/inventory/read";
import { journalName, journalNamespace } from "../../../lifecycle/pivot/clusterJournal";
import { isAbsent, type KubeClient } from "../../../lifecycle/shared/kube/client";
import type { KubeObject, ObjectRef } from "../../../lifecycle/shared/kube/objects";
import { types } from "../../../lifecycle/shared/kube/types";
import { providers } from "./definitions";
import type { NodeSeed } from "./members";
import { clusterName, namespace, operatorNamespace } from "./seeds";

/** Requests under way at a time. */
const concurrency = 8;

/** The operator's Deployment. */
export const operatorRef: ObjectRef = {
  ...types.deployment,
  namespace: operatorNamespace,
  name: "baremetal-operator-controller-manager",
};
const operatorLabels = { app: "operator" };
/** Its webhook. */
const webhook = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "baremetal-operator-validating-webhook-configuration" },
};

/** What does not change from test to test: namespaces, and clusterctl's inventory of providers. */
export async function furnish(client: KubeClient): Promise<void> {
  for (const name of [namespace, operatorNamespace]) {
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  for (const provider of providers()) await client.create(provider as unknown as KubeObject);
}

/** The nodes of a cluster, on itself. */
export async function addNodes(client: KubeClient, nodes: readonly NodeSeed[]): Promise<void> {
  await pMap(
    nodes,
    async ({ object, status }) => {
      await client.create(object);
      await client.patch(refOf(object), "merge", { status }, { subresource: "status" });
    },
    { concurrency },
  );
}

/** Removes everything of a test from a cluster, the operator included. */
export async function clear(client: KubeClient, { objects }: Inventory): Promise<void> {
  const note = { namespace: journalNamespace, name: journalName({ namespace, clusterName }) };
  const [pods, webhooks] = await Promise.all([
    client.list(types.pod, operatorNamespace),
    client.list(types.validatingWebhookConfiguration),
  ]);
  // A webhook that does not answer would keep the rest from going.
  for (const { metadata } of webhooks) {
    await client.delete({ ...types.validatingWebhookConfiguration, name: metadata.name });
  }
  const refs = [
    ...objects.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt").map(refOf),
    { ...types.lease, ...note },
    { ...types.configMap, ...note },
    operatorRef,
    ...pods.map(({ metadata: { name } }) => ({ ...types.pod, namespace: operatorNamespace, name })),
  ];
  await pMap(
    refs,
    async (ref) => {
      try {
        await client.delete(ref);
        await client.patch(ref, "merge", { metadata: { finalizers: null } });
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    },
    { concurrency },
  );
}

/** A pod of the operator's, which runs until somebody deletes it. */
export async function addOperatorPod(client: KubeClient, name: string): Promise<ObjectRef> {
  return addPod(client, name, "manager", operatorLabels);
}

/** An Ironic's pod, which is ready. */
export async function addIronicPod(client: KubeClient, name: string): Promise<ObjectRef> {
  return addPod(client, name, "ironic", { app: "ironic" });
}

async function addPod(
  client: KubeClient,
  name: string,
  container: string,
  labels: Record<string, string>,
): Promise<ObjectRef> {
  const ref = { ...types.pod, namespace: operatorNamespace, name };
  await client.create({
    ...types.pod,
    metadata: { namespace: operatorNamespace, name, labels },
    spec: { containers: [{ name: container, image: container }] },
  });
  const containerStatuses = [
    { name: container, ready: true, restartCount: 0, image: container, imageID: "", state: { running: {} } },
  ];
  await client.patch(
    ref,
    "merge",
    { status: { phase: "Running", containerStatuses } },
    { subresource: "status" },
  );
  return ref;
}

/** The operator's Deployment, in its test mode, which needs no Ironic, or as it is. */
export async function addOperator(client: KubeClient, args = ["--test-mode"]): Promise<void> {
  const labels = operatorLabels;
  const created = await client.create({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace: operatorNamespace, name: operatorRef.name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "manager", image: "operator", args }] },
      },
    },
  });
  const status = {
    observedGeneration: created.metadata.generation ?? 1,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
    conditions: [{ type: "Available", status: "True" }],
  };
  await client.patch(operatorRef, "merge", { status }, { subresource: "status" });
}

/** A webhook of the operator's that concerns nobody. */
export async function addOperatorWebhook(client: KubeClient): Promise<void> {
  await client.create({
    ...webhook,
    webhooks: [
      {
        name: "host.metal3.io",
        clientConfig: { service: { namespace: operatorNamespace, name: "webhook" } },
        rules: [
          { apiGroups: ["nobody.example"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["*"] },
        ],
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
      },
    ],
  });
}

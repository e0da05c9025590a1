import { expect } from "vitest";
import { waitFor } from "../../lab/control/probe";
import { refOf } from "../../lifecycle/inventory/graph";
import { readInventory } from "../../lifecycle/inventory/read";
import { podsOf } from "../../lifecycle/pivot/operator";
import type { KubeClient } from "../../lifecycle/shared/kube/client";
import { count, field, type KubeObject, secretValue, text } from "../../lifecycle/shared/kube/objects";
import { types } from "../../lifecycle/shared/kube/types";
import { ironicNodes } from "./rackServices";

const namespace = "metal3";
const clusterName = "lab";
const ironicNamespace = "baremetal-operator-system";
const hookTypes = [
  types.validatingWebhookConfiguration,
  { apiVersion: "admissionregistration.k8s.io/v1", kind: "MutatingWebhookConfiguration" },
];

/** What must be the same after the objects were lost and restored. */
export interface ManagedState {
  /** Keys of all objects that belong to the cluster. */
  readonly keys: readonly string[];
  /** Host name to provisioning state. */
  readonly hosts: Readonly<Record<string, string | undefined>>;
  /** Node name to boot ID. */
  readonly bootIds: Readonly<Record<string, string | undefined>>;
  /** Machine name to phase. */
  readonly machines: Readonly<Record<string, string | undefined>>;
  /** State of each of Ironic's nodes. A host that waits counts as "at rest", whether Ironic has it as manageable or available. */
  readonly nodes: readonly string[];
}

/** Reads it. */
export async function managedState(client: KubeClient): Promise<ManagedState> {
  const [{ keys }, hosts, nodes, machines, states] = await Promise.all([
    readInventory(client, namespace, clusterName),
    client.list(types.bareMetalHost, namespace),
    client.list(types.node),
    client.list(types.machine, namespace),
    ironicStates(client),
  ]);
  const table = (objects: readonly KubeObject[], ...path: string[]) =>
    Object.fromEntries(objects.map((object) => [object.metadata.name, text(object, ...path)]));
  return {
    keys: [...keys].sort(),
    hosts: table(hosts, "status", "provisioning", "state"),
    bootIds: table(nodes, "status", "nodeInfo", "bootID"),
    machines: table(machines, "status", "phase"),
    nodes: states.map((state) => (/^(manageable|available)$/.test(state) ? "at rest" : state)).sort(),
  };
}

/** State of each node that the cluster's Ironic has. */
async function ironicStates(client: KubeClient): Promise<string[]> {
  const secret = await client.get({
    ...types.secret,
    namespace: ironicNamespace,
    name: "ironic-credentials",
  });
  const value = (key: string) => secretValue(secret, key) ?? "";
  const { statusCode, states } = await ironicNodes(value("username"), value("password"));
  if (statusCode !== 200) throw new Error(`Ironic answers with ${statusCode}`);
  return states;
}

/**
 * Takes every object of the cluster away, and Ironic's database, as a disaster does: nobody sees them go. The managers are stopped
 * for it, and run again afterwards with nothing to manage.
 */
export async function loseObjects(client: KubeClient): Promise<void> {
  const managers = [
    ...(await client.list(types.deployment, undefined, { labelSelector: "cluster.x-k8s.io/provider" })),
    await client.get({
      ...types.deployment,
      namespace: ironicNamespace,
      name: "baremetal-operator-controller-manager",
    }),
  ];
  for (const manager of managers) await client.patch(refOf(manager), "merge", { spec: { replicas: 0 } });
  await eachReady(client, managers, 0);
  const hooks = (await Promise.all(hookTypes.map((type) => client.list(type)))).flat();
  for (const hook of hooks) await client.patch(refOf(hook), "merge", { webhooks: lenient(hook) });
  await removeAll(client);
  for (const hook of hooks) await client.patch(refOf(hook), "merge", { webhooks: field(hook, "webhooks") });
  await loseNodes(client);
  for (const manager of managers)
    await client.patch(refOf(manager), "merge", { spec: { replicas: count(manager, "spec", "replicas") } });
  await eachReady(client, managers, 1);
}

/** Lets Ironic start anew: its database goes with its pod. */
async function loseNodes(client: KubeClient): Promise<void> {
  const ironic = await client.get({ ...types.deployment, namespace: ironicNamespace, name: "ironic" });
  for (const pod of await podsOf(client, ironic)) await client.delete(refOf(pod));
  await waitFor(
    "Ironic to answer with no node",
    async () => {
      const states = await ironicStates(client);
      return states.length === 0 ? undefined : `it has nodes in state ${states.join(", ")}`;
    },
    { limitSeconds: 300, intervalSeconds: 1 },
  );
}

/** A configuration's webhooks, none of which refuses anything while it is not there. */
function lenient(hook: KubeObject): object[] {
  return (field(hook, "webhooks") as object[]).map((webhook) => ({ ...webhook, failurePolicy: "Ignore" }));
}

/** Removes them past their finalizers, whose managers are stopped. It is the loss itself: nothing else does so. */
async function removeAll(client: KubeClient): Promise<void> {
  let left: readonly KubeObject[] = [];
  await waitFor(
    "every object to be lost",
    async () => {
      left = (await readInventory(client, namespace, clusterName)).moving;
      for (const object of left) {
        await client
          .patch(refOf(object), "merge", { metadata: { finalizers: null } })
          .then(() => client.delete(refOf(object)))
          // One goes with another.
          .catch(() => undefined);
      }
      return left.length === 0 ? undefined : `${left.length} are left`;
    },
    { limitSeconds: 120, intervalSeconds: 1 },
  );
}

async function eachReady(client: KubeClient, managers: readonly KubeObject[], ready: number): Promise<void> {
  await waitFor(
    `the managers to have ${ready} pods`,
    async () => {
      const now = await Promise.all(managers.map((manager) => client.get(refOf(manager))));
      const others = now.filter((manager) => (count(manager, "status", "availableReplicas") ?? 0) !== ready);
      return others.length === 0 ? undefined : others.map(({ metadata }) => metadata.name).join(", ");
    },
    { limitSeconds: 300, intervalSeconds: 1 },
  );
}

/** Waits until the cluster is managed as it was: every object, host and machine, no node rebooted, no mark of ours left. */
export async function expectAsBefore(client: KubeClient, before: ManagedState): Promise<void> {
  await waitFor(
    "the restored cluster to be as it was",
    async () => {
      const now = await managedState(client);
      return JSON.stringify(now) === JSON.stringify(before) ? undefined : JSON.stringify(now);
    },
    { limitSeconds: 300, intervalSeconds: 2 },
  ).catch(() => undefined);
  expect(await managedState(client)).toEqual(before);
  for (const { metadata } of await client.list(types.bareMetalHost, namespace)) {
    const marks = Object.keys(metadata.annotations ?? {}).filter((name) => /paused|status$/.test(name));
    expect(marks, metadata.name).toEqual([]);
  }
}

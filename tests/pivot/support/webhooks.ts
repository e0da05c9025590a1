/** Webhooks to which nobody listens. */
import type { KubeClient } from "../../../lifecycle/shared/kube/client";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";
import { types } from "../../../lifecycle/shared/kube/types";
import { deadWebhook } from "../../plugins/support/deadWebhook";
import { namespace } from "./objects";

const name = "silent";
const ref = { ...types.validatingWebhookConfiguration, name };

/** What an object of a kind is for a webhook, and what it takes to see that it is asked for. */
export interface WatchedKind {
  readonly group: string;
  readonly resource: string;
  /** An object that the API server would take. */
  readonly sample: KubeObject;
}

/** Of a moved kind of which little is asked. */
export const pools: WatchedKind = {
  group: "ipam.metal3.io",
  resource: "ippools",
  sample: {
    apiVersion: "ipam.metal3.io/v1alpha1",
    kind: "IPPool",
    metadata: { namespace, name: "sample" },
    spec: { namePrefix: "sample", pools: [] },
  },
};

/** Registers it, and waits until the API server asks for it: it takes a moment to notice. */
export async function silenceWebhook(client: KubeClient, kind: WatchedKind): Promise<void> {
  await client.create(deadWebhook(name, kind.group, kind.resource));
  await until(async () => !(await isTaken(client, kind)));
}

/** Takes it away again, and waits until it is not asked for. */
export async function restoreWebhook(client: KubeClient, kind: WatchedKind): Promise<void> {
  await client.delete(ref);
  await until(() => isTaken(client, kind));
}

async function isTaken(client: KubeClient, { sample }: WatchedKind): Promise<boolean> {
  try {
    await client.create(sample, { dryRun: true });
    return true;
  } catch (error) {
    if (/failed calling webhook/.test(String(error))) return false;
    throw error;
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}

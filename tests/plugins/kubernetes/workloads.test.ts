/** Workloads and Services: when they are ready, and what is said when they are not. */
import { setTimeout as delay } from "node:timers/promises";
import * as k8s from "@pulumi/kubernetes";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { nestedNumber } from "../../../lab/plugins/kubernetes/objects";
import { ApiServer } from "../support/apiServer";
import { removePluginBundles } from "../support/pluginBundle";
import { KubernetesStack } from "./kubernetesStack";

let server: ApiServer;
let stack: KubernetesStack;

beforeAll(async () => {
  server = await ApiServer.start({
    controllers: [
      "garbage-collector-controller",
      "deployment-controller",
      "replicaset-controller",
      "daemonset-controller",
      "job-controller",
      "endpoints-controller",
    ],
  });
});
afterAll(async () => {
  await server.stop();
  await removePluginBundles();
});
beforeEach(async () => {
  stack = await KubernetesStack.create();
});
afterEach(async () => {
  await stack.destroy();
  await stack.remove();
});

const NODES = "/api/v1/nodes";
const PODS = "/api/v1/namespaces/default/pods";

type Items = {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
}[];

async function list(path: string): Promise<Items> {
  return (await server.client.request({ method: "GET", path }))["items"] as unknown as Items;
}

async function setStatus(path: string, status: unknown): Promise<void> {
  await server.client.request({
    method: "PATCH",
    path: `${path}/status`,
    body: { status },
    contentType: "application/merge-patch+json",
  });
}

/** Puts a pod on a node, as the scheduler does: others are no endpoints of a Service. */
async function bind(name: string): Promise<void> {
  await server.client.request({
    method: "POST",
    path: `${PODS}/${name}/binding`,
    body: { apiVersion: "v1", kind: "Binding", metadata: { name }, target: { kind: "Node", name: "node" } },
  });
}

async function setPods(status: unknown): Promise<void> {
  for (const { metadata, spec } of await list(PODS)) {
    // A pod that goes away meanwhile is none of ours any more.
    if (spec.nodeName === undefined) await bind(metadata.name).catch(() => undefined);
    await setStatus(`${PODS}/${metadata.name}`, status).catch(() => undefined);
  }
}

/** Does what scheduler and kubelet would: gives every pod a node and a status, until the work is done. */
async function asKubelet<T>(status: unknown, work: Promise<T>): Promise<T> {
  return reporting(() => status, work);
}

/** As {@link asKubelet}, with a status that changes with each report. */
async function reporting<T>(status: (report: number) => unknown, work: Promise<T>): Promise<T> {
  let done = false;
  const finished = work.finally(() => (done = true));
  finished.catch(() => undefined);
  for (let report = 1; !done; report++) {
    await setPods(status(report));
    await delay(200);
  }
  return finished;
}

const READY = {
  phase: "Running",
  podIP: "10.1.0.1",
  podIPs: [{ ip: "10.1.0.1" }],
  conditions: [{ type: "Ready", status: "True" }],
};
const NOT_READY = [
  { type: "PodScheduled", status: "True" },
  { type: "Initialized", status: "True" },
  { type: "ContainersReady", status: "False" },
  { type: "Ready", status: "False" },
];
/** An image that cannot be pulled. A kubelet reports it again and again; a single report may come before a plugin watches. */
const failing = (report: number) => ({
  phase: "Pending",
  conditions: NOT_READY,
  containerStatuses: [
    {
      name: "app",
      image: "app",
      imageID: "",
      ready: false,
      restartCount: 0,
      state: {
        waiting: { reason: "ImagePullBackOff", message: `Back-off pulling image, attempt ${report}` },
      },
    },
  ],
});

function provider(): k8s.Provider {
  return new k8s.Provider("cluster", { kubeconfig: server.kubeconfig });
}

function deployment(image: string, annotations: Record<string, string> = {}, withService = false) {
  return (): Promise<{ available: unknown }> => {
    const labels = { app: "app" };
    const options = { provider: provider() };
    const result = new k8s.apps.v1.Deployment(
      "app",
      {
        metadata: { name: "app", annotations },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            // No kubelet runs that would end them.
            spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "app", image }] },
          },
        },
      },
      options,
    );
    if (withService) {
      new k8s.core.v1.Service(
        "app",
        { metadata: { name: "app" }, spec: { selector: labels, ports: [{ port: 80 }] } },
        options,
      );
    }
    return Promise.resolve({ available: result.status.availableReplicas });
  };
}

describe("workloads", () => {
  it("waits for a Deployment's pods and a Service's endpoints, through a roll-out too", async () => {
    const first = await asKubelet(READY, stack.up(deployment("app:1", {}, true)));
    expect(first.outputs["available"]?.value).toBe(1);
    expect((await stack.preview(deployment("app:1", {}, true))).changes).toEqual({ same: 4 });
    const second = await asKubelet(READY, stack.up(deployment("app:2", {}, true)));
    expect(second.changes).toMatchObject({ update: 1 });
    const pods = await list(PODS);
    expect(JSON.stringify(pods)).toContain("app:2");
  });

  it("notes in a refresh what is not ready any more, and what is again", async () => {
    const APP = "/apis/apps/v1/namespaces/default/deployments/app";
    const AVAILABLE = ["status", "availableReplicas"];
    const ENDPOINTS = "/api/v1/namespaces/default/endpoints/app";
    const unready = async () => {
      const types = ["kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Service"];
      const resources = (await Promise.all(types.map((type) => stack.saved(type)))).flat();
      return resources.filter(({ initErrors }) => (initErrors ?? []).length > 0).length;
    };
    const endpoints = async () =>
      JSON.stringify((await server.client.request({ method: "GET", path: ENDPOINTS }))["subsets"] ?? []);
    const available = async () =>
      nestedNumber(await server.client.request({ method: "GET", path: APP }), ...AVAILABLE) ?? 0;
    await asKubelet(READY, stack.up(deployment("app:1", {}, true)));

    await setPods({ ...READY, conditions: NOT_READY });
    await expect.poll(endpoints, { timeout: 60_000 }).toContain("notReadyAddresses");
    await expect.poll(available, { timeout: 60_000 }).toBe(0);
    await stack.refresh();
    expect(await unready()).toBe(2);

    await setPods(READY);
    await expect.poll(endpoints, { timeout: 60_000 }).not.toContain("notReadyAddresses");
    await expect.poll(available, { timeout: 60_000 }).toBe(1);
    await stack.refresh();
    expect(await unready()).toBe(0);
    expect((await stack.preview(deployment("app:1", {}, true))).changes).toEqual({ same: 4 });
  });

  it("names the pods' problem when a Deployment does not get ready in time", async () => {
    const run = reporting(failing, stack.up(deployment("missing:1", { "pulumi.com/timeoutSeconds": "15" })));
    await expect(run).rejects.toThrow(/ImagePullBackOff/);
  });

  it("waits for a DaemonSet's pods, one on each node", async () => {
    await server.client.request({
      method: "POST",
      path: NODES,
      body: { apiVersion: "v1", kind: "Node", metadata: { name: "node" } },
    });
    await server.client.request({
      method: "PATCH",
      path: `${NODES}/node`,
      // A node that has just come is tainted until it is ready.
      body: { spec: { taints: null } },
      contentType: "application/merge-patch+json",
    });
    const program = (image: string) => () => {
      const labels = { app: "each" };
      const set = new k8s.apps.v1.DaemonSet(
        "each",
        {
          metadata: { name: "each" },
          spec: {
            selector: { matchLabels: labels },
            template: {
              metadata: { labels },
              spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "each", image }] },
            },
          },
        },
        { provider: provider() },
      );
      return Promise.resolve({ ready: set.status.numberReady });
    };
    const first = await asKubelet(READY, stack.up(program("each:1")));
    expect(first.outputs["ready"]?.value).toBe(1);
    expect((await stack.preview(program("each:1"))).changes).toEqual({ same: 3 });
    expect((await stack.refresh()).changes).toEqual({ same: 3 });
    expect((await asKubelet(READY, stack.up(program("each:2")))).changes).toEqual({ same: 2, update: 1 });
    expect(JSON.stringify(await list(PODS))).toContain("each:2");
  });

  it("does not wait with skipAwait", async () => {
    const run = await stack.up(deployment("app:1", { "pulumi.com/skipAwait": "true" }));
    expect(run.outputs["available"]?.value).toBeUndefined();
  });

  it("fails at once when a Job has failed", async () => {
    const run = stack.up(() => {
      new k8s.batch.v1.Job(
        "job",
        {
          metadata: { name: "job" },
          spec: {
            backoffLimit: 0,
            template: { spec: { restartPolicy: "Never", containers: [{ name: "job", image: "job" }] } },
          },
        },
        { provider: provider() },
      );
      return Promise.resolve();
    });
    await expect(asKubelet({ phase: "Failed" }, run)).rejects.toThrow(/BackoffLimitExceeded/);
  });
});

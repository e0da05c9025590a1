/** Readiness: what is waited for, what is shown meanwhile, and what a timeout says. */
import { setTimeout as delay } from "node:timers/promises";
import * as k8s from "@pulumi/kubernetes";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiServer } from "../support/apiServer";
import { removePluginBundles } from "../support/pluginBundle";
import { KubernetesStack, isOfficial } from "./kubernetesStack";
import { widget, widgetDefinition } from "./widget";

let server: ApiServer;
let stack: KubernetesStack;

beforeAll(async () => {
  server = await ApiServer.start({
    controllers: [
      "garbage-collector-controller",
      "deployment-controller",
      "replicaset-controller",
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

const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";
const PODS = "/api/v1/namespaces/default/pods";

type Items = { readonly metadata: { readonly name: string; readonly uid: string } }[];

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

/** Does what a kubelet would: gives every pod a status, until the work is done. */
async function asKubelet<T>(status: unknown, work: Promise<T>): Promise<T> {
  let done = false;
  const finished = work.finally(() => (done = true));
  finished.catch(() => undefined);
  while (!done) {
    for (const pod of await list(PODS)) {
      await setStatus(`${PODS}/${pod.metadata.name}`, status).catch(() => undefined);
    }
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
const FAILING = {
  phase: "Pending",
  conditions: [
    { type: "PodScheduled", status: "True" },
    { type: "Initialized", status: "True" },
    { type: "ContainersReady", status: "False" },
    { type: "Ready", status: "False" },
  ],
  containerStatuses: [
    {
      name: "app",
      image: "app",
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { waiting: { reason: "ImagePullBackOff", message: "Back-off pulling image" } },
    },
  ],
};

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
          template: { metadata: { labels }, spec: { containers: [{ name: "app", image }] } },
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

describe("waitFor on custom resources", () => {
  const program = (annotations: Record<string, string>) => () => {
    const options = { provider: provider() };
    const definition = widgetDefinition(options, "Namespaced");
    widget("w", { size: 1 }, { ...options, dependsOn: definition }, "Widget", annotations);
    return Promise.resolve();
  };

  const savedStatus = async () =>
    (await stack.saved("kubernetes:example.com/v1:Widget"))[0]?.outputs["status"];

  /** Sets statuses one after another as soon as the object exists. */
  async function report(statuses: readonly unknown[], work: Promise<unknown>): Promise<void> {
    let done = false;
    const finished = work.finally(() => (done = true)).catch(() => undefined);
    let next = 0;
    while (!done) {
      const status = statuses[Math.min(next, statuses.length - 1)];
      const set = await setStatus(`${WIDGETS}/w`, status).then(
        () => true,
        () => false,
      );
      if (set) next++;
      await delay(300);
    }
    await finished;
  }

  it("waits for a JSONPath value and shows the states on the way", async () => {
    const run = stack.up(program({ "pulumi.com/waitFor": "jsonpath={.status.state}=available" }));
    await report([{ state: "registering" }, { state: "inspecting" }, { state: "available" }], run);
    const { messages } = await run;
    expect(await savedStatus()).toMatchObject({ state: "available" });
    expect(messages.join("\n")).toMatch(/inspecting/);
  });

  it("waits for all of several expressions", async () => {
    const waitFor = JSON.stringify(["condition=Ready", "jsonpath={.status.count}=2"]);
    const run = stack.up(program({ "pulumi.com/waitFor": waitFor }));
    const ready = [{ type: "Ready", status: "True" }];
    await report(
      [
        { conditions: ready, count: 1 },
        { conditions: ready, count: 2 },
      ],
      run,
    );
    await run;
    expect(await savedStatus()).toMatchObject({ count: 2 });
  });

  it("says what was missing when time runs out, keeps the object, and goes on in the next run", async () => {
    const annotations = { "pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "4" };
    const failed = [
      { type: "Ready", status: "False", reason: "RegistrationError", message: "BMC refused the login" },
    ];
    const run = stack.up(program(annotations));
    await report([{ conditions: failed }], run);
    const message = await run.then(
      () => "",
      (error: Error) => error.message,
    );
    expect(message).toMatch(/timed out waiting for the condition/);
    if (!isOfficial) expect(message).toMatch(/\[RegistrationError\] BMC refused the login/);
    expect(await stack.saved("kubernetes:example.com/v1:Widget")).toHaveLength(1);

    const again = stack.up(program(annotations));
    await report([{ conditions: [{ type: "Ready", status: "True" }] }], again);
    expect((await again).changes).toMatchObject({ update: 1 });
  });

  it("refuses an expression it does not know", async () => {
    await expect(stack.up(program({ "pulumi.com/waitFor": "ready" }))).rejects.toThrow(
      /expected a "jsonpath="/,
    );
  });

  it("does not wait for custom resources without the annotation", async () => {
    expect((await stack.up(program({}))).changes).toMatchObject({ create: 4 });
  });
});

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

  it("names the pods' problem when a Deployment does not get ready in time", async () => {
    const run = asKubelet(FAILING, stack.up(deployment("missing:1", { "pulumi.com/timeoutSeconds": "5" })));
    await expect(run).rejects.toThrow(/ImagePullBackOff/);
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

describe("deletion", () => {
  it("waits until the object is gone, and names the finalizers when that takes too long", async () => {
    const definition = () => widgetDefinition({ provider: provider() }, "Namespaced");
    await stack.up(() => {
      const options = { provider: provider() };
      const object = new k8s.apiextensions.CustomResource(
        "held",
        {
          apiVersion: "example.com/v1",
          kind: "Widget",
          metadata: { name: "held", finalizers: ["example.com/hold"] },
        },
        { ...options, dependsOn: widgetDefinition(options, "Namespaced"), customTimeouts: { delete: "4s" } },
      );
      return Promise.resolve({ name: object.metadata.name });
    });
    const keepDefinition = () => {
      definition();
      return Promise.resolve();
    };
    const failure = await stack.up(keepDefinition).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(failure).toMatch(/finalizers might be preventing deletion \(.*example\.com\/hold/);
    await server.client.request({
      method: "PATCH",
      path: `${WIDGETS}/held`,
      body: { metadata: { finalizers: null } },
      contentType: "application/merge-patch+json",
    });
    await stack.up(keepDefinition);
    expect(await stack.saved("kubernetes:example.com/v1:Widget")).toHaveLength(0);
  });
});

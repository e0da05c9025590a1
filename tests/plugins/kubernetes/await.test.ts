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
  server = await ApiServer.start({ controllers: ["garbage-collector-controller"] });
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

async function setStatus(path: string, status: unknown): Promise<void> {
  await server.client.request({
    method: "PATCH",
    path: `${path}/status`,
    body: { status },
    contentType: "application/merge-patch+json",
  });
}

function provider(): k8s.Provider {
  return new k8s.Provider("cluster", { kubeconfig: server.kubeconfig });
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
    const annotations = { "pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "10" };
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
        { ...options, dependsOn: widgetDefinition(options, "Namespaced"), customTimeouts: { delete: "10s" } },
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

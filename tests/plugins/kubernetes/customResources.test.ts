/** Custom resources and their definitions: creation, second preview, change, refresh, drift, deletion. */
import * as k8s from "@pulumi/kubernetes";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiServer } from "../support/apiServer";
import { removePluginBundles } from "../support/pluginBundle";
import { KubernetesStack } from "./kubernetesStack";
import { declareWidgets } from "./samples";
import { widget, widgetDefinition } from "./widget";

let server: ApiServer;
let stack: KubernetesStack;

beforeAll(async () => {
  server = await ApiServer.start({ controllers: ["garbage-collector-controller", "namespace-controller"] });
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

const DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com";

const get = (path: string) => server.client.request({ method: "GET", path });
const patch = (path: string, body: unknown, fieldManager = "somebody") =>
  server.client.request({
    method: "PATCH",
    path,
    query: { fieldManager },
    body,
    contentType: "application/merge-patch+json",
  });

function provider(args: k8s.ProviderArgs = {}): k8s.Provider {
  return new k8s.Provider("cluster", { kubeconfig: server.kubeconfig, ...args });
}

describe("custom resources", () => {
  it("creates them right after their definition, in one run, cluster-scoped and namespaced", async () => {
    const program = (size: number) => () => {
      const options = { provider: provider() };
      const definition = widgetDefinition(options, "Namespaced");
      const global = widgetDefinition(options, "Cluster", "Gadget");
      widget("w", { size }, { ...options, dependsOn: definition });
      widget("g", { size }, { ...options, dependsOn: global }, "Gadget");
      return Promise.resolve();
    };
    expect((await stack.preview(program(1))).changes).toMatchObject({ create: 6 });
    await stack.up(program(1));
    expect(await get("/apis/example.com/v1/namespaces/default/widgets/w")).toMatchObject({
      spec: { size: 1 },
    });
    expect(await get("/apis/example.com/v1/gadgets/g")).toMatchObject({ spec: { size: 1 } });
    expect((await stack.preview(program(1))).changes).toEqual({ same: 6 });
    expect((await stack.refresh()).changes).toEqual({ same: 6 });
    expect((await stack.up(program(2))).changes).toEqual({ same: 4, update: 2 });
    expect((await stack.preview(program(2))).changes).toEqual({ same: 6 });
  });

  it("sees drift on a refresh and puts it back", async () => {
    const path = "/apis/example.com/v1/namespaces/default/widgets/w";
    const program = () => {
      const options = { provider: provider({ enablePatchForce: true }) };
      widget("w", { size: 1 }, { ...options, dependsOn: widgetDefinition(options, "Namespaced") });
      return Promise.resolve();
    };
    await stack.up(program);
    await patch(path, { spec: { size: 7, extra: "kept" } });
    expect((await stack.refresh()).changes).toMatchObject({ update: 1 });
    expect((await stack.preview(program)).changes).toMatchObject({ update: 1 });
    await stack.up(program);
    expect(await get(path)).toMatchObject({ spec: { size: 1, extra: "kept" } });
    expect((await stack.preview(program)).changes).toEqual({ same: 4 });
  });

  it("drops from the state what somebody deleted, and creates it again", async () => {
    const path = "/apis/example.com/v1/namespaces/default/widgets/w";
    const program = () => {
      const options = { provider: provider() };
      widget("w", { size: 1 }, { ...options, dependsOn: widgetDefinition(options, "Namespaced") });
      return Promise.resolve();
    };
    await stack.up(program);
    await server.client.request({ method: "DELETE", path });
    expect((await stack.refresh()).changes).toMatchObject({ delete: 1 });
    expect((await stack.up(program)).changes).toMatchObject({ create: 1 });
    expect(await get(path)).toMatchObject({ spec: { size: 1 } });
  });

  it("previews a kind that nobody has declared yet, and creates it once something else has", async () => {
    const program = () => {
      widget("w", { size: 1 }, { provider: provider() });
      return Promise.resolve();
    };
    expect((await stack.preview(program)).changes).toEqual({ create: 3 });
    await declareWidgets(server);
    await stack.up(program);
    expect((await stack.preview(program)).changes).toEqual({ same: 3 });
    await stack.destroy();
    await server.client.request({ method: "DELETE", path: DEFINITION });
    await expect
      .poll(
        () =>
          get(DEFINITION).then(
            () => true,
            () => false,
          ),
        { timeout: 60_000 },
      )
      .toBe(false);
  });

  it("takes what controllers add to an object as no difference, and keeps it through a change", async () => {
    const path = "/apis/example.com/v1/namespaces/default/widgets/w";
    const program = (size: number) => () => {
      const options = { provider: provider({ enablePatchForce: true }) };
      const definition = widgetDefinition(options, "Namespaced");
      widget("w", { size, list: [{ name: "a" }] }, { ...options, dependsOn: definition }, "Widget", {
        own: "1",
      });
      return Promise.resolve();
    };
    const added = {
      metadata: { annotations: { theirs: "2" }, labels: { theirs: "2" }, finalizers: ["example.com/hold"] },
      spec: { chosen: "by a controller" },
    };
    try {
      await stack.up(program(1));
      await patch(path, added);
      await patch(`${path}/status`, { status: { state: "available" } });
      await stack.refresh();
      expect((await stack.preview(program(1))).changes).toEqual({ same: 4 });
      expect((await stack.up(program(2))).changes).toEqual({ same: 3, update: 1 });
      expect(await get(path)).toMatchObject({ ...added, status: { state: "available" } });
      expect((await stack.preview(program(2))).changes).toEqual({ same: 4 });
    } finally {
      await patch(path, { metadata: { finalizers: null } });
    }
  });

  // The official plugin does not read definitions into a type, which would drop it.
  it("takes an empty value in a definition for a difference, since the server drops it", async () => {
    const program = () => {
      widgetDefinition({ provider: provider() }, "Namespaced", "Widget", {});
      return Promise.resolve();
    };
    await stack.up(program);
    expect((await stack.preview(program)).changes).toEqual({ same: 2, update: 1 });
  });

  it("changes a definition in place and keeps its objects", async () => {
    const program = (labels?: Record<string, string>) => () => {
      const options = { provider: provider() };
      widget(
        "w",
        { size: 1 },
        { ...options, dependsOn: widgetDefinition(options, "Namespaced", "Widget", labels) },
      );
      return Promise.resolve();
    };
    await stack.up(program());
    const before = await get("/apis/example.com/v1/namespaces/default/widgets/w");
    expect((await stack.up(program({ move: "" }))).changes).toEqual({ same: 3, update: 1 });
    expect(await get(DEFINITION)).toMatchObject({ metadata: { labels: { move: "" } } });
    expect((await get("/apis/example.com/v1/namespaces/default/widgets/w"))["metadata"]).toMatchObject({
      uid: (before["metadata"] as { uid: string }).uid,
    });
    expect((await stack.preview(program({ move: "" }))).changes).toEqual({ same: 4 });
    expect((await stack.refresh()).changes).toEqual({ same: 4 });
  });
});

/** Objects of any kind: creation, second preview, change, refresh, drift, deletion. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiServer } from "../support/apiServer";
import { KubernetesStack, removePlugin } from "./kubernetesStack";
import { widget, widgetDefinition } from "./widget";

let server: ApiServer;
let stack: KubernetesStack;

beforeAll(async () => {
  server = await ApiServer.start({ controllers: ["garbage-collector-controller", "namespace-controller"] });
});
afterAll(async () => {
  await server.stop();
  await removePlugin();
});
beforeEach(async () => {
  stack = await KubernetesStack.create();
});
afterEach(async () => {
  await stack.destroy();
  await stack.remove();
});

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

describe("built-in kinds", () => {
  it("creates, shows no change, changes and deletes namespaced and cluster-scoped objects", async () => {
    const program = (replicas: number) => () => {
      const options = { provider: provider({ enableConfigMapMutable: true }) };
      const namespace = new k8s.core.v1.Namespace("ns", { metadata: { name: "one" } }, options);
      new k8s.core.v1.ConfigMap(
        "settings",
        {
          metadata: { name: "settings", namespace: namespace.metadata.name },
          data: { replicas: String(replicas) },
        },
        options,
      );
      const role = new k8s.rbac.v1.ClusterRole(
        "reader",
        { metadata: { name: "reader" }, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] },
        options,
      );
      return Promise.resolve({ uid: role.metadata.uid });
    };
    const first = await stack.up(program(1));
    expect(first.changes).toMatchObject({ create: 5 });
    expect(first.outputs["uid"]?.value).toMatch(/^[0-9a-f-]{36}$/);
    expect((await stack.preview(program(1))).changes).toEqual({ same: 5 });
    expect((await stack.refresh()).changes).toEqual({ same: 5 });

    expect((await stack.up(program(2))).changes).toEqual({ same: 4, update: 1 });
    expect(await get("/api/v1/namespaces/one/configmaps/settings")).toMatchObject({
      data: { replicas: "2" },
    });

    await stack.destroy();
    await expect(get("/api/v1/namespaces/one")).rejects.toThrow(/not found/);
    await expect(get("/apis/rbac.authorization.k8s.io/v1/clusterroles/reader")).rejects.toThrow(/not found/);
  });

  it("takes values that the server drops or rewrites as no difference", async () => {
    const labels = { app: "idle" };
    const program = () => {
      new k8s.apps.v1.Deployment(
        "idle",
        {
          metadata: { name: "idle", annotations: { "pulumi.com/skipAwait": "true" }, labels: {} },
          spec: {
            replicas: 0,
            selector: { matchLabels: labels },
            template: {
              metadata: { labels },
              spec: {
                hostNetwork: false,
                nodeSelector: {},
                containers: [
                  {
                    name: "idle",
                    image: "idle",
                    env: [{ name: "EMPTY", value: "" }],
                    resources: { limits: { cpu: "1000m", memory: "1024Mi" }, requests: { cpu: "0.1" } },
                    ports: [{ containerPort: 80 }],
                  },
                ],
                volumes: [{ name: "scratch", emptyDir: { sizeLimit: "1024Mi" } }],
              },
            },
          },
        },
        { provider: provider() },
      );
      return Promise.resolve();
    };
    await stack.up(program);
    expect((await stack.preview(program)).changes).toEqual({ same: 3 });
    expect((await stack.refresh()).changes).toEqual({ same: 3 });
    expect((await stack.preview(program)).changes).toEqual({ same: 3 });
  });

  it("names an object after its resource and keeps the name", async () => {
    const program = (value: string) => () => {
      new k8s.core.v1.ConfigMap("auto", { data: { value } }, { provider: provider() });
      return Promise.resolve();
    };
    await stack.up(program("a"));
    const [first] = await stack.saved("kubernetes:core/v1:ConfigMap");
    expect(first?.id).toMatch(/^default\/auto-[0-9a-f]{8}$/);
    expect(first?.inputs).toMatchObject({ metadata: { annotations: { "pulumi.com/autonamed": "true" } } });
    expect((await stack.preview(program("a"))).changes).toEqual({ same: 3 });

    const replaced = await stack.up(program("b"));
    expect(replaced.changes).toMatchObject({ replace: 1 });
    const [second] = await stack.saved("kubernetes:core/v1:ConfigMap");
    expect(second?.id).toMatch(/^default\/auto-[0-9a-f]{8}$/);
    expect(second?.id).not.toBe(first?.id);
  });

  it("replaces what is immutable, the old object first when the name stays", async () => {
    const program = (provisioner: string) => () => {
      new k8s.storage.v1.StorageClass(
        "fast",
        { metadata: { name: "fast" }, provisioner },
        { provider: provider() },
      );
      return Promise.resolve();
    };
    await stack.up(program("example.com/a"));
    const before = await get("/apis/storage.k8s.io/v1/storageclasses/fast");
    expect((await stack.preview(program("example.com/b"))).changes).toMatchObject({ replace: 1 });
    await stack.up(program("example.com/b"));
    const after = await get("/apis/storage.k8s.io/v1/storageclasses/fast");
    expect(after).toMatchObject({ provisioner: "example.com/b" });
    expect(after["metadata"]).not.toMatchObject({ uid: (before["metadata"] as { uid: string }).uid });
  });

  it("decodes YAML for yaml.ConfigGroup and gives namespaced objects the provider's namespace", async () => {
    const text = [
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: from-yaml }\ndata: { a: b }",
      "# nothing here",
      "apiVersion: v1\nkind: Namespace\nmetadata: { name: yaml-space }",
    ].join("\n---\n");
    const program = () => {
      new k8s.yaml.ConfigGroup("group", { yaml: text }, { provider: provider({ namespace: "kube-public" }) });
      return Promise.resolve();
    };
    await stack.up(program);
    expect(await get("/api/v1/namespaces/kube-public/configmaps/from-yaml")).toMatchObject({
      data: { a: "b" },
    });
    expect((await stack.preview(program)).changes).toEqual({ same: 5 });
  });
});

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

  it("imports an existing object and shows no change", async () => {
    const program = () => {
      const options = { provider: provider() };
      new k8s.core.v1.ConfigMap(
        "foreign",
        { metadata: { name: "foreign", namespace: "default" }, data: { a: "b" } },
        { ...options, import: "default/foreign" },
      );
      return Promise.resolve();
    };
    await server.client.request({
      method: "POST",
      path: "/api/v1/namespaces/default/configmaps",
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "foreign" }, data: { a: "b" } },
    });
    expect((await stack.up(program)).changes).toMatchObject({ import: 1 });
    expect((await stack.preview(program)).changes).toEqual({ same: 3 });
  });

  it("reads an object that the program does not own", async () => {
    const run = await stack.up(() => {
      const found = k8s.core.v1.Namespace.get("found", "kube-system", { provider: provider() });
      return Promise.resolve({ phase: found.status.phase });
    });
    expect(run.outputs["phase"]?.value).toBe("Active");
    await stack.destroy();
    expect(await get("/api/v1/namespaces/kube-system")).toMatchObject({ status: { phase: "Active" } });
  });

  it("leaves unknown inputs unknown in a preview", async () => {
    const program = () => {
      const options = { provider: provider() };
      const source = new k8s.core.v1.ConfigMap("source", { metadata: { name: "source" } }, options);
      new k8s.core.v1.ConfigMap(
        "copy",
        { metadata: { name: "copy" }, data: { uid: source.metadata.uid.apply((uid) => `${uid}`) } },
        options,
      );
      new k8s.core.v1.ConfigMap(
        "named",
        { metadata: { name: pulumi.interpolate`n-${source.metadata.uid}` } },
        options,
      );
      return Promise.resolve();
    };
    expect((await stack.preview(program)).changes).toMatchObject({ create: 5 });
    await stack.up(program);
    expect((await stack.preview(program)).changes).toEqual({ same: 5 });
  });
});

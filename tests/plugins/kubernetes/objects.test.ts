/** Objects of built-in kinds: creation, second preview, change, refresh, deletion, and values that are not known yet. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiServer } from "../support/apiServer";
import { removePluginBundles } from "../support/pluginBundle";
import { KubernetesStack } from "./kubernetesStack";

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

const get = (path: string) => server.client.request({ method: "GET", path });
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

describe("objects of others", () => {
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
});

describe("values that are not known yet", () => {
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

  it("changes a Secret or a ConfigMap in place, also while the new value is unknown", async () => {
    const program = (seed: string) => () => {
      const options = { provider: provider({ enableConfigMapMutable: true, enableSecretMutable: true }) };
      // A name that changes makes another object, whose uid is unknown until it exists.
      const source = new k8s.core.v1.ConfigMap("source", { metadata: { name: `source-${seed}` } }, options);
      const value = pulumi.secret(source.metadata.uid.apply((uid) => `${uid}`));
      const metadata = { name: "derived" };
      new k8s.core.v1.Secret("derived", { metadata, stringData: { value, fixed: "f" } }, options);
      new k8s.core.v1.ConfigMap("derived", { metadata, data: { value, fixed: "f" } }, options);
      return Promise.resolve();
    };
    expect((await stack.preview(program("a"))).changes).toMatchObject({ create: 5 });
    await stack.up(program("a"));
    const uid = async (path: string) => ((await get(path))["metadata"] as { uid: string }).uid;
    const secret = await uid("/api/v1/namespaces/default/secrets/derived");
    expect((await stack.preview(program("b"))).changes).toEqual({ same: 2, replace: 1, update: 2 });
    expect((await stack.up(program("b"))).changes).toMatchObject({ update: 2 });
    expect(await uid("/api/v1/namespaces/default/secrets/derived")).toBe(secret);
    expect((await stack.preview(program("b"))).changes).toEqual({ same: 5 });
  });
});

/** Objects that exist already, fields that others own, and secrets in the state. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiServer } from "../support/apiServer";
import { removePluginBundles } from "../support/pluginBundle";
import { KubernetesStack } from "./kubernetesStack";
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

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const get = (path: string) => server.client.request({ method: "GET", path });

function provider(args: k8s.ProviderArgs = {}): k8s.Provider {
  return new k8s.Provider("cluster", { kubeconfig: server.kubeconfig, ...args });
}

async function foreignConfigMap(name: string, data: Record<string, string>): Promise<void> {
  await server.client.request({
    method: "POST",
    path: CONFIG_MAPS,
    query: { fieldManager: "somebody" },
    body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data },
  });
}

/** Makes another manager the owner of a field, as `kubectl apply --server-side --force-conflicts` does. */
async function takeField(name: string, data: Record<string, string>): Promise<void> {
  await server.client.request({
    method: "PATCH",
    path: `${CONFIG_MAPS}/${name}`,
    query: { fieldManager: "somebody", force: "true" },
    body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data },
    contentType: "application/apply-patch+yaml",
  });
}

function configMap(
  name: string,
  value: string,
  args: k8s.ProviderArgs = {},
  annotations: Record<string, string> = {},
) {
  return (): Promise<void> => {
    new k8s.core.v1.ConfigMap(
      name,
      { metadata: { name, annotations: { note: "n", ...annotations } }, data: { value } },
      { provider: provider({ enableConfigMapMutable: true, ...args }) },
    );
    return Promise.resolve();
  };
}

describe("existing objects", () => {
  it("refuses to create what exists already", async () => {
    await foreignConfigMap("taken", { value: "theirs" });
    await expect(stack.up(configMap("taken", "ours"))).rejects.toThrow(/"taken" already exists/);
    expect(await get(`${CONFIG_MAPS}/taken`)).toMatchObject({ data: { value: "theirs" } });
  });

  it("applies onto it with upsertExistingObjects and enablePatchForce", async () => {
    await foreignConfigMap("adopted", { value: "theirs", other: "kept" });
    const program = configMap("adopted", "ours", { upsertExistingObjects: true, enablePatchForce: true });
    await stack.up(program);
    expect(await get(`${CONFIG_MAPS}/adopted`)).toMatchObject({ data: { value: "ours", other: "kept" } });
    expect((await stack.preview(program)).changes).toEqual({ same: 3 });
  });
});

describe("fields of other managers", () => {
  it("names the other manager and the remedy in a conflict", async () => {
    await stack.up(configMap("shared", "a"));
    await takeField("shared", { value: "theirs" });
    const failure = await stack.up(configMap("shared", "b")).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(failure).toMatch(/conflict with "somebody"/);
    expect(failure).toMatch(/handle-field-conflicts-on-existing-resources/);
    expect(await get(`${CONFIG_MAPS}/shared`)).toMatchObject({ data: { value: "theirs" } });
  });

  it("takes the field with the patchForce annotation", async () => {
    const force = { "pulumi.com/patchForce": "true" };
    await stack.up(configMap("forced", "a", {}, force));
    await takeField("forced", { value: "theirs" });
    await stack.up(configMap("forced", "b", {}, force));
    expect(await get(`${CONFIG_MAPS}/forced`)).toMatchObject({ data: { value: "b" } });
    expect((await stack.preview(configMap("forced", "b", {}, force))).changes).toEqual({ same: 3 });
  });

  it("removes a field that the program does not set any more", async () => {
    const program = (data: Record<string, string>) => () => {
      new k8s.core.v1.ConfigMap(
        "shrinking",
        { metadata: { name: "shrinking" }, data },
        { provider: provider({ enableConfigMapMutable: true }) },
      );
      return Promise.resolve();
    };
    await stack.up(program({ a: "1", b: "2" }));
    expect((await stack.up(program({ a: "1" }))).changes).toEqual({ same: 2, update: 1 });
    expect((await get(`${CONFIG_MAPS}/shrinking`))["data"]).toEqual({ a: "1" });
    expect((await stack.preview(program({ a: "1" }))).changes).toEqual({ same: 3 });
  });

  it("leaves ignored fields to whoever changes them", async () => {
    const program = (value: string) => () => {
      new k8s.core.v1.ConfigMap(
        "ignoring",
        { metadata: { name: "ignoring" }, data: { value, own: value } },
        { provider: provider({ enableConfigMapMutable: true }), ignoreChanges: ["data.value"] },
      );
      return Promise.resolve();
    };
    await stack.up(program("a"));
    await takeField("ignoring", { value: "theirs" });
    await stack.refresh();
    await stack.up(program("b"));
    expect(await get(`${CONFIG_MAPS}/ignoring`)).toMatchObject({ data: { value: "theirs", own: "b" } });
  });

  it("manages single fields of a foreign object with a Patch resource, and gives them back", async () => {
    await foreignConfigMap("patched", { theirs: "1" });
    const run = await stack.up(() => {
      const patch = new k8s.core.v1.ConfigMapPatch(
        "patched",
        { metadata: { name: "patched" }, data: { ours: "2" } },
        { provider: provider() },
      );
      return Promise.resolve({ data: patch.data });
    });
    expect(run.outputs["data"]?.value).toEqual({ theirs: "1", ours: "2" });
    await stack.destroy();
    expect((await get(`${CONFIG_MAPS}/patched`))["data"]).toEqual({ theirs: "1" });
  });
});

describe("secrets", () => {
  const PASSWORD = "correct-horse-battery";
  const plain = [PASSWORD, Buffer.from(PASSWORD).toString("base64")];

  it("never saves the data of a Secret, nor a secret field of any object, in plain", async () => {
    const program = () => {
      const options = { provider: provider({ kubeconfig: pulumi.secret(server.kubeconfig) }) };
      const password = pulumi.secret(PASSWORD);
      const secret = new k8s.core.v1.Secret(
        "login",
        { metadata: { name: "login" }, stringData: { password: PASSWORD } },
        options,
      );
      const definition = widgetDefinition(options, "Namespaced");
      const object = widget(
        "w",
        { nested: { password }, list: [password] },
        { ...options, dependsOn: definition },
      );
      const spec = (object as unknown as { spec: pulumi.Output<unknown> }).spec;
      return Promise.resolve({ data: secret.data, spec });
    };
    const run = await stack.up(program);
    expect(run.outputs["data"]).toEqual({ value: { password: plain[1] }, secret: true });
    expect(run.outputs["spec"]).toMatchObject({ value: { nested: { password: PASSWORD } }, secret: true });
    for (const text of plain) expect(await stack.stateText()).not.toContain(text);
    expect((await stack.preview(program)).changes).toEqual({ same: 5 });

    const refreshed = await stack.refresh();
    expect(refreshed.changes).toEqual({ same: 5 });
    for (const text of plain) {
      expect(await stack.stateText()).not.toContain(text);
      expect(`${run.text}${refreshed.text}`).not.toContain(text);
    }
  });

  it("replaces a Secret on a change unless enableSecretMutable is set", async () => {
    const program = (password: string, enableSecretMutable: boolean) => () => {
      new k8s.core.v1.Secret(
        "login",
        { metadata: { name: "login" }, stringData: { password } },
        { provider: provider({ enableSecretMutable }) },
      );
      return Promise.resolve();
    };
    await stack.up(program("a", false));
    expect((await stack.preview(program("b", false))).changes).toMatchObject({ replace: 1 });
    expect((await stack.up(program("b", true))).changes).toMatchObject({ update: 2 });
    expect(await get("/api/v1/namespaces/default/secrets/login")).toMatchObject({
      data: { password: Buffer.from("b").toString("base64") },
    });
  });
});

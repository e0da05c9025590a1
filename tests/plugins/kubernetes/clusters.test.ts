/** Clusters that are not known yet, change their address, or are left by their objects. */
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiServer } from "../support/apiServer";
import { removePluginBundles } from "../support/pluginBundle";
import { KubernetesStack } from "./kubernetesStack";
import { configMap, declareWidgets } from "./samples";
import { widget } from "./widget";

let target: ApiServer;
let stack: KubernetesStack;

beforeAll(async () => {
  target = await ApiServer.start({ controllers: ["garbage-collector-controller", "namespace-controller"] });
});
afterAll(async () => {
  await target.stop();
  await removePluginBundles();
});
beforeEach(async () => {
  stack = await KubernetesStack.create();
});
afterEach(async () => {
  await stack.remove();
});

describe("objects that another tool moves to another cluster", () => {
  it("keep their identity: no change, clean refresh, later changes and deletion on the new cluster", async () => {
    const source = await ApiServer.start();
    try {
      const file = path.join(stack.folder, "management.kubeconfig");
      await writeFile(file, source.kubeconfig, { mode: 0o600 });
      const program = (size: number) => () => {
        const provider = new k8s.Provider("management", {
          kubeconfig: "management.kubeconfig",
          clusterIdentifier: "stack-management",
          enablePatchForce: true,
          enableConfigMapMutable: true,
        });
        configMap("moved", { provider }, String(size));
        widget("moved", { size }, { provider });
        const bootstrap = new k8s.Provider("bootstrap", {
          kubeconfig: source.kubeconfig,
          clusterIdentifier: "stack-bootstrap",
          skipUpdateUnreachable: true,
        });
        const left = configMap("left-behind", { provider: bootstrap, retainOnDelete: true });
        configMap("contents", { provider: bootstrap, deletedWith: left });
        return Promise.resolve();
      };
      for (const server of [source, target]) await declareWidgets(server);
      await stack.up(program(1));
      await move(source, target, "/api/v1/namespaces/default/configmaps", "moved");
      await move(source, target, "/apis/example.com/v1/namespaces/default/widgets", "moved");
      await writeFile(file, target.kubeconfig, { mode: 0o600 });
      await source.stop();

      expect((await stack.preview(program(1))).changes).toEqual({ same: 7 });
      expect((await stack.refresh()).changes).toEqual({ same: 7 });
      expect((await stack.preview(program(1))).changes).toEqual({ same: 7 });
      expect((await stack.up(program(2))).changes).toEqual({ same: 5, update: 2 });
      const widgets = "/apis/example.com/v1/namespaces/default/widgets";
      expect(await target.client.request({ method: "GET", path: `${widgets}/moved` })).toMatchObject({
        spec: { size: 2 },
      });
      expect((await stack.preview(program(2))).changes).toEqual({ same: 7 });
      await stack.destroy();
      await expect(target.client.request({ method: "GET", path: `${widgets}/moved` })).rejects.toThrow(
        /not found/,
      );
    } finally {
      await source.stop();
    }
  });
});

describe("a kubeconfig file that is not there yet", () => {
  const file = () => path.join(stack.folder, "later.kubeconfig");
  const program = (value: string) => () => {
    const provider = new k8s.Provider("later", {
      kubeconfig: "later.kubeconfig",
      clusterIdentifier: "later",
      enableConfigMapMutable: true,
    });
    configMap("later", { provider }, value);
    widget("later", { value }, { provider });
    return Promise.resolve();
  };

  beforeAll(() => declareWidgets(target));

  it("previews without it, works once it is there, and previews again when it is gone", async () => {
    expect((await stack.preview(program("1"))).changes).toEqual({ create: 4 });
    await expect(stack.up(program("1"))).rejects.toThrow(/configured Kubernetes cluster is unreachable/);

    await writeFile(file(), target.kubeconfig, { mode: 0o600 });
    await stack.up(program("1"));
    expect((await stack.preview(program("1"))).changes).toEqual({ same: 4 });

    await rm(file());
    expect((await stack.preview(program("1"))).changes).toEqual({ same: 4 });
    expect((await stack.preview(program("2"))).changes).toEqual({ same: 2, update: 2 });
    await expect(stack.refresh()).rejects.toThrow(/due to unreachable cluster/);

    await writeFile(file(), target.kubeconfig, { mode: 0o600 });
    expect((await stack.up(program("2"))).changes).toEqual({ same: 2, update: 2 });
    await stack.destroy();
  });
});

describe("a kubeconfig whose content changes", () => {
  const program = (kubeconfig: string, clusterIdentifier?: string) => () => {
    const provider = new k8s.Provider("cluster", {
      kubeconfig: pulumi.secret(kubeconfig),
      ...(clusterIdentifier !== undefined && { clusterIdentifier }),
    });
    configMap("stays", { provider });
    return Promise.resolve();
  };
  /** The same cluster under another address. */
  const moved = () => target.kubeconfig.replace("https://127.0.0.1:", "https://localhost:");

  afterEach(async () => {
    await stack.destroy();
  });

  it("changes the provider and nothing else while clusterIdentifier stays the same", async () => {
    await stack.up(program(target.kubeconfig, "constant"));
    expect((await stack.up(program(moved(), "constant"))).changes).toEqual({ same: 2, update: 1 });
    expect((await stack.preview(program(moved(), "constant"))).changes).toEqual({ same: 3 });
  });

  it("replaces provider and resources without clusterIdentifier", async () => {
    await stack.up(program(target.kubeconfig));
    expect((await stack.preview(program(moved()))).changes["replace"]).toBe(2);
  });
});

describe("a kubeconfig that is not known yet", () => {
  const program = (clusterIdentifier: string | undefined, seed: string) => () => {
    const first = new k8s.Provider("first", { kubeconfig: target.kubeconfig });
    const space = new k8s.core.v1.Namespace(
      "space",
      { metadata: { name: `space-${seed}` } },
      { provider: first },
    );
    // What is to be made in a namespace that does not exist yet cannot be rehearsed: outputs that are no inputs are
    // unknown in a preview.
    const source = new k8s.core.v1.ConfigMap(
      "source",
      { metadata: { name: "source", namespace: space.metadata.name } },
      { provider: first },
    );
    const kubeconfig = source.immutable.apply(() => target.kubeconfig);
    const provider = new k8s.Provider("second", {
      kubeconfig,
      ...(clusterIdentifier && { clusterIdentifier }),
    });
    configMap("on-second", { provider });
    return Promise.resolve();
  };

  afterEach(async () => {
    await stack.destroy();
  });

  it("previews resources on a cluster that does not exist yet", async () => {
    expect((await stack.preview(program("constant", "a"))).changes).toMatchObject({ create: 6 });
  });

  it("replaces nothing while clusterIdentifier stays the same", async () => {
    await stack.up(program("constant", "a"));
    const changes = (await stack.preview(program("constant", "b"))).changes;
    // Only the namespace and the ConfigMap that the kubeconfig comes from.
    expect(changes["replace"]).toBe(2);
  });

  it("replaces provider and resources without clusterIdentifier", async () => {
    await stack.up(program(undefined, "a"));
    expect((await stack.preview(program(undefined, "b"))).changes["replace"]).toBe(4);
  });
});

/** Re-creates an object elsewhere under another field manager, as `clusterctl move` does. */
async function move(from: ApiServer, to: ApiServer, collection: string, name: string): Promise<void> {
  const object = await from.client.request({ method: "GET", path: `${collection}/${name}` });
  const metadata = object["metadata"] as Record<string, unknown>;
  for (const field of ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"]) {
    delete metadata[field];
  }
  await to.client.request({
    method: "POST",
    path: collection,
    query: { fieldManager: "clusterctl" },
    body: object,
  });
  await from.client.request({ method: "DELETE", path: `${collection}/${name}` });
}

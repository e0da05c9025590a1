/** Clusters that do not answer any more: what fails, what is kept, and what is given up. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Deployment } from "@pulumi/pulumi/automation";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiServer } from "../support/apiServer";
import { removePluginBundles } from "../support/pluginBundle";
import { KubernetesStack } from "./kubernetesStack";
import { configMap, idleDeployment } from "./samples";
import { widget, widgetDefinition } from "./widget";

let stack: KubernetesStack;

beforeEach(async () => {
  stack = await KubernetesStack.create();
});
afterEach(() => stack.remove());
afterAll(removePluginBundles);

describe("a cluster that does not answer", () => {
  const TYPES = ["core/v1:ConfigMap", "core/v1:Secret", "apps/v1:Deployment", "example.com/v1:Widget"];
  const RESOURCES = 7;
  let gone: ApiServer;
  let state: Deployment;

  /** What a stack keeps in a cluster; `value` is in each object. */
  const contents =
    (args: k8s.ProviderArgs = {}, value = "1") =>
    () => {
      const provider = new k8s.Provider("cluster", {
        kubeconfig: gone.kubeconfig,
        clusterIdentifier: "gone",
        ...args,
      });
      configMap("lost", { provider }, value);
      new k8s.core.v1.Secret(
        "lost",
        { metadata: { name: "lost" }, stringData: { value: pulumi.secret(value) } },
        { provider },
      );
      idleDeployment("lost", value, { provider });
      const definition = widgetDefinition({ provider }, "Namespaced");
      widget("lost", { value }, { provider, dependsOn: definition });
      return Promise.resolve();
    };

  async function expectNothingLost(): Promise<void> {
    for (const type of TYPES) expect(await stack.saved(`kubernetes:${type}`)).toHaveLength(1);
  }

  beforeAll(async () => {
    gone = await ApiServer.start();
    const alive = await KubernetesStack.create();
    await alive.up(contents());
    state = await alive.save();
    await alive.remove();
    await gone.stop();
  });

  beforeEach(() => stack.load(state));

  it("fails refreshes, changes and deletions by default, and says how to go on", async () => {
    await expect(stack.refresh()).rejects.toThrow(/PULUMI_K8S_DELETE_UNREACHABLE/);
    await expect(stack.up(contents({}, "2"))).rejects.toThrow(/configured Kubernetes cluster is unreachable/);
    await expect(stack.destroy()).rejects.toThrow(/configured Kubernetes cluster is unreachable/);
    expect((await stack.preview(contents())).changes).toEqual({ same: RESOURCES });
  });

  it("keeps resources as they are with skipUpdateUnreachable, whatever the program says now", async () => {
    const program = (value: string) => contents({ skipUpdateUnreachable: true }, value);
    await stack.up(program("1"));
    expect((await stack.refresh()).changes).toEqual({ same: RESOURCES });
    expect((await stack.preview(program("1"))).changes).toEqual({ same: RESOURCES });
    expect((await stack.up(program("2"))).changes).toEqual({ same: RESOURCES });
    await expectNothingLost();
    await expect(stack.destroy()).rejects.toThrow(/configured Kubernetes cluster is unreachable/);
    await expectNothingLost();
  });

  it("fails to create there also with skipUpdateUnreachable", async () => {
    const program = () => {
      const args = { kubeconfig: gone.kubeconfig, skipUpdateUnreachable: true };
      configMap("late", { provider: new k8s.Provider("other", args) });
      return contents({ skipUpdateUnreachable: true })();
    };
    expect((await stack.preview(program)).changes).toMatchObject({ create: 2 });
    await expect(stack.up(program)).rejects.toThrow(/configured Kubernetes cluster is unreachable/);
  });

  it("drops resources from the state with deleteUnreachable", async () => {
    await stack.up(contents({ deleteUnreachable: true }));
    await stack.destroy();
    for (const type of TYPES) expect(await stack.saved(`kubernetes:${type}`)).toHaveLength(0);
  });
});

/** Who owns the number of Ironic's pods: the hand-over, and never Pulumi, whatever it changes of the Deployments. */
import * as k8s from "@pulumi/kubernetes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubernetesObject } from "../../components/kubernetesObject";
import { ensureDeployment } from "../../lifecycle/ironicStage/deployment";
import { createContext } from "../../lifecycle/shared/context";
import { KubeClient } from "../../lifecycle/shared/kube/client";
import { count, field, type ObjectRef } from "../../lifecycle/shared/kube/objects";
import { types } from "../../lifecycle/shared/kube/types";
import { ironicPodLabels, ironicStackObjects } from "../../manifests/ironicStack";
import { KubernetesStack } from "../plugins/kubernetes/kubernetesStack";
import { ApiServer } from "../plugins/support/apiServer";
import { removePluginBundles } from "../plugins/support/pluginBundle";

const namespace = "baremetal-operator-system";
const deployment: ObjectRef = { ...types.deployment, namespace, name: "ironic" };
const images = {
  mariadb: "quay.io/metal3-io/mariadb:1",
  keepalived: "quay.io/metal3-io/keepalived:1",
  ipaDownloader: "quay.io/metal3-io/ironic-ipa-downloader:1",
};

let server: ApiServer;
let client: KubeClient;

beforeAll(async () => {
  server = await ApiServer.start();
  client = KubeClient.fromKubeconfig("cluster", server.kubeconfig, new AbortController().signal);
  await client.create({ ...types.namespace, metadata: { name: namespace } });
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await removePluginBundles();
});

/** A program with the Deployment of one of the two clusters, as its component declares it. */
function program(staged: boolean, image: string) {
  const { deployment: declared } = ironicStackObjects({
    network: {
      cidr: "172.22.0.0/24",
      gateway: "172.22.0.1",
      nameservers: [],
      bootstrapInterface: "eth0",
      targetInterface: "eth0",
      ironicIP: "172.22.0.2",
      dhcpRange: { start: "172.22.0.100", end: "172.22.0.149" },
      nodeRange: { start: "172.22.0.20", end: "172.22.0.49" },
    },
    ironic: {
      images: { ...images, ironic: image },
      virtualRouterId: 2,
      apiVirtualRouterId: 10,
      extraConfig: {},
      kernelParams: "",
      credentialsGeneration: 1,
    },
    provisioningInterface: "eth0",
    onControlPlane: true,
    credentials: {
      username: "u",
      password: "p",
      htpasswd: "h",
      mariadbPassword: "m",
      caCertificate: "c",
      tlsCertificate: "t",
      tlsKey: "k",
    },
    staged,
  });
  // No kubelet makes pods here, so nothing is to be awaited on the bootstrap's side either.
  const annotations = { "pulumi.com/skipAwait": "true" };
  const object = { ...declared, metadata: { ...declared.metadata, annotations } };
  return (): Promise<void> => {
    const provider = new k8s.Provider("cluster", {
      kubeconfig: server.kubeconfig,
      enablePatchForce: true,
      upsertExistingObjects: true,
    });
    kubernetesObject("ironic", object, { provider, ignoreChanges: ["spec.replicas"] });
    return Promise.resolve();
  };
}

const found = async () => {
  const live = await client.get(deployment);
  const containers = field(live, "spec", "template", "spec", "containers") as {
    name: string;
    image: string;
  }[];
  const image = containers.find(({ name }) => name === "ironic")?.image;
  return { replicas: count(live, "spec", "replicas"), image, containers: containers.length };
};
const scale = (replicas: number) => client.patch(deployment, "merge", { spec: { replicas } });

describe.each([
  ["the target's, which is laid down with no pod", true, 0],
  ["the bootstrap's, which starts at once", false, 1],
])("the number of pods of %s", (_what, staged, first) => {
  it("is the hand-over's, through changes, previews and refreshes", async () => {
    const stack = await KubernetesStack.create();
    try {
      const [old, changed] = ["quay.io/metal3-io/ironic:1", "quay.io/metal3-io/ironic:2"];
      if (staged) {
        const context = createContext({
          verb: "ironic-stage",
          signal: new AbortController().signal,
          limitSeconds: 60,
          sink: () => undefined,
        });
        const lay = () => ensureDeployment(context, client, deployment, ironicPodLabels, old);
        expect(await lay()).toBe(true);
        expect(await lay()).toBe(false);
      }
      await stack.up(program(staged, old));
      expect(await found()).toEqual({ replicas: first, image: old, containers: 6 });
      for (const replicas of [1 - first, first]) {
        await scale(replicas);
        const image = replicas === first ? old : changed;
        const { changes } = await stack.up(program(staged, image));
        expect(changes).toMatchObject({ update: 1 });
        expect(await found()).toEqual({ replicas, image, containers: 6 });
        expect((await stack.preview(program(staged, image))).changes).not.toHaveProperty("update");
      }
      // As after a bring-up: one pod, which is what was declared or what nobody declared.
      await scale(1);
      expect((await stack.refresh()).changes).not.toHaveProperty("update");
      expect((await stack.preview(program(staged, old))).changes).not.toHaveProperty("update");
    } finally {
      await stack.destroy();
      await stack.remove();
    }
  });
});

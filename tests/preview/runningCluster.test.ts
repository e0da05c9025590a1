import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { projectRoot } from "../../lab/setup/paths";
import { EmptyStack } from "./stack";

/** What the cluster answers with, by path; everything else of it is empty. */
type Answers = Readonly<Record<string, readonly object[]>>;

const capi = "/apis/cluster.x-k8s.io/v1beta2";
const infrastructure = "/apis/infrastructure.cluster.x-k8s.io/v1beta2";
const inNamespace = "/namespaces/metal3";

/** Kinds that are asked for, by API group. */
const served: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [capi]: { Cluster: "clusters", Machine: "machines", MachineDeployment: "machinedeployments" },
  [infrastructure]: { Metal3Machine: "metal3machines" },
  "/apis/controlplane.cluster.x-k8s.io/v1beta2": { KubeadmControlPlane: "kubeadmcontrolplanes" },
  "/apis/metal3.io/v1alpha1": { BareMetalHost: "baremetalhosts" },
  "/apis/clusterctl.cluster.x-k8s.io/v1alpha3": { Provider: "providers" },
};

const machine = (name: string, labels: Record<string, string>) => ({
  metadata: { name, namespace: "metal3", labels: { "cluster.x-k8s.io/cluster-name": "lab", ...labels } },
  spec: { infrastructureRef: { name: `m3-${name}` } },
  status: { phase: "Running", nodeRef: { name } },
});
const host = (name: string, consumer?: string) => ({
  metadata: { name, namespace: "metal3" },
  spec: consumer ? { consumerRef: { kind: "Metal3Machine", name: consumer } } : {},
  status: { provisioning: { state: consumer ? "provisioned" : "available" } },
});

/** The lab's cluster, made from an earlier image: host-0 is its control plane, host-1 its worker, host-2 is spare. */
const cluster: Answers = {
  [`${capi}/clusters`]: [
    {
      metadata: { name: "lab", namespace: "metal3" },
      spec: {
        clusterNetwork: {
          pods: { cidrBlocks: ["10.244.0.0/16"] },
          services: { cidrBlocks: ["10.96.0.0/16"] },
        },
        controlPlaneEndpoint: { host: "172.22.0.10", port: 6443 },
      },
    },
  ],
  [`${capi}${inNamespace}/machines`]: [
    machine("cp-a", { "cluster.x-k8s.io/control-plane": "" }),
    machine("w-a", { "cluster.x-k8s.io/deployment-name": "lab-workers" }),
  ],
  [`${capi}${inNamespace}/machinedeployments`]: [
    {
      metadata: { name: "lab-workers", namespace: "metal3" },
      spec: {
        replicas: 1,
        template: {
          spec: {
            version: "v1.34.3",
            infrastructureRef: { name: "lab-workers-00000000" },
            bootstrap: { configRef: { name: "lab-workers-00000000" } },
          },
        },
      },
    },
  ],
  [`/apis/controlplane.cluster.x-k8s.io/v1beta2${inNamespace}/kubeadmcontrolplanes`]: [
    {
      metadata: { name: "lab-control-plane", namespace: "metal3" },
      spec: {
        replicas: 1,
        version: "v1.34.3",
        machineTemplate: { spec: { infrastructureRef: { name: "lab-control-plane-00000000" } } },
      },
    },
  ],
  [`/apis/metal3.io/v1alpha1${inNamespace}/baremetalhosts`]: [
    host("host-0", "m3-cp-a"),
    host("host-1", "m3-w-a"),
    host("host-2"),
  ],
};

function answer(path: string): object {
  const kinds = served[path];
  return kinds
    ? {
        resources: Object.entries(kinds).map(([kind, name]) => ({
          kind,
          name,
          namespaced: kind !== "Provider",
        })),
      }
    : { metadata: {}, items: cluster[path] ?? [] };
}

/** A change is judged by the real program in the real engine, against a cluster that answers and nothing else. */
describe("a preview of a change of a running cluster", () => {
  let api: Server;
  let stack: EmptyStack;

  const begin = async (changes: Record<string, unknown> = {}) => {
    stack = new EmptyStack(changes);
    await stack.init();
    const { port } = api.address() as AddressInfo;
    mkdirSync(stack.stateFolder, { recursive: true });
    writeFileSync(
      join(stack.stateFolder, "management.kubeconfig"),
      stringify({
        clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}` } }],
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        users: [{ name: "u", user: { token: "t" } }],
      }),
      { mode: 0o600 },
    );
  };

  beforeEach(async () => {
    api = createServer((request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(answer(new URL(request.url ?? "", "http://localhost").pathname)));
    });
    await new Promise<void>((done) => api.listen(0, "127.0.0.1", done));
  });
  afterEach(() => {
    api.close();
    rmSync(stack.stateFolder, { recursive: true, force: true });
    stack.remove();
  });

  const labHosts = () =>
    (
      parse(readFileSync(join(projectRoot, "Pulumi.dev.yaml"), "utf8")) as {
        config: Record<string, object[]>;
      }
    ).config["metal3:hosts"];

  it("names every host that is written anew", async () => {
    await begin();
    const { exitCode, all } = await stack.preview();
    expect(exitCode, all).toBe(0);
    expect(all).toMatch(
      /KubeadmControlPlane metal3\/lab-control-plane: Kubernetes v1\.34\.3 becomes v1\.34\.4;/,
    );
    expect(all).toMatch(
      /RE-IMAGED: host-0 \(machine cp-a\)\. The first new machine takes a spare host \(host-2\)/,
    );
    expect(all).toMatch(/MachineDeployment metal3\/lab-workers: .*RE-IMAGED: host-1 \(machine w-a\)/);
  });

  it("refuses to lose a host in use, and so does `up`, which changes nothing", async () => {
    await begin({ hosts: labHosts()?.filter((_host, index) => index !== 1) });
    const preview = await stack.preview();
    const up = await stack.up();
    for (const { exitCode, all } of [preview, up]) {
      expect(exitCode, all).not.toBe(0);
      expect(all).toMatch(
        /hosts = "host-1"\n\s+is missing and in use: the host runs machine w-a \(node w-a\)/,
      );
      expect(all).toMatch(/Remedy: Put host-1 back/);
      expect(all).not.toMatch(/at Object\.|node:internal/);
    }
    const made = (await stack.stateTypes()).filter(
      (type) => !/^(pulumi:pulumi:Stack|pulumi:providers:.*|metal3:index:\w+)$/.test(type),
    );
    expect(made).toEqual([]);
  });

  it("says what it cannot tell when the cluster does not answer", async () => {
    await begin();
    api.close();
    api.closeAllConnections();
    const { exitCode, all } = await stack.preview();
    expect(exitCode, all).toBe(0);
    expect(all).toMatch(/The cluster that holds the hosts does not answer .*cannot be told/);
  });
});

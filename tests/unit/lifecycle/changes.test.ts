import { describe, expect, it } from "vitest";
import { parseClusterConfig } from "../../../config/parse";
import type { UserConfig } from "../../../config/schema";
import { viewHost } from "../../../lifecycle/hosts/hostState";
import type { RunningCluster } from "../../../lifecycle/changes/read";
import { reviewChange } from "../../../lifecycle/changes/review";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";
import { targetClusterObjects } from "../../../manifests/targetCluster";
import { minimalConfig, type Mutable } from "../config/userConfig";

type Change = (config: Mutable<UserConfig>) => unknown;

/** The cluster that the minimal configuration brings up: host-1 is the control plane, host-2 the worker, host-3 is spare. */
function running(): RunningCluster {
  const config = parseClusterConfig(minimalConfig());
  const objects = new Map(
    targetClusterObjects(config).map(({ role, object }) => [role, object as KubeObject]),
  );
  const machine = (name: string, labels: Record<string, string>): KubeObject => ({
    kind: "Machine",
    metadata: { name, labels },
    spec: { infrastructureRef: { name: `m3-${name}` } },
    status: { phase: "Running", nodeRef: { name } },
  });
  const host = (name: string, consumer?: string) =>
    viewHost({
      metadata: { name },
      spec: consumer ? { consumerRef: { kind: "Metal3Machine", name: consumer } } : {},
      status: { provisioning: { state: consumer ? "provisioned" : "available" } },
    });
  const object = (role: string) => {
    const found = objects.get(role);
    if (!found) throw new Error(role);
    return found;
  };
  return {
    clusters: [
      {
        ...object("cluster"),
        spec: { ...object("cluster").spec, controlPlaneEndpoint: { host: "10.10.0.10", port: 6443 } },
      },
    ],
    providers: [
      { metadata: { name: "ipam" }, providerName: "metal3", type: "IPAMProvider", version: "v1.13.2" },
    ],
    controlPlane: object("control-plane"),
    deployments: [object("pool-workers")],
    machines: [
      machine("cp-a", { "cluster.x-k8s.io/control-plane": "" }),
      machine("w-a", { "cluster.x-k8s.io/deployment-name": "edge-workers" }),
    ],
    metal3Machines: [],
    hosts: [host("host-1", "m3-cp-a"), host("host-2", "m3-w-a"), host("host-3")],
  };
}

function review(change: Change = () => undefined, found = running()) {
  const user = minimalConfig();
  change(user);
  const config = parseClusterConfig(user);
  return reviewChange(config, targetClusterObjects(config), found);
}

const withoutHost =
  (name: string): Change =>
  (config) =>
    (config.hosts = config.hosts.filter((host) => host.name !== name));

describe("a configuration that says what runs", () => {
  it("has nothing to be told", () => {
    expect(review()).toEqual({ refusals: [], notes: [] });
  });
});

describe("a host that leaves the inventory", () => {
  it("is refused while it runs a machine, with the way to free it", () => {
    const { refusals } = review(withoutHost("host-2"));
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatchObject({ path: "hosts", value: '"host-2"' });
    expect(refusals[0]?.reason).toMatch(/in use: the host runs machine w-a \(node w-a\)/);
    expect(refusals[0]?.remedy).toMatch(/kubectl annotate .* machine w-a cluster\.x-k8s\.io\/delete-machine/);
  });
  it("is never freed by deleting the only control plane machine", () => {
    const { refusals } = review(withoutHost("host-1"));
    expect(refusals[0]?.remedy).toMatch(/kubeadmcontrolplane edge-control-plane/);
    expect(refusals[0]?.remedy).not.toMatch(/kubectl delete/);
  });
  it("is only told of when it is spare", () => {
    expect(review(withoutHost("host-3"))).toEqual({
      refusals: [],
      notes: ["Host host-3 leaves the inventory: it is switched off. It runs no machine."],
    });
  });
});

describe("what makes machines anew", () => {
  const imageChange: Change = ({ image }) => (image.url = "http://10.10.0.4/other.raw");

  it.each<[string, Change, RegExp]>([
    ["version", (config) => (config.kubernetesVersion = "v1.34.5"), /Kubernetes v1\.34\.4 becomes v1\.34\.5/],
    ["image", imageChange, /image, hosts or network settings change/],
    [
      "node configuration",
      (config) => (config.kubeletConfiguration = { maxPods: 50 }),
      /configuration of the nodes/,
    ],
  ])("names every host that another %s re-images, and the spare one", (_what, change, reason) => {
    const { refusals, notes } = review(change);
    expect(refusals).toEqual([]);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(
      /^KubeadmControlPlane metal3\/edge-control-plane: .*RE-IMAGED: host-1 \(machine cp-a\)/,
    );
    expect(notes[1]).toMatch(/^MachineDeployment metal3\/edge-workers: .*RE-IMAGED: host-2 \(machine w-a\)/);
    for (const note of notes) {
      expect(note).toMatch(reason);
      expect(note).toContain("takes a spare host (host-3)");
    }
  });

  it("is refused where the only control plane machine has no host to go to", () => {
    const found = running();
    const hosts = found.hosts.slice(0, 2);
    const change: Change = (config) => {
      withoutHost("host-3")(config);
      imageChange(config);
    };
    const { refusals } = review(change, { ...found, hosts });
    expect(refusals).toHaveLength(1);
    expect(refusals[0]?.reason).toMatch(/no spare host for the control plane/);
  });

  it("is not another label, taint, image of a manager or password", () => {
    const { refusals, notes } = review((config) => {
      config.workerPools = [
        { name: "workers", nodeLabels: { tier: "a" }, taints: [{ key: "a", effect: "NoSchedule" }] },
      ];
      config.ironic = { credentialsGeneration: 2, images: { ironic: "quay.io/metal3-io/ironic:other" } };
      config.providers = { images: { metal3: "quay.io/x/y:z" } };
    });
    expect({ refusals, notes }).toEqual({ refusals: [], notes: [] });
  });
});

describe("groups that change their size", () => {
  it("name the spare hosts that may be written", () => {
    expect(review((config) => (config.workers = 2)).notes).toEqual([
      "MachineDeployment metal3/edge-workers grows from 1 to 2: image is written to 1 of the spare hosts (host-3).",
    ]);
  });
  it("name the hosts of which some are freed", () => {
    const note = review((config) => {
      config.workers = 0;
      config.workerPools = [{ name: "workers" }];
      config.controlPlane.schedulable = true;
    }).notes.find((text) => text.includes("shrinks"));
    expect(note).toMatch(
      /shrinks from 1 to 0: 1 of its nodes are drained.* candidates: host-2 \(machine w-a\)/,
    );
  });
  it("name the hosts of a pool that is given up, and those of a new one", () => {
    const { notes } = review((config) => {
      config.workers = 0;
      config.workerPools = [{ name: "gpu", replicas: 1 }];
    });
    expect(notes).toContainEqual(
      expect.stringMatching(/edge-workers is given up: .*spare again: host-2 \(machine w-a\)/),
    );
    expect(notes).toContainEqual(expect.stringMatching(/edge-gpu grows from 0 to 1: .*\(host-3\)/));
  });
});

describe("new hosts", () => {
  it("are told of", () => {
    const { notes } = review((config) => {
      config.hosts.push({
        name: "host-4",
        bmcAddress: "redfish://10.20.0.4/redfish/v1/Systems/1",
        bootMACAddress: "52:54:00:00:00:04",
      });
    });
    expect(notes).toEqual(["Host host-4 is new: it is switched on, inspected and cleaned."]);
  });
});

describe("what cannot be changed", () => {
  it.each<[string, Change]>([
    ["clusterName", (config) => (config.clusterName = "other")],
    ["namespace", (config) => (config.namespace = "other")],
    ["podCIDR", (config) => (config.podCIDR = "10.200.0.0/16")],
    ["serviceCIDR", (config) => (config.serviceCIDR = "10.201.0.0/16")],
    ["controlPlane.endpoint.host", ({ controlPlane }) => (controlPlane.endpoint.host = "10.10.0.11")],
    ["controlPlane.endpoint.port", ({ controlPlane }) => (controlPlane.endpoint.port = 7443)],
    ["kubernetesVersion", (config) => (config.kubernetesVersion = "v1.33.9")],
    ["kubernetesVersion", (config) => (config.kubernetesVersion = "v1.36.0")],
    ["providers", (config) => (config.providers = { ipam: "v1.13.1" })],
  ])("is refused: %s", (path, change) => {
    expect(review(change).refusals.map((refusal) => refusal.path)).toEqual([path]);
  });
});

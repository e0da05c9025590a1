import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  installStages,
  markedForClusterctl,
  probedAtOnce,
  parseManifest,
} from "../../../lifecycle/providersInit/certManager";
import { managerArguments } from "../../../lifecycle/providersInit/managerArguments";
import { isDeploymentReady, managerPatch } from "../../../lifecycle/providersInit/managers";
import { planInit, upgradeRefusal, wantedProviders } from "../../../lifecycle/providersInit/plan";
import { withManagerArguments } from "../../../lifecycle/providersInit/repository";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

const versions = { clusterApi: "v1.13.6", metal3: "v1.13.2", ipam: "v1.13.1" };

const installed = (name: string, type: string, version: string): KubeObject => ({
  metadata: { name },
  providerName: name,
  type,
  version,
});

describe("planInit", () => {
  it("installs everything on an empty cluster, in pinned versions", () => {
    const { missing, upgrades, refusals } = planInit([], wantedProviders(versions));
    expect(missing.map(({ flag, name, version }) => `${flag} ${name}:${version}`)).toEqual([
      "--core cluster-api:v1.13.6",
      "--bootstrap kubeadm:v1.13.6",
      "--control-plane kubeadm:v1.13.6",
      "--infrastructure metal3:v1.13.2",
      "--ipam metal3:v1.13.1",
    ]);
    expect([...upgrades, ...refusals]).toEqual([]);
  });
  it("installs what is missing after an interruption, and tells providers of one name apart by type", () => {
    const inventory = [
      installed("cluster-api", "CoreProvider", "v1.13.6"),
      installed("kubeadm", "ControlPlaneProvider", "v1.13.6"),
      installed("metal3", "IPAMProvider", "v1.13.1"),
    ];
    expect(planInit(inventory, wantedProviders(versions)).missing.map(({ label }) => label)).toEqual([
      "bootstrap-kubeadm",
      "infrastructure-metal3",
    ]);
  });
  it("upgrades an older provider, and never goes back", () => {
    const inventory = [
      installed("metal3", "InfrastructureProvider", "v1.13.1"),
      installed("metal3", "IPAMProvider", "v1.13.2"),
    ];
    const { upgrades, refusals } = planInit(inventory, wantedProviders(versions));
    expect(upgrades.map(({ provider, installed: from }) => [provider.label, from, provider.version])).toEqual(
      [["infrastructure-metal3", "v1.13.1", "v1.13.2"]],
    );
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatch(/^ipam-metal3 is installed in v1\.13\.2, and v1\.13\.1 is wanted: /);
  });
});

describe("upgradeRefusal", () => {
  const [, , , provider] = wantedProviders(versions);
  const series = (...list: [minor: number, contract: string][]) =>
    `releaseSeries:\n${list.map(([minor, contract]) => `- {major: 1, minor: ${minor}, contract: ${contract}}`).join("\n")}`;
  const refusal = (from: string, metadata: string) =>
    provider && upgradeRefusal({ provider, installed: from }, metadata);

  it("allows what keeps the contract", () => {
    expect(refusal("v1.13.1", series([13, "v1beta2"]))).toBeUndefined();
    expect(refusal("v1.12.4", series([13, "v1beta2"], [12, "v1beta2"]))).toBeUndefined();
  });
  it.each([
    ["v1.10.0", series([13, "v1beta2"], [10, "v1beta1"]), /changes from v1beta1 to v1beta2/],
    ["v1.9.0", series([13, "v1beta2"]), /does not know the release series of v1\.9\.0/],
    ["v1.12.0", series([12, "v1beta2"]), /do not name its own release series/],
  ])("refuses an upgrade from %s with %s", (from, metadata, reason) => {
    expect(refusal(from, metadata)).toMatch(reason);
  });
});

describe("managerArguments", () => {
  const gates =
    "--feature-gates=MachinePool=true,MachineTaintPropagation=${EXP_MACHINE_TAINT_PROPAGATION:=false}";
  it("lets the core keep all labels and the taints of a pool on its nodes", () => {
    expect(managerArguments("cluster-api", ["--leader-elect", gates], "metal3")).toEqual([
      "--leader-elect",
      "--feature-gates=MachinePool=true,MachineTaintPropagation=true",
      "--namespace=metal3",
      "--additional-sync-machine-labels=.+",
    ]);
  });
  it("gives the others their namespace", () => {
    expect(managerArguments("ipam-metal3", ["--namespace=old", "--v=1"], "metal3")).toEqual([
      "--v=1",
      "--namespace=metal3",
    ]);
  });
  it("does not change what it has made", () => {
    const once = managerArguments("cluster-api", [gates], "metal3");
    expect(managerArguments("cluster-api", once, "metal3")).toEqual(once);
  });
});

describe("managerPatch", () => {
  const deployment = (image: string, annotations?: Record<string, string>): KubeObject => ({
    kind: "Deployment",
    metadata: { name: "d", labels: { "cluster.x-k8s.io/provider": "ipam-metal3" }, annotations },
    spec: { template: { spec: { containers: [{ name: "manager", image, args: ["--namespace=metal3"] }] } } },
  });
  const note = "metal3.pulumi.com/manifest-image";
  const operations = (found: KubeObject, image?: string) =>
    managerPatch(found, { namespace: "metal3", images: { "ipam-metal3": image } }).flatMap(
      (part) => part.operations,
    );

  it("leaves a manager alone that runs as it shall", () => {
    expect(operations(deployment("a:1"))).toEqual([]);
    expect(operations(deployment("b:2", { [note]: "a:1" }), "b:2")).toEqual([]);
  });
  it("sets another image, and notes that of the manifest", () => {
    const path = "/spec/template/spec/containers/0/image";
    expect(operations(deployment("a:1"), "b:2")).toEqual([
      { op: "add", path, value: "b:2" },
      { op: "add", path: "/metadata/annotations", value: { [note]: "a:1" } },
    ]);
  });
  it("goes back to the image of the manifest when no other is asked for", () => {
    expect(operations(deployment("b:2", { [note]: "a:1" }))).toEqual([
      { op: "add", path: "/spec/template/spec/containers/0/image", value: "a:1" },
      { op: "remove", path: "/metadata/annotations/metal3.pulumi.com~1manifest-image" },
    ]);
  });
});

describe("withManagerArguments", () => {
  const components = [
    "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: capi-system\n",
    "kind: CustomResourceDefinition\nspec:\n  # kept as it is:   spaces and all\n  x:   1\n",
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: m\nspec:\n  template:\n    spec:\n      containers:\n      - args:\n        - --leader-elect\n        - "--diagnostics-address=${A:=:8443}"\n        name: manager\n      - name: sidecar\n',
  ].join("---\n");
  const patched = withManagerArguments(components, "ipam-metal3", "metal3");
  const documents = parseAllDocuments(patched).map((document) => document.toJS() as Record<string, unknown>);

  it("gives the manager the argument, and leaves its variables to clusterctl", () => {
    expect(documents[2]).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "manager",
                args: ["--leader-elect", "--diagnostics-address=${A:=:8443}", "--namespace=metal3"],
              },
              { name: "sidecar" },
            ],
          },
        },
      },
    });
  });
  it("leaves every other document as it was", () => {
    expect(documents).toHaveLength(3);
    expect(patched.split(/^---$/m).slice(0, 2)).toEqual(components.split(/^---$/m).slice(0, 2));
  });
  it("replaces an argument that is there", () => {
    expect(withManagerArguments(patched, "ipam-metal3", "other").match(/--namespace=.*/g)).toEqual([
      "--namespace=other",
    ]);
  });
});

describe("cert-manager's objects", () => {
  const manifest =
    "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: d}\n---\n---\n# nothing\n---\nkind: Namespace\napiVersion: v1\nmetadata: {name: n, labels: {a: b}}\n---\nkind: ValidatingWebhookConfiguration\nmetadata: {name: w}\n---\nkind: Secret\nmetadata: {name: s}\n";
  it("come in an order in which they can be applied", () => {
    const stages = installStages(parseManifest(manifest));
    expect(stages.map((stage) => stage.map(({ kind }) => kind))).toEqual([
      ["Namespace"],
      ["Secret"],
      ["Deployment"],
      ["ValidatingWebhookConfiguration"],
    ]);
  });
  it("asks its containers at once whether they are ready, and changes nothing else", () => {
    const probe = { httpGet: { path: "/healthz", port: 6080 }, initialDelaySeconds: 5, periodSeconds: 5 };
    const deployment = (readinessProbe?: object) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "webhook" },
      spec: { template: { spec: { containers: [{ name: "a", readinessProbe }, { name: "b" }] } } },
    });
    expect(probedAtOnce(deployment(probe))).toEqual(
      deployment({ ...probe, initialDelaySeconds: 1, periodSeconds: 1 }),
    );
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "s" }, spec: {} };
    expect(probedAtOnce(service)).toBe(service);
  });

  it("carry clusterctl's marks beside their own", () => {
    const [, namespace] = markedForClusterctl(parseManifest(manifest), "v1.2.3");
    expect(namespace?.metadata.labels).toEqual({
      a: "b",
      "clusterctl.cluster.x-k8s.io": "",
      "clusterctl.cluster.x-k8s.io/core": "cert-manager",
    });
    expect(namespace?.metadata.annotations).toEqual({
      "cert-manager.clusterctl.cluster.x-k8s.io/version": "v1.2.3",
    });
  });
});

describe("isDeploymentReady", () => {
  const deployment = (status: Record<string, unknown>): KubeObject => ({
    kind: "Deployment",
    metadata: { name: "d", generation: 2 },
    spec: { replicas: 1 },
    status: { conditions: [{ type: "Available", status: "True" }], ...status },
  });
  it("wants the current generation, updated and available", () => {
    expect(
      isDeploymentReady(deployment({ observedGeneration: 2, updatedReplicas: 1, availableReplicas: 1 })),
    ).toBe(true);
    expect(
      isDeploymentReady(deployment({ observedGeneration: 1, updatedReplicas: 1, availableReplicas: 1 })),
    ).toBe(false);
    expect(
      isDeploymentReady(deployment({ observedGeneration: 2, updatedReplicas: 0, availableReplicas: 1 })),
    ).toBe(false);
    expect(isDeploymentReady(deployment({ observedGeneration: 2, updatedReplicas: 1 }))).toBe(false);
  });
});

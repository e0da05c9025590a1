import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  installStages,
  markedForClusterctl,
  parseManifest,
} from "../../../lifecycle/providersInit/certManager";
import { isDeploymentReady } from "../../../lifecycle/providersInit/managers";
import { planInit, wantedProviders } from "../../../lifecycle/providersInit/plan";
import { watchNamespace } from "../../../lifecycle/providersInit/repository";
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
    const { missing, conflicts } = planInit([], wantedProviders(versions));
    expect(missing.map(({ flag, name, version }) => `${flag} ${name}:${version}`)).toEqual([
      "--core cluster-api:v1.13.6",
      "--bootstrap kubeadm:v1.13.6",
      "--control-plane kubeadm:v1.13.6",
      "--infrastructure metal3:v1.13.2",
      "--ipam metal3:v1.13.1",
    ]);
    expect(conflicts).toEqual([]);
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
  it("does not change versions", () => {
    expect(
      planInit([installed("metal3", "InfrastructureProvider", "v1.12.0")], wantedProviders(versions))
        .conflicts,
    ).toEqual(["infrastructure-metal3 is installed in v1.12.0, and v1.13.2 is wanted"]);
  });
});

describe("watchNamespace", () => {
  const components = [
    "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: capi-system\n",
    "kind: CustomResourceDefinition\nspec:\n  # kept as it is:   spaces and all\n  x:   1\n",
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: m\nspec:\n  template:\n    spec:\n      containers:\n      - args:\n        - --leader-elect\n        - "--diagnostics-address=${A:=:8443}"\n        name: manager\n      - name: sidecar\n',
  ].join("---\n");
  const patched = watchNamespace(components, "metal3");
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
    expect(watchNamespace(patched, "other").match(/--namespace=.*/g)).toEqual(["--namespace=other"]);
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

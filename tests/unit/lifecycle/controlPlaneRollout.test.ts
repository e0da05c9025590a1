import { describe, expect, it } from "vitest";
import { assessControlPlane, isUp } from "../../../lifecycle/controlPlaneRollout/verb";
import type { ClusterMachines } from "../../../lifecycle/machines/outdated";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

const machine = (name: string, version: string, phase = "Running", node = true): KubeObject => ({
  kind: "Machine",
  metadata: { name, labels: { "cluster.x-k8s.io/control-plane": "" } },
  spec: { version },
  status: { phase, ...(node ? { nodeRef: { name } } : {}) },
});

/** A control plane of one replica that is wanted in v1.34.4. */
function cluster(machines: KubeObject[], status: Record<string, number>, generation = 1): ClusterMachines {
  return {
    controlPlane: {
      metadata: { name: "cp", generation },
      spec: { replicas: 1, version: "v1.34.4" },
      status: { observedGeneration: 1, ...status },
    },
    deployments: [],
    machines,
    metal3Machines: [],
    hosts: [],
  };
}

describe("assessControlPlane", () => {
  it("is content when the only machine is the wanted one and runs", () => {
    expect(
      assessControlPlane(cluster([machine("a", "v1.34.4")], { replicas: 1, upToDateReplicas: 1 })),
    ).toEqual([]);
  });
  it.each<[string, ClusterMachines, RegExp]>([
    [
      "the controller has not seen the change",
      cluster([machine("a", "v1.34.4")], { replicas: 1, upToDateReplicas: 1 }, 2),
      /cp was changed just now/,
    ],
    [
      "an earlier machine is still there",
      cluster([machine("a", "v1.34.3"), machine("b", "v1.34.4")], { replicas: 2, upToDateReplicas: 1 }),
      /1 to be replaced \| a Running as node a is to be replaced/,
    ],
    [
      "the new machine does not run yet",
      cluster([machine("b", "v1.34.4", "Provisioning", false)], { replicas: 1, upToDateReplicas: 1 }),
      /b Provisioning/,
    ],
    ["there is none", { ...cluster([], {}), controlPlane: undefined }, /no KubeadmControlPlane/],
  ])("is not when %s", (_what, found, missing) => {
    expect(assessControlPlane(found).join(" | ")).toMatch(missing);
  });
});

describe("isUp", () => {
  it("wants a node: before, there is nothing to replace", () => {
    expect(isUp(cluster([machine("a", "v1.34.4", "Provisioning", false)], {}))).toBe(false);
    expect(isUp(cluster([machine("a", "v1.34.4")], {}))).toBe(true);
  });
});

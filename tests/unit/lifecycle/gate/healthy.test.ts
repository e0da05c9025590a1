import { describe, expect, it } from "vitest";
import { countsByKind } from "../../../../lifecycle/inventory/graph";
import { assessGate, checks } from "../../../../lifecycle/pivot/gate/assess";
import { type Draft, object } from "./objects";
import { factsOf, findingsAfter, healthyWorld, line, one, type World } from "./world";

const hostOf = (world: World, name: string) => one(world.objects, "BareMetalHost", name);

const annotate = (draft: Draft, annotations: Record<string, string>) =>
  (draft.metadata.annotations = { ...draft.metadata.annotations, ...annotations });

describe("the gate and a healthy cluster", () => {
  it("has no complaint", () => {
    expect(findingsAfter(() => undefined).map(line)).toEqual([]);
  });

  it("has none when the cluster moves back", () => {
    const findings = findingsAfter((world) => {
      const { source, target } = world;
      // Ironic has been handed over to the bootstrap cluster, which is the target now.
      world.source = { ...target!, server: target!.server, pods: source.pods };
      world.target = { ...source, pods: target!.pods };
      world.scope.nodesOn = "source";
    });
    expect(findings.map(line)).toEqual([]);
  });

  it("has none when there is one management cluster only", () => {
    const findings = findingsAfter((world) => {
      world.source = world.target!;
      world.target = undefined;
      world.scope.nodesOn = "source";
      world.bmcs = { kind: "not made", why: "there is no target" };
    });
    expect(findings.map(line)).toEqual([]);
  });

  it("has none before Ironic is handed over, but for a word, when it only rehearses", () => {
    const findings = findingsAfter((world) => {
      [world.source.pods, world.target!.pods] = [world.target!.pods, world.source.pods];
      world.scope.occasion = "rehearsal";
    });
    expect(findings.map(line)).toEqual([
      "warning: Pod baremetal-operator-system/ironic-abc on the source still runs; it is handed over before the move",
    ]);
  });

  it("has none after an attempt that has paused the cluster, stopped the operator and created a part", () => {
    const findings = findingsAfter((world) => {
      world.scope.resumed = true;
      one(world.objects, "Cluster", "lab").spec.paused = true;
      annotate(hostOf(world, "host-0"), {
        "baremetalhost.metal3.io/paused": "metal3.io/capm3",
        "clusterctl.cluster.x-k8s.io/block-move": "",
      });
      annotate(hostOf(world, "host-2"), { "baremetalhost.metal3.io/paused": "metal3.pulumi.com/pivot" });
      one(world.source.deployments, "Deployment", "baremetal-operator-controller-manager").status = {};
      world.targetObjects = world.objects.slice(0, 20);
    });
    expect(findings.map(line)).toEqual([]);
  });

  it("describes the cluster that the lab brings up", () => {
    expect(countsByKind(factsOf(healthyWorld()).source.inventory.moving)).toEqual({
      BareMetalHost: 3,
      Cluster: 1,
      HardwareData: 3,
      IPAddress: 2,
      IPClaim: 2,
      IPPool: 1,
      KubeadmConfig: 2,
      KubeadmConfigTemplate: 1,
      KubeadmControlPlane: 1,
      Machine: 2,
      MachineDeployment: 1,
      MachineSet: 1,
      Metal3Cluster: 1,
      Metal3Data: 2,
      Metal3DataClaim: 2,
      Metal3DataTemplate: 2,
      Metal3Machine: 2,
      Metal3MachineTemplate: 2,
      Secret: 14,
    });
  });
});

describe("the gate", () => {
  it("says everything at once, errors first", () => {
    const found = findingsAfter((world) => {
      world.objects.push(object("v1", "Secret", "mine"));
      one(world.objects, "Cluster", "lab").spec.paused = true;
      hostOf(world, "host-2").status.provisioning = { state: "inspecting" };
    });
    expect(found.map(({ severity }) => severity)).toEqual(["error", "error", "warning"]);
  });

  it("asks its questions of an empty cluster without failing", () => {
    const world = healthyWorld();
    world.objects = [];
    world.target = undefined;
    expect(assessGate(factsOf(world)).map(line)).toEqual(["error: Cluster metal3/lab is not on the source"]);
    expect(checks.length).toBeGreaterThan(20);
  });
});

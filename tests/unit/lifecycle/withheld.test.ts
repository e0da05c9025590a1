import { describe, expect, it } from "vitest";
import { withheld } from "../../../lifecycle/retire/withheld";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

const object = (kind: string, annotations?: Record<string, string>): KubeObject => ({
  apiVersion: kind === "BareMetalHost" ? "metal3.io/v1alpha1" : "cluster.x-k8s.io/v1beta2",
  kind,
  metadata: { name: `a-${kind.toLowerCase()}`, namespace: "metal3", ...(annotations ? { annotations } : {}) },
});

describe("what its user has taken out of the controllers' hands", () => {
  it.each([
    ["nothing", object("BareMetalHost")],
    [
      "the pause of a move of ours",
      object("BareMetalHost", { "baremetalhost.metal3.io/paused": "metal3.pulumi.com/pivot" }),
    ],
    ["CAPM3's pause", object("BareMetalHost", { "baremetalhost.metal3.io/paused": "metal3.io/capm3" })],
    [
      "clusterctl's pause of a class, which is not deleted",
      object("ClusterClass", { "cluster.x-k8s.io/paused": "" }),
    ],
  ])("is not %s", (_, seen) => {
    expect(withheld([seen])).toEqual([]);
  });

  it.each([
    ["BareMetalHost", "baremetalhost.metal3.io/paused", "neither be deprovisioned nor switched off"],
    ["BareMetalHost", "baremetalhost.metal3.io/detached", "forgotten with its image, switched on"],
    ["Machine", "cluster.x-k8s.io/paused", "would not delete it"],
    ["MachineSet", "cluster.x-k8s.io/paused", "would not delete it"],
  ])("is a %s with %s", (kind, annotation, consequence) => {
    const lines = withheld([object(kind), object(kind, { [annotation]: "" })]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${kind} metal3/a-${kind.toLowerCase()} has the annotation ${annotation}`);
    expect(lines[0]).toContain(consequence);
  });

  it("names a host once for each of its marks", () => {
    const marks = { "baremetalhost.metal3.io/paused": "maintenance", "baremetalhost.metal3.io/detached": "" };
    expect(withheld([object("BareMetalHost", marks)])).toHaveLength(2);
  });
});

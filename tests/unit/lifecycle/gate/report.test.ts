import { describe, expect, it } from "vitest";
import { blindSpots } from "../../../../lifecycle/pivot/gate/blindSpots";
import { makeReport, reportText } from "../../../../lifecycle/pivot/gate/report";
import { drawTree, moveGraph } from "../../../../lifecycle/pivot/gate/tree";
import { apis, object } from "./objects";
import { factsOf, healthyWorld, one, type World } from "./world";

function report(spoil: (world: World) => unknown = () => undefined) {
  const world = healthyWorld();
  spoil(world);
  return makeReport(factsOf(world), { notes: ["source: as given"], seconds: 1.2 });
}

describe("the graph of what moves", () => {
  it("hangs every object below its owner, once", () => {
    const { moves } = report();
    const lines = drawTree(moves.graph);
    expect(lines).toHaveLength(45);
    expect(lines).toContain("Cluster lab");
    expect(lines).toContain("BareMetalHost host-2 (spare)");
    const at = (text: string) => lines.findIndex((line) => line.endsWith(text));
    const indent = (text: string) => lines[at(text)].indexOf(text);
    expect(indent("KubeadmControlPlane lab-control-plane")).toBe(3);
    expect(indent("Machine lab-control-plane-m0")).toBe(6);
    expect(indent("IPAddress lab-nodes-10.10.0.20")).toBeGreaterThan(
      indent("IPClaim lab-control-plane-m0-ip"),
    );
    expect(at("Machine lab-control-plane-m0")).toBeGreaterThan(at("KubeadmControlPlane lab-control-plane"));
  });

  it("puts secrets that nothing owns below the Cluster that they are named after", () => {
    const world = healthyWorld();
    delete one(world.objects, "Secret", "lab-ca").metadata.ownerReferences;
    const graph = moveGraph(factsOf(world).source.inventory.moving);
    expect(graph.find(({ name }) => name === "lab-ca")?.owners).toEqual([
      "Cluster.cluster.x-k8s.io metal3/lab",
    ]);
  });

  it("counts the rest of many", () => {
    const graph = Array.from({ length: 1000 }, (_, index) => ({
      key: `BareMetalHost.metal3.io metal3/host-${index}`,
      kind: "BareMetalHost",
      name: `host-${index}`,
      owners: [],
    }));
    const lines = drawTree(graph);
    expect(lines).toHaveLength(9);
    expect(lines.slice(-2)).toEqual(["BareMetalHost host-7", "BareMetalHost … 992 more"]);
  });

  it("cuts a cycle of owners", () => {
    const graph = [
      { key: "a", kind: "A", name: "a", owners: ["b"] },
      { key: "b", kind: "B", name: "b", owners: ["a"] },
    ];
    expect(drawTree(graph)).toEqual(["B b", "└─ A a"]);
  });
});

describe("the report", () => {
  it("passes a healthy cluster and says what moves", () => {
    const healthy = report();
    expect(healthy.passes).toBe(true);
    expect(healthy.moves.total).toBe(45);
    expect(healthy.moves.byKind.Secret).toBe(14);
    expect(healthy.stays).toEqual([
      { object: "ConfigMap metal3/kube-root-ca.crt", why: "every cluster has its own" },
      {
        object: "HostFirmwareSettings metal3/host-0",
        why: "its definition has no clusterctl label; the target's operator makes its own",
      },
    ]);
    const text = reportText(healthy);
    expect(text).toContain("45 objects move:");
    expect(text).toContain("14  Secret");
    expect(text).toContain("The gate passes");
  });

  it("refuses with every finding and its remedy", () => {
    const refused = report((world) => {
      one(world.objects, "Cluster", "lab").spec.paused = true;
      world.objects.push(object("v1", "Secret", "mine"), object(apis.ipam, "IPPool", "orphan"));
    });
    expect(refused.passes).toBe(false);
    const text = reportText(refused);
    expect(text).toContain("2 errors, 1 warning:");
    expect(text).toMatch(/error: Cluster metal3\/lab: is paused.*; remedy: /);
    expect(text).toContain("Secret metal3/mine: nothing owns it, and it has no label to move");
    expect(text).toContain("The gate refuses the move");
  });

  it("shows no content of a secret", () => {
    const secret = Buffer.from("secret").toString("base64");
    const everything = JSON.stringify(report()) + reportText(report());
    expect(everything).not.toContain(secret);
  });
});

describe("blind spots", () => {
  const spots = (spoil: (world: World) => unknown) => {
    const world = healthyWorld();
    spoil(world);
    return blindSpots(factsOf(world)).join("\n");
  };

  it("name what a missing target hides", () => {
    expect(spots((world) => (world.target = undefined))).toContain("one management cluster only");
  });

  it("name why BMCs were not tried, and from where they were", () => {
    expect(spots((world) => (world.bmcs = { kind: "not made", why: "no Ironic" }))).toContain(
      "whether the target's nodes reach the BMCs was not tried: no Ironic",
    );
    expect(spots(() => undefined)).toContain(
      "BMCs were tried (3 of 3 accept connections) from one node of the target only",
    );
  });

  it("name BMCs that no connection can try", () => {
    const text = spots((world) =>
      Object.assign(one(world.objects, "BareMetalHost", "host-1").spec, {
        bmc: { address: "ipmi://10.0.0.9" },
      }),
    );
    expect(text).toContain("(IPMI) cannot be tried by connecting: host-1");
  });

  it("name API servers that run elsewhere, and servers without a clock", () => {
    const text = spots((world) => {
      world.source.controlPlanePods = [];
      world.source.clock = undefined;
    });
    expect(text).toContain("restarts of the source's API server are not seen");
    expect(text).toContain("does not say what time it is");
  });
});

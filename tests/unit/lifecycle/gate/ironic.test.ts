import { describe, expect, it } from "vitest";
import { type Defect, itFinds } from "./planted";
import { findingsAfter, ironicPod, line, node, one, type Side, type World } from "./world";

const target = (world: World): Side => world.target!;
const operator = "baremetal-operator-controller-manager";

function container(side: Side, deployment: string): { args?: string[]; image?: string } {
  const { spec } = one(side.deployments, "Deployment", deployment);
  return (spec as { template: { spec: { containers: { args?: string[]; image?: string }[] } } }).template.spec
    .containers[0];
}

/** No Ironic on the target, as long as it was not handed over. */
function beforeHandover(world: World): void {
  world.scope.occasion = "rehearsal";
  [world.source.pods, world.target!.pods] = [world.target!.pods, world.source.pods];
  world.bmcs = { kind: "not made", why: "no Ironic is ready" };
}

const handover = /^warning: Pod .* on the source still runs; it is handed over/;

const defects: readonly Defect[] = [
  [
    "two Ironics",
    (world) => world.source.pods.push(ironicPod()),
    /^error: .*on the source runs while .* runs on the target: two Ironics/,
  ],
  [
    "an Ironic that was not handed over",
    (world) => {
      beforeHandover(world);
      world.scope.occasion = "move";
    },
    /^error: .*on the source still runs, and the source is about to lose its hosts/,
  ],
  [
    "no Ironic at all",
    (world) => {
      target(world).pods.pop();
      world.bmcs = { kind: "not made", why: "no Ironic is ready" };
    },
    /may settle.*Ironic runs nowhere/,
  ],
  [
    "an Ironic that is not ready",
    (world) => {
      const [status] = (
        one(target(world).pods, "Pod", "ironic-abc").status as { containerStatuses: { ready: boolean }[] }
      ).containerStatuses;
      status.ready = false;
    },
    /may settle.*ironic-abc on the target is not ready/,
  ],
  [
    "a target without a node for Ironic",
    (world) => {
      beforeHandover(world);
      target(world).nodes.forEach((each) => (each.spec!.unschedulable = true));
    },
    /may settle.*target has no node on which Ironic can run \(lab-control-plane-m0: cordoned/,
    handover,
  ],
  [
    "a target without memory",
    (world) => {
      beforeHandover(world);
      target(world).nodes.forEach((each) => (each.status!.allocatable = { memory: "900Mi" }));
    },
    /^warning: target has no node with 2 GiB of memory/,
    handover,
  ],
  [
    "a target under memory pressure",
    (world) => {
      beforeHandover(world);
      target(world).nodes.forEach(
        (each) =>
          (each.status!.conditions = [
            { type: "Ready", status: "True" },
            { type: "MemoryPressure", status: "True", message: "no memory" },
          ]),
      );
    },
    /may settle.*Node .* on the target is under MemoryPressure \(no memory\)/,
    handover,
  ],
  [
    "a target that is not on the provisioning network",
    (world) => {
      beforeHandover(world);
      target(world).nodes = target(world).nodes.map((each, index) =>
        node(each.metadata.name, `192.168.1.${index}`, { providerID: each.spec!.providerID as string }),
      );
    },
    /^warning: target no node that can run Ironic reports an address on the provisioning network 10.10.0.2\/24/,
    handover,
  ],
  [
    "a BMC that the target does not reach",
    (world) =>
      (world.bmcs = {
        kind: "made",
        from: "Pod a/ironic",
        results: [{ hosts: ["host-1"], endpoint: "10.20.0.1:443", answers: false }],
      }),
    /may settle.*BMC 10.20.0.1:443 of host-1 does not accept a connection from Pod a\/ironic/,
  ],
];

describe("the gate and Ironic", () => {
  itFinds(defects);

  it("wants no Ironic of an operator in test mode", () => {
    const found = findingsAfter((world) => {
      target(world).pods.pop();
      container(target(world), operator).args = ["--test-mode"];
    });
    expect(found.map(line)).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { objectKey } from "../../../lifecycle/inventory/graph";
import type { Inventory } from "../../../lifecycle/inventory/read";
import { type Arrival, assessArrival } from "../../../lifecycle/pivot/arrival";
import { holdingAnnotations, isHeld } from "../../../lifecycle/pivot/hostAnnotations";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

const paused = "baremetalhost.metal3.io/paused";
const status = "baremetalhost.metal3.io/status";

function host(name: string, annotations: Record<string, string> = {}, state = "available"): KubeObject {
  return {
    apiVersion: "metal3.io/v1alpha1",
    kind: "BareMetalHost",
    metadata: { name, namespace: "metal3", annotations },
    status: { provisioning: { state }, errorMessage: "", hardware: { cpu: {} } },
  };
}

function machine(name: string, phase = "Running"): KubeObject {
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: { name, namespace: "metal3" },
    status: { phase, ...(phase === "Running" ? { nodeRef: { name: "n0" } } : {}) },
  };
}

const cluster: KubeObject = {
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "Cluster",
  metadata: { name: "lab", namespace: "metal3" },
};

function inventory(moving: readonly KubeObject[], isPaused = false): Inventory {
  return {
    definitions: [],
    objects: moving,
    moving,
    keys: new Set(moving.map(objectKey)),
    cluster: moving.find(({ kind }) => kind === "Cluster"),
    paused: isPaused,
  };
}

const node = (bootID: string): KubeObject => ({ metadata: { name: "n0" }, status: { nodeInfo: { bootID } } });

function arrived(changes: Partial<Arrival> = {}): Arrival {
  const moving = [cluster, machine("m0"), host("host-0", {}, "provisioned"), host("host-1")];
  return {
    source: inventory([]),
    target: inventory(moving),
    nodes: [node("a")],
    planned: { keys: moving.map(objectKey), bootIDs: { n0: "a" } },
    ...changes,
  };
}

describe("assessArrival", () => {
  it("is content when everything is there", () => {
    expect(assessArrival(arrived())).toEqual([]);
  });
  it("is content with a host that its user has paused", () => {
    const moving = [
      cluster,
      machine("m0"),
      host("host-0", {}, "provisioned"),
      host("host-1", { [paused]: "me", [status]: "{}" }, ""),
    ];
    expect(assessArrival(arrived({ target: inventory(moving) }))).toEqual([]);
  });

  const full = arrived().target.moving;
  const withHost = (annotations: Record<string, string>, state?: string) =>
    arrived({ target: inventory([...full.slice(0, 3), host("host-1", annotations, state)]) });
  it.each<[string, Arrival, string]>([
    [
      "a missing object",
      arrived({ target: inventory(full.slice(0, 3)) }),
      "missing on the target: BareMetalHost.metal3.io metal3/host-1",
    ],
    [
      "a leftover on the source",
      arrived({ source: inventory([host("host-1")]) }),
      "still on the source: BareMetalHost.metal3.io metal3/host-1",
    ],
    ["a paused Cluster", arrived({ target: inventory(full, true) }), "the Cluster is paused on the target"],
    [
      "our pause",
      withHost({ [paused]: "metal3.pulumi.com/pivot" }),
      "BareMetalHost metal3/host-1 is still paused",
    ],
    [
      "CAPM3's pause",
      withHost({ [paused]: "metal3.io/capm3" }),
      "BareMetalHost metal3/host-1 is still paused",
    ],
    [
      "a status not taken over",
      withHost({ [status]: "{}" }),
      "BareMetalHost metal3/host-1 has not taken its status over",
    ],
    ["an inspection", withHost({}, "inspecting"), "BareMetalHost metal3/host-1 is inspecting"],
    ["a reboot", arrived({ nodes: [node("b")] }), "node n0 was rebooted"],
    ["a lost node", arrived({ nodes: [] }), "node n0 is gone"],
    [
      "a new machine",
      arrived({ target: inventory([...full, machine("m1")]) }),
      "Machine metal3/m1 is new: the move has caused a rollout",
    ],
  ])("sees %s", (_name, arrival, reason) => {
    expect(assessArrival(arrival)).toEqual([reason]);
  });
});

describe("holdingAnnotations", () => {
  it("keeps the status without the hardware, and pauses in our name", () => {
    const annotations = holdingAnnotations(host("host-1"));
    expect(JSON.parse(annotations[status])).toEqual({
      provisioning: { state: "available" },
      errorMessage: "",
    });
    expect(annotations[paused]).toBe("metal3.pulumi.com/pivot");
    expect(isHeld(host("host-1", annotations))).toBe(true);
  });
  it("leaves a user's pause as it is", () => {
    expect(holdingAnnotations(host("host-1", { [paused]: "me" }))).not.toHaveProperty(paused);
  });
  it("hands on the status that the operator could not read yet, as the user's pause is older than the move", () => {
    const carried = JSON.stringify({ lastUpdated: "2026-01-01T00:00:00Z", provisioning: { ID: "x" } });
    const seen = { ...host("host-1", { [paused]: "me", [status]: carried }), status: undefined };
    expect(holdingAnnotations(seen)).toEqual({ [status]: carried });
    // A status of its own is newer.
    const own = { lastUpdated: "2026-01-02T00:00:00Z" };
    expect(holdingAnnotations({ ...seen, status: own })).toEqual({ [status]: JSON.stringify(own) });
    // What is not paused by its user was read, or is none of ours.
    const ours = { ...host("host-1", { [status]: carried }), status: undefined };
    expect(holdingAnnotations(ours)[status]).toBe("{}");
  });
  it("does not take a pause without a status for enough", () => {
    expect(isHeld(host("host-1", { [paused]: "metal3.io/capm3" }))).toBe(false);
  });
});

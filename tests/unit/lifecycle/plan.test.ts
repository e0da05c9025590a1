import { describe, expect, it } from "vitest";
import { isPlanOf, isUnderWayElsewhere, type MovePlan } from "../../../lifecycle/pivot/plan";

const scope = { namespace: "metal3", clusterName: "lab" };

function plan(changes: Partial<MovePlan> = {}): MovePlan {
  return {
    ...scope,
    ends: { source: "itself", target: "bootstrap" },
    plannedAt: "2026-01-01T00:00:00Z",
    movingSince: "2026-01-01T00:01:00Z",
    keys: [],
    bootIDs: {},
    hosts: {},
    ...changes,
  };
}

describe("isPlanOf", () => {
  it("knows a plan by both ends, as far as they are known", () => {
    expect(isPlanOf(plan(), scope, { source: "itself", target: "bootstrap" })).toBe(true);
    expect(isPlanOf(plan(), scope, { target: "bootstrap" })).toBe(true);
    expect(isPlanOf(plan(), scope, { source: "itself", target: "another" })).toBe(false);
    expect(isPlanOf(plan(), { ...scope, clusterName: "other" }, { target: "bootstrap" })).toBe(false);
  });
  it("does not take the move forward for the move back", () => {
    expect(isPlanOf(plan(), scope, { source: "bootstrap", target: "itself" })).toBe(false);
  });
});

describe("isUnderWayElsewhere", () => {
  const ends = { source: "itself", target: "another bootstrap" };

  it("knows a move off the same source that did not end", () => {
    expect(isUnderWayElsewhere(plan(), scope, ends)).toBe(true);
  });
  it.each<[string, MovePlan, typeof ends]>([
    ["this move", plan(), { ...ends, target: "bootstrap" }],
    ["one that was verified", plan({ verifiedAt: "2026-01-01T00:02:00Z" }), ends],
    ["one that was only prepared", plan({ movingSince: undefined }), ends],
    ["one off another cluster", plan(), { ...ends, source: "somebody" }],
    ["one of another Cluster", plan({ clusterName: "other" }), ends],
    ["the move forward", plan({ ends: { source: "bootstrap", target: "itself" } }), ends],
    ["one whose ends are not known", plan({ ends: undefined }), ends],
  ])("does not take %s for one", (_what, candidate, between) => {
    expect(isUnderWayElsewhere(candidate, scope, between)).toBe(false);
  });
});

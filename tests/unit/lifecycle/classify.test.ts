import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify, type MovePhase, type Side } from "../../../lifecycle/pivot/classify";

/** The world as `clusterctl move` changes it, write by write. */
interface World {
  readonly source: Set<string>;
  readonly target: Set<string>;
  sourcePaused: boolean;
  targetPaused: boolean;
}

const clusterKey = "Cluster metal3/lab";

function side(keys: ReadonlySet<string>, paused: boolean): Side {
  return { keys, cluster: keys.has(clusterKey) ? (paused ? "paused" : "running") : "absent" };
}

function phaseOf(world: World, planned?: ReadonlySet<string>): MovePhase {
  return classify(side(world.source, world.sourcePaused), side(world.target, world.targetPaused), planned)
    .phase;
}

/** All writes of one move, in clusterctl's order: pause, create (Cluster first), delete (Cluster last), unpause. */
function writesOf(others: readonly string[]): ((world: World) => void)[] {
  const creates = [clusterKey, ...others];
  return [
    (world) => (world.sourcePaused = true),
    ...creates.map((key) => (world: World) => {
      world.target.add(key);
      if (key === clusterKey) world.targetPaused = true;
    }),
    ...[...creates].reverse().map((key) => (world: World) => void world.source.delete(key)),
    (world) => (world.targetPaused = false),
  ];
}

function begin(others: readonly string[]): World {
  return {
    source: new Set([clusterKey, ...others]),
    target: new Set(),
    sourcePaused: false,
    targetPaused: false,
  };
}

/** What the pivot does for each phase, as the classification alone demands it. */
function goOn(world: World, others: readonly string[]): void {
  switch (phaseOf(world)) {
    case "not-begun":
    case "partly-created":
      // Only a complete source may be unpaused and moved again.
      expect([...world.source].sort()).toEqual([clusterKey, ...others].sort());
      world.sourcePaused = false;
      writesOf(others).forEach((write) => write(world));
      return;
    case "deletion-begun":
      world.source.clear();
      world.targetPaused = false;
      return;
    case "moved-but-paused":
      world.targetPaused = false;
      return;
    case "nothing-to-move":
    case "broken":
    case "done":
      return;
  }
}

const objectNames = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 12 });

describe("classify", () => {
  it("brings every interrupted move to its end", () => {
    fc.assert(
      fc.property(objectNames, fc.nat(), (others, cut) => {
        const world = begin(others);
        const writes = writesOf(others);
        writes.slice(0, cut % (writes.length + 1)).forEach((write) => write(world));
        goOn(world, others);
        expect(phaseOf(world)).toBe("done");
        expect(world.source.size).toBe(0);
        expect([...world.target].sort()).toEqual([clusterKey, ...others].sort());
      }),
    );
  });

  it("ends also when every attempt is interrupted again", () => {
    fc.assert(
      fc.property(objectNames, fc.array(fc.nat(), { maxLength: 4 }), (others, cuts) => {
        const world = begin(others);
        for (const cut of cuts) {
          if (phaseOf(world) !== "not-begun" && phaseOf(world) !== "partly-created") break;
          world.sourcePaused = false;
          const writes = writesOf(others);
          writes.slice(0, cut % (writes.length + 1)).forEach((write) => write(world));
        }
        goOn(world, others);
        expect(phaseOf(world)).toBe("done");
      }),
    );
  });

  it("never calls for the source when it has lost an object, with the plan or without", () => {
    fc.assert(
      fc.property(objectNames, fc.nat(), fc.boolean(), (others, cut, withPlan) => {
        const world = begin(others);
        const planned = withPlan ? new Set(world.source) : undefined;
        const writes = writesOf(others);
        writes.slice(0, cut % (writes.length + 1)).forEach((write) => write(world));
        const phase = phaseOf(world, planned);
        if (world.source.size < others.length + 1) {
          expect(["deletion-begun", "moved-but-paused", "done"]).toContain(phase);
        } else {
          expect(["not-begun", "partly-created", "deletion-begun"]).toContain(phase);
        }
      }),
    );
  });

  it("sees an object that neither side has", () => {
    const planned = new Set([clusterKey, "a", "b"]);
    const result = classify(side(new Set(["a"]), true), side(new Set([clusterKey, "a"]), true), planned);
    expect(result).toMatchObject({ phase: "broken", odd: ["b"] });
  });

  it("sees an object that controllers of a source unpaused too early have made", () => {
    const planned = new Set([clusterKey, "a", "b"]);
    const result = classify(side(new Set([clusterKey, "rogue"]), false), side(planned, true), planned);
    expect(result).toMatchObject({ phase: "broken", odd: ["rogue"] });
  });

  it("sees such an object also when it is not known what was planned", () => {
    const machine = (name: string) => `Machine.cluster.x-k8s.io metal3/${name}`;
    const source = side(new Set([clusterKey, machine("rogue")]), true);
    const target = side(new Set([clusterKey, machine("m0"), "Secret metal3/user"]), true);
    expect(classify(source, target)).toMatchObject({ phase: "broken", odd: [machine("rogue")] });
    const onlyASecretMore = side(new Set([clusterKey, "Secret metal3/user"]), true);
    expect(classify(source, onlyASecretMore).phase).toBe("partly-created");
  });

  it("never takes a paused target for complete when neither the source nor a plan says so", () => {
    const target = side(new Set([clusterKey, "a"]), true);
    expect(classify(undefined, target)).toMatchObject({ phase: "broken" });
    expect(classify(undefined, target, new Set([clusterKey, "a", "b"]))).toMatchObject({
      phase: "broken",
      odd: ["b"],
    });
    expect(classify(side(new Set(), false), target).phase).toBe("moved-but-paused");
  });

  it("knows a source that is gone", () => {
    const full = new Set([clusterKey, "a"]);
    expect(classify(undefined, side(full, false), full).phase).toBe("done");
    expect(classify(undefined, side(full, true), full).phase).toBe("moved-but-paused");
    expect(classify(undefined, side(new Set(), false)).phase).toBe("nothing-to-move");
    expect(classify(undefined, side(new Set(), false), full).phase).toBe("broken");
  });

  it("does not take leftovers on the target for a part of the move", () => {
    expect(classify(side(new Set([clusterKey, "a"]), false), side(new Set(["z"]), false)).phase).toBe(
      "not-begun",
    );
  });
});

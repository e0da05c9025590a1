import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Attempt, type Part, World } from "./pivotModel";

/** A Cluster, objects that it owns directly or through others, hosts with their parts, and secrets of the user's. */
const graphs = fc
  .record({
    owned: fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 2 }), { maxLength: 7 }),
    hosts: fc.array(
      fc.record({ consumer: fc.option(fc.nat()), userPaused: fc.boolean(), hasData: fc.boolean() }),
      { maxLength: 4 },
    ),
    userSecrets: fc.nat({ max: 2 }),
  })
  .map(({ owned, hosts, userSecrets }) => {
    const parts: Part[] = [{ kind: "Cluster", name: "lab", owners: [] }];
    owned.forEach((owners, index) =>
      parts.push({
        kind: index % 3 === 2 ? "Secret" : "Machine",
        name: `owned-${index}`,
        owners: [...new Set(owners.map((owner) => owner % parts.length))],
      }),
    );
    const machines = parts.length;
    hosts.forEach(({ consumer, userPaused, hasData }, index) => {
      const consumed = consumer !== null;
      const host = parts.length;
      parts.push({
        kind: "BareMetalHost",
        name: `host-${index}`,
        owners: consumed ? [consumer % machines] : [],
        consumed,
        userPaused: userPaused && !consumed,
      });
      parts.push({ kind: "Secret", name: `bmc-${index}`, owners: [host] });
      if (hasData) parts.push({ kind: "HardwareData", name: `host-${index}`, owners: [host] });
    });
    for (let index = 0; index < userSecrets; index++)
      parts.push({ kind: "Secret", name: `user-${index}`, owners: [], labelled: true });
    return parts;
  });

const dice = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 25, maxLength: 25 });

const attempts: fc.Arbitrary<Attempt[]> = fc.array(
  fc.record({ writes: fc.nat({ max: 120 }), sourceDown: fc.boolean(), otherMachine: fc.boolean() }),
  { minLength: 1, maxLength: 3 },
);

describe("a pivot that is killed", { timeout: 60_000 }, () => {
  it("ends with one owner after every prefix of its writes", () => {
    fc.assert(
      fc.property(graphs, dice, (graph, order) => {
        const whole = new World(graph, order);
        whole.attempt({});
        expect(whole.endDefects()).toEqual([]);
        for (let writes = 0; writes <= whole.writes; writes++) {
          const world = new World(graph, order);
          world.attempt({ writes });
          world.attempt({});
          expect(world.endDefects()).toEqual([]);
          expect(world.phase()).toBe("done");
        }
      }),
      { numRuns: 60 },
    );
  });

  it("has not begun when nothing was written, and is never said to be done before it is", () => {
    fc.assert(
      fc.property(graphs, dice, fc.nat({ max: 150 }), (graph, order, writes) => {
        const world = new World(graph, order);
        world.attempt({ writes });
        const phase = world.phase();
        expect(["nothing-to-move", "broken"]).not.toContain(phase);
        if (world.target.things.size === 0) expect(phase).toBe("not-begun");
        if (phase === "done") expect(world.source.things.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("ends with one owner also when it is killed again and again, elsewhere, or while the source does not answer", () => {
    fc.assert(
      fc.property(graphs, dice, attempts, (graph, order, interrupted) => {
        const world = new World(graph, order);
        interrupted.forEach((attempt) => world.attempt(attempt));
        world.attempt({});
        expect(world.endDefects()).toEqual([]);
        expect(world.phase()).toBe("done");
      }),
      { numRuns: 1500 },
    );
  });

  it("can be killed after every write of the attempt that goes on from a kill", () => {
    const graph: Part[] = [
      { kind: "Cluster", name: "lab", owners: [] },
      { kind: "Machine", name: "m0", owners: [0] },
      { kind: "BareMetalHost", name: "host-0", owners: [1], consumed: true },
      { kind: "Secret", name: "bmc-0", owners: [2] },
      { kind: "BareMetalHost", name: "host-1", owners: [], consumed: false },
      { kind: "Secret", name: "user", owners: [], labelled: true },
    ];
    const whole = new World(graph, []);
    whole.attempt({});
    let worlds = 0;
    for (let first = 0; first <= whole.writes; first++) {
      for (let second = 0; second <= whole.writes + 3; second++) {
        for (const otherMachine of [false, true]) {
          const world = new World(graph, []);
          world.attempt({ writes: first });
          world.attempt({ writes: second, otherMachine });
          world.attempt({ otherMachine });
          expect(world.endDefects()).toEqual([]);
          worlds++;
        }
      }
    }
    expect(worlds).toBeGreaterThan(1000);
  });
});

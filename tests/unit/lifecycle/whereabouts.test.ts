import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Facts, locate } from "../../../lifecycle/retire/whereabouts";
import { imageGone } from "../../../lifecycle/retire/journal";
import { reportLines } from "../../../lifecycle/retire/report";

const nothing: Facts = {
  released: false,
  returned: false,
  returnAnswers: false,
  pivoted: false,
  planned: false,
  bootstrapAnswers: false,
  targetAnswers: undefined,
};

const phases = [
  "nothing-to-move",
  "not-begun",
  "partly-created",
  "deletion-begun",
  "moved-but-paused",
  "done",
  "broken",
] as const;

const facts: fc.Arbitrary<Facts> = fc.record(
  {
    released: fc.boolean(),
    returned: fc.boolean(),
    returnAnswers: fc.boolean(),
    pivoted: fc.boolean(),
    planned: fc.boolean(),
    bootstrapAnswers: fc.boolean(),
    targetAnswers: fc.option(fc.boolean(), { nil: undefined }),
    phase: fc.constantFrom(...phases),
  },
  {
    requiredKeys: [
      "released",
      "returned",
      "returnAnswers",
      "pivoted",
      "planned",
      "bootstrapAnswers",
      "targetAnswers",
    ],
  },
);

describe("where the objects of a stack are", () => {
  it("is the bootstrap cluster before the move", () => {
    expect(locate({ ...nothing, bootstrapAnswers: true })).toEqual({ at: "bootstrap" });
    expect(locate({ ...nothing, bootstrapAnswers: true, targetAnswers: true, phase: "not-begun" })).toEqual({
      at: "bootstrap",
    });
  });

  it("is the target after a verified pivot, as long as it answers", () => {
    expect(locate({ ...nothing, pivoted: true, targetAnswers: true })).toEqual({ at: "target" });
    expect(locate({ ...nothing, pivoted: true, targetAnswers: false })).toMatchObject({
      at: "nowhere",
      why: "the cluster manages itself, and its API server does not answer",
    });
  });

  it.each(["partly-created", "deletion-begun", "moved-but-paused", "done"] as const)(
    "is both clusters when a move is %s: it is ended first",
    (phase) => {
      const both = { ...nothing, planned: true, bootstrapAnswers: true, targetAnswers: true };
      expect(locate({ ...both, phase })).toEqual({ at: "both" });
    },
  );

  it("is in doubt when a move was begun and the target does not answer", () => {
    const doubtful = { ...nothing, planned: true, bootstrapAnswers: true, targetAnswers: false };
    expect(locate(doubtful)).toMatchObject({ at: "nowhere" });
  });

  it("is the bootstrap cluster of the return once an earlier attempt has moved them back, as long as it answers", () => {
    fc.assert(
      fc.property(facts, (any) => {
        const returned = { ...any, released: false, returned: true };
        expect(locate({ ...returned, returnAnswers: true })).toEqual({ at: "return" });
        expect(locate({ ...returned, returnAnswers: false })).toMatchObject({ at: "nowhere" });
      }),
    );
  });

  it("is no place once every host was released, whatever answers", () => {
    fc.assert(
      fc.property(facts, (any) => {
        expect(locate({ ...any, released: true })).toEqual({ at: "released" });
      }),
    );
  });

  it("is the target when the bootstrap went after the objects had left it: the move is ended there", () => {
    const gone = { ...nothing, planned: true, targetAnswers: true };
    expect(locate({ ...gone, phase: "moved-but-paused" })).toEqual({ at: "both" });
    expect(locate({ ...gone, phase: "done" })).toEqual({ at: "both" });
    expect(locate({ ...gone, phase: "broken" })).toMatchObject({ at: "nowhere" });
    expect(locate({ ...gone, planned: false, phase: "nothing-to-move" })).toMatchObject({
      at: "nowhere",
      why: "the bootstrap cluster does not answer, and the target holds no objects",
    });
  });

  it("is never a cluster that does not answer", () => {
    fc.assert(
      fc.property(facts, (any) => {
        const found = locate(any);
        if (found.at === "return") expect(any.returnAnswers).toBe(true);
        if (found.at === "bootstrap") expect(any.bootstrapAnswers).toBe(true);
        if (found.at === "target") expect(any.targetAnswers).toBe(true);
        if (found.at === "nowhere") expect(found.why).not.toBe("");
      }),
    );
  });

  it("is never the bootstrap cluster alone while a move is under way", () => {
    fc.assert(
      fc.property(facts, (any) => {
        const found = locate(any);
        if (any.phase === "partly-created" || any.phase === "deletion-begun") {
          expect(found.at).not.toBe("bootstrap");
        }
      }),
    );
  });
});

describe("the report of a release", () => {
  it("tells a host that was wiped from one that had nothing to wipe", () => {
    const state = "available";
    expect(imageGone({ state, imageGone: true, hadImage: true })).toBe("yes");
    expect(imageGone({ state, imageGone: true, hadImage: false })).toBe("had none");
    expect(imageGone({ state, imageGone: false, hadImage: true })).toBe("not proved");
    expect(imageGone(undefined)).toBe("not proved");
  });

  it("has a line for each host, with what is proved and what is not", () => {
    const lines = reportLines({
      clusterName: "lab",
      hosts: [
        { name: "host-0", power: "off", lastState: "powering off before delete", imageGone: "yes" },
        { name: "host-1", power: "unknown: HTTP 401", lastState: "unknown", imageGone: "not proved" },
      ],
      ironicIP: "172.22.0.2",
      endpoint: "silent",
      finishedAt: "2026-01-01T00:00:00Z",
    });
    expect(lines).toEqual([
      "The machines of lab were released at 2026-01-01T00:00:00Z.",
      "host    power (by its BMC)  last state in Ironic        image gone",
      "host-0  off                 powering off before delete  yes",
      "host-1  unknown: HTTP 401   unknown                     not proved",
      "Ironic endpoint 172.22.0.2: silent",
    ]);
  });
});

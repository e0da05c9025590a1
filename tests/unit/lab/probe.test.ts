import { describe, expect, test } from "vitest";
import { waitFor, WaitExpired } from "../../../lab/control/probe";

describe("a wait", () => {
  test("ends with the first probe that finds nothing wrong; a probe that throws is a finding", async () => {
    let probes = 0;
    await waitFor(
      "the third probe",
      () => {
        probes += 1;
        if (probes === 1) throw new Error("not yet");
        return Promise.resolve(probes === 2 ? "still not" : undefined);
      },
      { limitSeconds: 5, intervalSeconds: 0.001 },
    );
    expect(probes).toBe(3);
  });

  test("that expires says what for, the last state and the evidence", async () => {
    const wait = waitFor("the sun", () => Promise.reject(new Error("night", { cause: new Error("earth") })), {
      limitSeconds: 0.01,
      intervalSeconds: 0.001,
      evidence: () => Promise.resolve("stars"),
    });
    await expect(wait).rejects.toThrow(WaitExpired);
    await expect(wait).rejects.toThrow("the sun: not there after 0.01 s; last state: night (earth)\nstars");
  });
});

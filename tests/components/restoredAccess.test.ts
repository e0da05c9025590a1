import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { restoredAccess } from "../../components/restoredAccess";

let refusals = 0;
let calls = 0;

describe("access from the stack's own outputs", () => {
  beforeAll(async () => {
    await pulumi.runtime.setMocks(
      {
        newResource: ({ inputs }) => ({ id: "id", state: inputs as object }),
        call: () => {
          calls++;
          if (refusals-- > 0) throw new Error("failed to load checkpoint: EOF");
          return { outputs: {} };
        },
      },
      "metal3",
      "test",
      false,
      "organization",
    );
  });

  it("is read again when the engine was just writing the state", async () => {
    refusals = 3;
    const restored = await new Promise((resolve) => {
      restoredAccess("written-meanwhile", "lab").apply(resolve);
    });
    expect(restored).toBe(false);
    expect(calls).toBe(4);
  });

  it("is asked for once in a run", () => {
    expect(restoredAccess("written-meanwhile", "lab")).toBe(restoredAccess("written-meanwhile", "lab"));
  });
});

import { describe, expect, it } from "vitest";
import { created, matrix, select, shortMatrix, states, steps } from "../../soak/cases";

const names = (cases: readonly { readonly name: string }[]) => cases.map(({ name }) => name);

describe("the cases of the soak test", () => {
  it("stop after each of the nine steps in both ways, and end in both ways", () => {
    expect(matrix()).toHaveLength(36);
    expect(new Set(names(matrix())).size).toBe(36);
  });

  it("are one a step unless more is asked for, with every way of stopping and ending", () => {
    expect(names(shortMatrix())).toEqual([
      "1-kill-destroy",
      "2-kill-up-destroy",
      "3-int-destroy",
      "4-int-up-destroy",
      "5-kill-destroy",
      "6-kill-up-destroy",
      "7-int-destroy",
      "8-int-up-destroy",
      "9-kill-destroy",
    ]);
    expect(select({})).toHaveLength(steps.length + states.length);
    expect(select({ matrix: "whole" })).toHaveLength(36);
  });

  it("can be chosen by step and by name", () => {
    expect(names(select({ steps: "1 5", cases: "dead-target" }))).toEqual([
      "1-kill-destroy",
      "5-kill-destroy",
      "dead-target",
    ]);
    expect(select({ steps: "8", matrix: "whole" })).toHaveLength(4);
    expect(names(select({ cases: "8-kill-destroy" }))).toEqual(["8-kill-destroy"]);
    expect(() => select({ steps: "10" })).toThrow("STEPS: there is no step 10");
    expect(() => select({ cases: "nonsense" })).toThrow("CASES: there is no case nonsense");
  });

  it("know a resource that was made by its line, and no other", () => {
    const line = " +  command:local:Command target-nodes created (41s)";
    expect(line).toMatch(created("target-nodes"));
    expect(" +  command:local:Command target-nodes creating (0s)").not.toMatch(created("target-nodes"));
    expect(" +  x other-target-nodes created").not.toMatch(created("target-nodes"));
  });
});

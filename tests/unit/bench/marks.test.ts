import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Mark, parseMark, stepsFromMarks } from "../../../bench/marks";

describe("parseMark", () => {
  it("reads begin and end", () => {
    expect(parseMark("==> step 4 begins 1764027000.125 hosts and control plane\n")).toEqual({
      step: 4,
      event: "begins",
      at: 1764027000.125,
      name: "hosts and control plane",
    });
    expect(parseMark("==> step 4 ends 1764027100.5")).toEqual({
      step: 4,
      event: "ends",
      at: 1764027100.5,
    });
  });

  it.each(["", "pod/ironic condition met", "step 1 begins 1 x", "==> step x begins 1", "==> step 1 waits 2"])(
    "takes no notice of %j",
    (line) => expect(parseMark(line)).toBeUndefined(),
  );

  it("reads what the runbook's own functions write", () => {
    const functions = execFileSync("grep", ["-E", "^(begins|ends)\\(\\)", "bench/runbook.sh"], {
      encoding: "utf8",
    });
    const output = execFileSync("bash", ["-c", `${functions}\nbegins 3 "a name"; ends`], {
      encoding: "utf8",
    });
    const marks = output.trimEnd().split("\n").map(parseMark);
    expect(marks[0]).toMatchObject({ step: 3, event: "begins", name: "a name" });
    expect(marks[1]).toMatchObject({ step: 3, event: "ends" });
    expect(Math.abs((marks[0]?.at ?? 0) - Date.now() / 1000)).toBeLessThan(60);
  });
});

describe("stepsFromMarks", () => {
  it("finds again the steps that the marks were made from", () => {
    const durations = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(durations, (seconds) => {
        let at = 0;
        const marks = seconds.flatMap((duration, index): Mark[] => [
          { step: index + 1, event: "begins", at, name: `step ${index + 1}` },
          { step: index + 1, event: "ends", at: (at += duration) },
        ]);
        const steps = stepsFromMarks(marks);
        expect(steps.map(({ step }) => step)).toEqual(seconds.map((_, index) => index + 1));
        steps.forEach((step, index) => expect(step.seconds).toBeCloseTo(seconds[index] ?? NaN, 6));
      }),
    );
  });

  const begins = (step: number): Mark => ({ step, event: "begins", at: step });
  const ends = (step: number): Mark => ({ step, event: "ends", at: step + 1 });
  it.each<[string, Mark[], RegExp]>([
    ["a step without end", [begins(1), begins(2)], /step 1 .*no end/],
    ["a last step without end", [begins(1)], /step 1 .*no end/],
    ["an end without begin", [ends(1)], /did not begin/],
    ["a step twice", [begins(1), ends(1), begins(1), ends(1)], /begins twice/],
  ])("refuses %s", (_name, marks, message) => {
    expect(() => stepsFromMarks(marks)).toThrow(message);
  });
});

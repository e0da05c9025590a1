import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCommandInputs, checkRunInputs } from "../../../lab/plugins/command/inputs";
import { runChild } from "../../../providers/shared/childProcess";
import { LineSplitter } from "../../../providers/shared/lineSplitter";
import { Secret, UNKNOWN } from "../../../providers/shared/properties";

describe("lines", () => {
  it("are the same however the text is cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 7 }), (text, size) => {
        const lines: string[] = [];
        const splitter = new LineSplitter((line) => lines.push(line));
        const bytes = Buffer.from(text);
        for (let start = 0; start < bytes.length; start += size)
          splitter.write(bytes.subarray(start, start + size));
        splitter.end();
        const expected = text.split("\n");
        if (expected.at(-1) === "") expected.pop();
        expect(lines).toEqual(expected.map((line) => line.replace(/\r$/, "")));
      }),
    );
  });
});

describe("inputs of commands", () => {
  it("are accepted while unknown or secret", () => {
    expect(
      checkCommandInputs({ create: UNKNOWN, stdin: new Secret("x"), environment: new Secret({ A: "x" }) }),
    ).toEqual([]);
  });

  it("are refused by path when they have the wrong type", () => {
    const failures = checkCommandInputs({
      environment: { A: 1 },
      dir: true,
      addPreviousOutputInEnv: "yes",
      shell: "x",
    });
    expect(failures.map(({ property }) => property)).toEqual([
      "environment.A",
      "dir",
      "addPreviousOutputInEnv",
      "shell",
    ]);
  });

  it("need a command to run", () => {
    expect(checkRunInputs({ dir: "/" })).toEqual([{ property: "command", reason: "missing required field" }]);
  });
});

describe("child processes", () => {
  const shell = (script: string, signal: AbortSignal) =>
    runChild({ file: "/bin/sh", args: ["-c", script], env: process.env, signal });

  it("report output in order, exit code and signal", async () => {
    const { signal } = new AbortController();
    expect(await shell("echo a; echo b >&2; exit 3", signal)).toMatchObject({
      stdout: "a\n",
      stderr: "b\n",
      exitCode: 3,
    });
    expect(await shell("kill -9 $$", signal)).toMatchObject({ exitCode: null, endedBySignal: "SIGKILL" });
  });

  it("end as a group, also those that ignore the request", async () => {
    const abort = new AbortController();
    const run = shell("trap '' TERM; sleep 100 & sleep 100", abort.signal);
    setTimeout(() => abort.abort(), 200);
    expect(await run).toMatchObject({ exitCode: null, endedBySignal: "SIGKILL" });
  }, 20_000);

  it("end at once when the operation is over already", async () => {
    const started = Date.now();
    await shell("sleep 100", AbortSignal.abort());
    expect(Date.now() - started).toBeLessThan(10_000);
  }, 20_000);

  it("reject when the program does not exist", async () => {
    const run = runChild({ file: "/no/such", args: [], env: {}, signal: new AbortController().signal });
    await expect(run).rejects.toMatchObject({ code: "ENOENT" });
  });
});

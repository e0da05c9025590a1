import { existsSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { pluginBundle, removePluginBundles } from "../support/pluginBundle";
import { failureOf, SECRET_SIGNATURE, statusLines, steps, TestStack } from "./testStack";

/**
 * What the program relies on in the `command` package. `COMMAND_PLUGIN=official` runs the same tests against the official
 * plugin.
 */
const TYPE = "command:local:Command";
const official = process.env.COMMAND_PLUGIN === "official";

let stack: TestStack;

beforeEach(async () => {
  stack = await TestStack.create(official ? {} : { command: await pluginBundle("command") });
});

afterEach(() => stack.remove());

afterAll(removePluginBundles);

/** A program of one command. */
function command(args: local.CommandArgs, options?: pulumi.CustomResourceOptions) {
  return () => {
    const resource = new local.Command("one", args, options);
    return Promise.resolve({ stdout: resource.stdout, stderr: resource.stderr });
  };
}

async function written(name: string): Promise<string> {
  return readFile(path.join(stack.folder, name), "utf8");
}

describe("create", () => {
  it("captures both streams without their last line end", async () => {
    const run = await stack.up(command({ create: "printf 'a\\nb\\n\\n'; echo problem >&2" }));
    expect(run.outputs.stdout?.value).toBe("a\nb\n");
    expect(run.outputs.stderr?.value).toBe("problem");
  });

  it("names the resource after its logical name", async () => {
    await stack.up(command({ create: "true" }));
    const [resource] = await stack.resources(TYPE);
    expect(resource?.id).toMatch(/^one[0-9a-f]{8}$/);
    expect(resource?.outputs).toMatchObject({ create: "true", stdout: "", stderr: "" });
  });

  it("takes folder, environment, standard input and interpreter", async () => {
    const run = await stack.up(
      command({
        create: `console.log(process.cwd(), process.env.GREETING, require("fs").readFileSync(0, "utf8"))`,
        interpreter: ["node", "-e"],
        dir: "/",
        environment: { GREETING: "hello" },
        stdin: "in",
      }),
    );
    expect(run.outputs.stdout?.value).toBe("/ hello in");
  });

  it("runs in the folder of the project where none is given", async () => {
    const run = await stack.up(command({ create: "pwd" }));
    expect(run.outputs.stdout?.value).toBe(stack.folder);
  });

  it("inherits the environment of the engine, and what is given wins", async () => {
    const run = await stack.up(
      command({ create: 'echo "$HOME/$PULUMI_SKIP_UPDATE_CHECK"', environment: { HOME: "/nowhere" } }),
    );
    expect(run.outputs.stdout?.value).toBe("/nowhere/true");
  });

  it("gives empty standard input where none is given", async () => {
    const run = await stack.up(command({ create: "cat; echo end" }));
    expect(run.outputs.stdout?.value).toBe("end");
  });

  it("survives a command that does not read its input", async () => {
    const run = await stack.up(command({ create: "echo done", stdin: "x".repeat(1_000_000) }));
    expect(run.outputs.stdout?.value).toBe("done");
  });

  it("runs nothing in a preview, where the output is unknown", async () => {
    const run = await stack.preview(command({ create: "touch made" }));
    expect(existsSync(path.join(stack.folder, "made"))).toBe(false);
    expect(steps(run, TYPE)).toEqual(["create one"]);
  });

  it("does nothing without a create command", async () => {
    const run = await stack.up(command({ delete: "true" }));
    expect(run.outputs.stdout?.value).toBe("");
  });
});

describe("failure", () => {
  it("shows the exit code, the command and all its output, and keeps nothing in the state", async () => {
    const error = await failureOf(stack.up(command({ create: "echo seen; echo why >&2; exit 3" })));
    expect(error).toContain('exit status 3: running "echo seen; echo why >&2; exit 3":');
    expect(error).toContain("seen\n");
    expect(error).toContain("why\n");
    expect(await stack.resources(TYPE)).toEqual([]);
  });

  it("names a folder that does not exist", async () => {
    const error = await failureOf(stack.up(command({ create: "true", dir: "/no/such/folder" })));
    expect(error).toContain("chdir /no/such/folder: no such file or directory");
  });

  it("names an interpreter that does not exist", async () => {
    const missing = await failureOf(stack.up(command({ create: "true", interpreter: ["/no/such/program"] })));
    expect(missing).toContain("fork/exec /no/such/program: no such file or directory");
    const unknown = await failureOf(stack.up(command({ create: "true", interpreter: ["no-such-program"] })));
    expect(unknown).toContain('exec: "no-such-program": executable file not found in $PATH');
  });

  it("runs a failed update again", async () => {
    await stack.up(command({ create: "echo first" }));
    await failureOf(stack.up(command({ create: "exit 1" })));
    const run = await stack.up(command({ create: "exit 0" }));
    expect(steps(run, TYPE)).toEqual(["update one"]);
  });
});

describe("update", () => {
  it("is not asked for while the inputs stay the same", async () => {
    const program = command({ create: "date +%s%N", environment: { A: "1" }, triggers: [1, { a: ["b"] }] });
    const first = await stack.up(program);
    const second = await stack.up(program);
    expect(steps(second, TYPE)).toEqual(["same one"]);
    expect(second.outputs.stdout?.value).toBe(first.outputs.stdout?.value);
  });

  it("runs the create command again on any change when there is no update command", async () => {
    await stack.up(command({ create: 'echo "$A" >> log', environment: { A: "1" } }));
    const run = await stack.up(command({ create: 'echo "$A" >> log', environment: { A: "2" } }));
    expect(steps(run, TYPE)).toEqual(["update one"]);
    expect(await written("log")).toBe("1\n2\n");
  });

  it("runs the update command when there is one, also when only the delete command changed", async () => {
    const args = { create: "echo create >> log", update: "echo update >> log" };
    await stack.up(command({ ...args, delete: "true" }));
    await stack.up(command({ ...args, delete: "exit 0" }));
    expect(await written("log")).toBe("create\nupdate\n");
  });

  it("hands the last output on, unless told not to", async () => {
    const create = 'echo "${PULUMI_COMMAND_STDOUT-none},${PULUMI_COMMAND_STDERR-none}"';
    const first = await stack.up(command({ create, environment: { A: "1" } }));
    expect(first.outputs.stdout?.value).toBe("none,none");
    const second = await stack.up(command({ create, environment: { A: "2" } }));
    expect(second.outputs.stdout?.value).toBe("none,none,none");
    const third = await stack.up(command({ create, addPreviousOutputInEnv: false }));
    expect(third.outputs.stdout?.value).toBe("none,none");
  });

  it("keeps the output when there is nothing to run", async () => {
    await stack.up(command({ create: "echo kept" }));
    const run = await stack.up(command({ delete: "true" }));
    expect(run.outputs.stdout?.value).toBe("kept");
  });

  it("is not asked for by a change that the program ignores, nor by another time limit", async () => {
    const program = (limit: string) =>
      command(
        { create: "echo run >> log", environment: { A: "1", LIMIT: limit } },
        { ignoreChanges: ["environment.LIMIT"], customTimeouts: { create: limit, update: limit } },
      );
    await stack.up(program("60s"));
    const run = await stack.up(program("90s"));
    expect(steps(run, TYPE)).toEqual(["same one"]);
    expect(await written("log")).toBe("run\n");
  });

  it("previews an environment that is not known yet, and what depends on the output", async () => {
    const program = (text: string) => () => {
      const first = new local.Command("first", { create: `echo ${text}` });
      const second = new local.Command("second", {
        create: "echo second >> log",
        environment: { INPUT: pulumi.jsonStringify({ first: first.stdout }) },
      });
      return Promise.resolve({ stdout: second.stdout });
    };
    expect(steps(await stack.preview(program("a")), TYPE)).toEqual(["create first", "create second"]);
    await stack.up(program("a"));
    expect(steps(await stack.preview(program("b")), TYPE)).toEqual(["update first", "update second"]);
    expect(await written("log")).toBe("second\n");
  });

  it("is not asked for by an ignored secret, also while that is not known yet", async () => {
    const program = (text: string) => () => {
      const first = new local.Command(
        "first",
        { create: `echo ${text}` },
        { additionalSecretOutputs: ["stdout"] },
      );
      new local.Command(
        "second",
        { create: 'echo "$A" >> log', environment: { A: first.stdout, B: "1" } },
        { ignoreChanges: ["environment.A"] },
      );
      return Promise.resolve({});
    };
    await stack.up(program("a"));
    expect(steps(await stack.preview(program("b")), TYPE)).toEqual(["update first", "same second"]);
    expect(steps(await stack.up(program("b")), TYPE)).toEqual(["update first", "same second"]);
    expect(await written("log")).toBe("a\n");
  });

  it("sees a change of a secret, and none in a secret that stays the same", async () => {
    const program = (secret: string) =>
      command({ create: 'echo "$A" >> log', environment: { A: pulumi.secret(secret) } });
    await stack.up(program("1"));
    expect(steps(await stack.up(program("1")), TYPE)).toEqual(["same one"]);
    expect(steps(await stack.up(program("2")), TYPE)).toEqual(["update one"]);
    expect(await written("log")).toBe("1\n2\n");
  });

  it("makes the output unknown in a preview of a change", async () => {
    await stack.up(command({ create: "echo 1" }));
    const seen: unknown[] = [];
    await stack.preview(() => {
      const changed = new local.Command("one", { create: "echo 2" });
      changed.stdout.apply((stdout) => seen.push(stdout));
      return Promise.resolve({});
    });
    expect(seen).toEqual([]);
  });

  it("replaces when a trigger changes: create first, then delete with the old environment", async () => {
    const args = (trigger: string) => ({
      create: `echo "create ${"$A"}" >> log`,
      update: "echo update >> log",
      delete: `echo "delete ${"$A"}" >> log`,
      environment: { A: trigger },
      triggers: [trigger],
    });
    await stack.up(command(args("1")));
    const run = await stack.up(command(args("2")));
    expect(steps(run, TYPE)).toContain("create-replacement one");
    expect(await written("log")).toBe("create 1\ncreate 2\ndelete 1\n");
  });

  it("deletes first where the program asks for it", async () => {
    const program = (trigger: string) =>
      command(
        { create: "echo create >> log", delete: "echo delete >> log", triggers: [trigger] },
        { deleteBeforeReplace: true },
      );
    await stack.up(program("1"));
    await stack.up(program("2"));
    expect(await written("log")).toBe("create\ndelete\ncreate\n");
  });

  it("replaces when triggers are given for the first time", async () => {
    await stack.up(command({ create: "echo create >> log" }));
    await stack.up(command({ create: "echo create >> log", delete: "true", triggers: ["a"] }));
    expect(await written("log")).toBe("create\ncreate\n");
  });
});

describe("delete", () => {
  it("runs with the environment and folder of the state and the last output", async () => {
    await stack.up(
      command({
        create: "echo made; echo warned >&2",
        delete: 'echo "$A $PULUMI_COMMAND_STDOUT $PULUMI_COMMAND_STDERR $(cat)" > log',
        environment: { A: pulumi.secret("kept") },
        stdin: "fed",
      }),
    );
    await stack.destroy();
    expect(await written("log")).toBe("kept made warned fed\n");
  });

  it("keeps the resource when it fails", async () => {
    await stack.up(command({ create: "true", delete: "test -e allowed" }));
    expect(await failureOf(stack.destroy())).toContain("exit status 1: running");
    expect(await stack.resources(TYPE)).toHaveLength(1);
  });
});

describe("refresh", () => {
  it("neither runs nor changes anything", async () => {
    await stack.up(command({ create: "echo run >> log; echo out" }));
    const run = await stack.refresh();
    expect(steps(run, TYPE)).toEqual(["refresh one"]);
    expect(await written("log")).toBe("run\n");
    const [resource] = await stack.resources(TYPE);
    expect(resource?.outputs).toMatchObject({ stdout: "out" });
  });
});

describe("secrets", () => {
  it("keeps secret inputs secret in inputs and outputs, and leaves the streams to the program", async () => {
    await stack.up(command({ create: "echo $A", environment: { A: pulumi.secret("hidden"), B: "open" } }));
    const [resource] = await stack.resources(TYPE);
    const { inputs, outputs } = resource;
    for (const properties of [inputs, outputs]) {
      expect(properties.environment).toEqual({
        A: expect.objectContaining({ [SECRET_SIGNATURE]: expect.any(String) as string }) as object,
        B: "open",
      });
    }
    expect(outputs.stdout).toBe("hidden");
  });

  it("hides the streams that the program declares secret, also from an update", async () => {
    const program = (text: string) =>
      command({ create: `echo ${text}` }, { additionalSecretOutputs: ["stdout", "stderr"] });
    await stack.up(program("hidden"));
    const run = await stack.up(program("hid$PULUMI_COMMAND_STDOUT"));
    expect(run.outputs.stdout).toMatchObject({ value: "hidhidden", secret: true });
    const [resource] = await stack.resources(TYPE);
    expect(resource?.outputs.stdout).toHaveProperty(SECRET_SIGNATURE);
  });
});

describe("logging", () => {
  const create = "echo to-stdout; echo to-stderr >&2";

  it.each([
    [undefined, ["to-stderr", "to-stdout"]],
    ["stdoutAndStderr", ["to-stderr", "to-stdout"]],
    ["stdout", ["to-stdout"]],
    ["stderr", ["to-stderr"]],
    ["none", []],
  ] as const)("%s", async (logging, expected) => {
    const run = await stack.up(command({ create, logging }));
    const lines = statusLines(run).filter((line) => line.startsWith("to-"));
    expect(lines.sort()).toEqual(expected);
    expect(run.outputs.stdout?.value).toBe("to-stdout");
  });

  it("keeps the order of lines and shows one without a line end", async () => {
    const run = await stack.up(
      command({ create: "for i in 1 2 3 4 5; do echo line $i; done; printf 'line 6'" }),
    );
    const lines = statusLines(run).filter((line) => line.startsWith("line "));
    expect(lines).toEqual([1, 2, 3, 4, 5, 6].map((number) => `line ${number}`));
  });

  // The official plugin stops reading at a line of 64 KiB, and the command hangs.
  it.skipIf(official)("takes a line of any length", async () => {
    const run = await stack.up(command({ create: "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end" }));
    expect((run.outputs.stdout?.value as string).length).toBe(300_004);
  });
});

describe("limits", () => {
  it("kills a command that exceeds its time limit", async () => {
    const started = Date.now();
    const error = await failureOf(
      stack.up(command({ create: "echo begun; exec sleep 60" }, { customTimeouts: { create: "2s" } })),
    );
    expect(error).toContain("signal: killed");
    expect(error).toContain("begun");
    expect(Date.now() - started).toBeLessThan(60_000);
  });

  // The official plugin kills the shell only, and waits for what it started.
  it.skipIf(official)("kills what the command has started, too", async () => {
    const error = await failureOf(
      stack.up(
        command(
          { create: "(trap '' TERM; while :; do sleep 1; done) & echo $! > pid; wait" },
          { customTimeouts: { create: "2s" } },
        ),
      ),
    );
    expect(error).toContain("timed out after 2 s");
    expect(isAlive(Number(await written("pid")))).toBe(false);
  });

  it("kills the command when the update is interrupted, and the next update runs it again", async () => {
    const interruption = new AbortController();
    const program = command({ create: "echo $$ > pid; test -e go || exec sleep 60; echo done" });
    const update = failureOf(stack.up(program, { signal: interruption.signal }));
    await expect.poll(() => existsSync(path.join(stack.folder, "pid")), { timeout: 60_000 }).toBe(true);
    interruption.abort();
    await update;
    expect(isAlive(Number(await written("pid")))).toBe(false);
    await writeFile(path.join(stack.folder, "go"), "");
    const run = await stack.up(program);
    expect(steps(run, TYPE)).toEqual(["create one"]);
    expect(run.outputs.stdout?.value).toBe("done");
  });

  it.skipIf(official)("lets the command clean up when the update is interrupted", async () => {
    const interruption = new AbortController();
    const update = failureOf(
      stack.up(
        command({ create: "trap 'echo undone > undo; exit 1' TERM; echo $$ > pid; sleep 60 & wait" }),
        {
          signal: interruption.signal,
        },
      ),
    );
    await expect.poll(() => existsSync(path.join(stack.folder, "pid")), { timeout: 60_000 }).toBe(true);
    interruption.abort();
    await update;
    await expect.poll(async () => isAlive(Number(await written("pid"))), { timeout: 60_000 }).toBe(false);
    expect(await written("undo")).toBe("undone\n");
  });
});

/** Whether a process runs; one that ended and was not waited for does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("input checks", () => {
  it.skipIf(official)("refuses what it does not know or support, by name", async () => {
    const wrong = {
      create: 5,
      environment: { A: ["x"] },
      assetPaths: ["*"],
      creat: "x",
    } as unknown as local.CommandArgs;
    const error = await failureOf(stack.up(command(wrong)));
    // The SDK passes on only what it knows: the misspelt name is gone before the plugin sees it.
    for (const property of ["create", "environment.A", "assetPaths"]) expect(error).toContain(property);
  });
});

describe("run", () => {
  it("runs in previews and updates, and mirrors its arguments", async () => {
    const program = async () => {
      const result = await local.run({ command: "echo call >> log; echo $A", environment: { A: "x" } });
      return { stdout: result.stdout, command: result.command };
    };
    await stack.preview(program);
    const run = await stack.up(program);
    expect(run.outputs.stdout?.value).toBe("x");
    expect(run.outputs.command?.value).toBe("echo call >> log; echo $A");
    expect((await written("log")).split("\n").length).toBeGreaterThan(2);
  });

  it("fails the program when the command fails", async () => {
    const error = await failureOf(stack.up(() => local.run({ command: "echo because; exit 4" })));
    expect(error).toContain('exit status 4: running "echo because; exit 4":');
    expect(error).toContain("because");
  });
});

import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { verb as managementKubeconfigVerb } from "../../../lifecycle/managementKubeconfig/verb";
import { createContext } from "../../../lifecycle/shared/context";
import { LifecycleFailure } from "../../../lifecycle/shared/failure";
import { parseInput, parseLimit, readVariables } from "../../../lifecycle/shared/input";
import { KubeApiError } from "../../../lifecycle/shared/kube/client";
import { parseKubeconfig } from "../../../lifecycle/shared/kube/kubeconfig";
import {
  managementKubeconfigPath,
  readManagementKubeconfig,
  readPivotMarker,
  switchToTarget,
  writeManagementKubeconfig,
} from "../../../lifecycle/shared/managementKubeconfig";
import { endOrphans, withTemporaryFolder, writePrivateFile } from "../../../lifecycle/shared/stateFolder";
import { runTool } from "../../../lifecycle/shared/tools";
import { waitFor } from "../../../lifecycle/shared/waitFor";
import { answersAfterAll } from "../../../lifecycle/providersInit/webhooks";

function contextWith(limitSeconds: number, signal = new AbortController().signal) {
  const lines: string[] = [];
  const context = createContext({ verb: "test", signal, limitSeconds, sink: (line) => lines.push(line) });
  return { context, lines };
}

async function failureOf(promise: Promise<unknown>): Promise<LifecycleFailure> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LifecycleFailure);
  return error as LifecycleFailure;
}

describe("waitFor", () => {
  it("returns what was waited for, and says every new state once", async () => {
    const { context, lines } = contextWith(10);
    const states = ["a", "a", "b"];
    const value = await waitFor(context, {
      what: "it",
      intervalSeconds: 0.01,
      poll: () => {
        const state = states.shift();
        return Promise.resolve(state === undefined ? { done: true, value: 7 } : { done: false, state });
      },
    });
    expect(value).toBe(7);
    expect(lines.map((line) => line.split(": ").at(-1))).toEqual(["a", "b"]);
  });

  it("gives up with a diagnosis where there is one, and with the last state where it fails", async () => {
    const { context } = contextWith(10);
    const wait = (diagnose: () => Promise<LifecycleFailure | undefined>) =>
      failureOf(
        waitFor(context, {
          what: "the moon",
          limitSeconds: 0.02,
          intervalSeconds: 0.01,
          poll: () => Promise.resolve({ done: false, state: "below" }),
          evidence: () => Promise.resolve(["clouds"]),
          remedy: "wait",
          diagnose,
        }),
      );
    const found = new LifecycleFailure("the moon is new", { evidence: ["calendar"] });
    expect(await wait(() => Promise.resolve(found))).toMatchObject({
      message: "the moon is new",
      evidence: ["calendar", "clouds"],
      remedy: "wait",
    });
    expect((await wait(() => Promise.resolve(undefined))).message).toContain("gave up waiting for the moon");
    const broken = await wait(() => Promise.reject(new Error("no calendar")));
    expect(broken.message).toContain("last state: below");
    expect(broken.evidence.at(-1)).toContain("no calendar");
  });

  it("gives up with the last state, the evidence and the remedy", async () => {
    const { context } = contextWith(10);
    const failure = await failureOf(
      waitFor(context, {
        what: "the moon",
        limitSeconds: 0.05,
        intervalSeconds: 0.01,
        poll: () => Promise.resolve({ done: false, state: "dark" }),
        evidence: () => Promise.resolve(["a cloud"]),
        remedy: "wait for the wind",
      }),
    );
    expect(failure.message).toMatch(/gave up waiting for the moon after 0 s; last state: dark/);
    expect(failure.evidence).toEqual(["a cloud"]);
    expect(failure.remedy).toBe("wait for the wind");
  });

  it("never waits longer than the program may run", async () => {
    const { context } = contextWith(0.05);
    const failure = await failureOf(
      waitFor(context, {
        what: "x",
        limitSeconds: 3600,
        intervalSeconds: 0.01,
        poll: () => Promise.reject(new Error("boom")),
      }),
    );
    expect(failure.message).toContain("cannot be read: boom");
  });

  it("ends at once on a failure, and on a stop", async () => {
    const { context } = contextWith(10);
    const failure = await failureOf(
      waitFor(context, { what: "x", poll: () => Promise.reject(new LifecycleFailure("no use")) }),
    );
    expect(failure.message).toBe("no use");
    const stop = new AbortController();
    const stopped = waitFor(contextWith(10, stop.signal).context, {
      what: "x",
      intervalSeconds: 5,
      poll: () => Promise.resolve({ done: false, state: "s" }),
    });
    stop.abort(new Error("stopped by test"));
    await expect(stopped).rejects.toThrow();
  });

  it("still reports when the evidence cannot be collected", async () => {
    const { context } = contextWith(10);
    const failure = await failureOf(
      waitFor(context, {
        what: "x",
        limitSeconds: 0.01,
        intervalSeconds: 0.01,
        poll: () => Promise.resolve({ done: false, state: "s" }),
        evidence: () => Promise.reject(new Error("unreachable")),
      }),
    );
    expect(failure.evidence).toEqual(["evidence could not be collected: unreachable"]);
  });
});

describe("runTool", () => {
  it("hands over input, keeps this program's secrets from the tool, and reports failures with the output", async () => {
    process.env.SOURCE_KUBECONFIG = "secret";
    const { context } = contextWith(20);
    const lines: string[] = [];
    const { stdout } = await runTool(context, "sh", ["-c", 'cat; echo "[$SOURCE_KUBECONFIG]"'], {
      input: "hello\n",
      onLine: (line) => lines.push(line),
    });
    delete process.env.SOURCE_KUBECONFIG;
    expect(stdout).toBe("hello\n[]");
    expect(lines).toEqual(["hello", "[]"]);
    const failure = await failureOf(runTool(context, "sh", ["-c", "echo why >&2; exit 3"]));
    expect(failure.message).toContain("exit code 3");
    expect(failure.evidence).toEqual(["why"]);
  });

  it("names a tool that is not installed, and stops one that takes too long", async () => {
    const { context } = contextWith(20);
    expect((await failureOf(runTool(context, "no-such-tool", []))).message).toBe(
      "no-such-tool is not installed",
    );
    expect((await failureOf(runTool(context, "sleep", ["30"], { limitSeconds: 0.2 }))).message).toMatch(
      /did not end within/,
    );
  });
});

describe("input", () => {
  it("reports every finding with its path", () => {
    const schema = z.strictObject({ a: z.number(), b: z.object({ c: z.string() }) });
    try {
      parseInput(schema, JSON.stringify({ a: "x", b: {}, d: 1 }));
      expect.unreachable();
    } catch (error) {
      const { evidence } = error as LifecycleFailure;
      expect(evidence.map((line) => line.split(":")[0])).toEqual(["a", "b.c", "(input)"]);
    }
  });
  it("takes the limit in seconds", () => {
    expect(parseLimit("90")).toBe(90);
    expect(parseLimit(undefined)).toBe(1800);
    expect(() => parseLimit("soon")).toThrow(LifecycleFailure);
  });
});

describe("variables", () => {
  const fail = () => {
    throw new Error("standard input must not be read");
  };

  it("are those of the environment", () => expect(readVariables({ A: "a" }, fail)).toEqual({ A: "a" }));

  it("are those on standard input, too, where the environment says so", () => {
    const env = { LIFECYCLE_STDIN: "variables", A: "a" };
    expect(readVariables(env, () => '{"B":"b"}')).toEqual({ ...env, B: "b" });
    expect(env).not.toHaveProperty("B");
  });

  it("are not shown when they cannot be read", () => {
    for (const text of ['{"B":"hidden', '["hidden"]', '{"B":{"c":"hidden"}}']) {
      expect(() => readVariables({ LIFECYCLE_STDIN: "variables" }, () => text)).toThrow(
        /^standard input is not a JSON object of variables$/,
      );
    }
  });

  it("of any size reach a program on its standard input", async () => {
    const child = spawn("node", ["--import", "tsx", "lifecycle/main.ts", "ironic-credentials"], {
      env: { ...process.env, LIFECYCLE_STDIN: "variables" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const LIFECYCLE_INPUT = JSON.stringify({ ironicIP: "10.0.0.2", generation: 1 });
    child.stdin.end(JSON.stringify({ LIFECYCLE_INPUT, LARGE: "x".repeat(1_000_000) }));
    let output = "";
    child.stdout.on("data", (data) => (output += String(data)));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ caCertificate: expect.stringContaining("BEGIN") as string });
  }, 60_000);
});

describe("parseKubeconfig", () => {
  const kubeconfig = JSON.stringify({
    "current-context": "b",
    clusters: [
      { name: "a", cluster: { server: "https://a" } },
      {
        name: "b",
        cluster: {
          server: "https://b:6443/",
          "certificate-authority-data": Buffer.from("CA").toString("base64"),
        },
      },
    ],
    users: [{ name: "u", user: { "client-key-data": Buffer.from("KEY").toString("base64"), token: "t" } }],
    contexts: [{ name: "b", context: { cluster: "b", user: "u" } }],
  });
  it("reads the current context", () => {
    expect(parseKubeconfig(kubeconfig)).toMatchObject({
      server: "https://b:6443",
      ca: "CA",
      key: "KEY",
      token: "t",
      insecure: false,
    });
  });
  it("does not show the content of one that it cannot read", () => {
    expect(() => parseKubeconfig("clusters: secret-thing")).toThrow(/^the kubeconfig cannot be read$/);
  });
});

describe("answersAfterAll", () => {
  const status = (code: number, reason: string, message: string) => new KubeApiError(code, reason, message);
  it.each([
    [status(403, "Forbidden", 'admission webhook "x" denied the request: no'), true],
    [status(422, "Invalid", "spec.x: Invalid value"), true],
    [status(409, "AlreadyExists", "exists"), true],
    [status(500, "InternalError", 'failed calling webhook "x": connection refused'), false],
    [status(403, "Forbidden", "user may not create"), false],
    [status(404, "NotFound", "no such type"), false],
    [new Error("socket hang up"), false],
  ])("%s", (error, expected) => {
    expect(answersAfterAll(error)).toBe(expected);
  });
});

describe("files of a stack", () => {
  const before = process.cwd();
  let folder: string;
  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "state-"));
    process.chdir(folder);
  });
  afterEach(async () => {
    process.chdir(before);
    await fs.rm(folder, { recursive: true });
  });

  it("keeps the management kubeconfig from others, and switches it with a mark", async () => {
    await writeManagementKubeconfig("dev", "one");
    const mode = async (file: string) => (await fs.stat(file)).mode & 0o777;
    expect(await mode(managementKubeconfigPath("dev"))).toBe(0o600);
    expect(await mode(path.join(".state", "dev"))).toBe(0o700);
    expect(await readPivotMarker("dev")).toBeUndefined();
    await switchToTarget("dev", "two", { clusterName: "lab", pivotedAt: "now" });
    expect(await readManagementKubeconfig("dev")).toBe("two");
    expect(await readPivotMarker("dev")).toEqual({ clusterName: "lab", pivotedAt: "now" });
  });

  it("keeps what a pivot has switched, but not the pivot of an earlier life of the stack", async () => {
    const kubeconfig = JSON.stringify({
      clusters: [{ name: "a", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "a", user: { token: "t" } }],
      contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    });
    const run = (previousResult?: string) =>
      managementKubeconfigVerb.run(
        { stack: "dev" },
        createContext({
          verb: "management-kubeconfig",
          signal: new AbortController().signal,
          limitSeconds: 30,
          secrets: { KUBECONFIG_CONTENT: "initial" },
          previousResult,
          sink: () => undefined,
        }),
      );
    expect(await run()).toMatchObject({ pointsTo: "initial" });
    await switchToTarget("dev", kubeconfig, { clusterName: "lab", pivotedAt: "now" });
    expect(await run("{}")).toMatchObject({ pointsTo: "target" });
    expect(await readManagementKubeconfig("dev")).toBe(kubeconfig);
    // A new life: nothing was there before, and the marked target does not answer.
    expect(await run()).toMatchObject({ pointsTo: "initial" });
    expect(await readManagementKubeconfig("dev")).toBe("initial");
    expect(await readPivotMarker("dev")).toBeUndefined();
  }, 20_000);

  it("replaces a file without a trace of the way", async () => {
    await writePrivateFile("x", "one");
    await writePrivateFile("x", "two");
    expect(await fs.readdir(".")).toEqual(["x"]);
  });

  it("ends the tools that a killed program has left running", async () => {
    const orphan = path.resolve(".state", "dev", "tmp", "run-999999999-abc");
    await fs.mkdir(orphan, { recursive: true });
    const tool = spawn("sh", ["-c", "while :; do sleep 0.1; done", path.join(orphan, "kubeconfig")]);
    const ended = new Promise((resolve) => tool.once("exit", (_code, signal) => resolve(signal)));
    await endOrphans("dev");
    expect(await ended).toBe("SIGTERM");
    await expect(fs.access(orphan)).rejects.toThrow();
  });

  it("removes temporary folders, also those of programs that were killed", async () => {
    const orphan = path.join(".state", "dev", "tmp", "run-999999999-abc");
    await fs.mkdir(orphan, { recursive: true });
    let seen = "";
    await expect(
      withTemporaryFolder("dev", async (temporary) => {
        seen = temporary;
        await fs.writeFile(path.join(temporary, "kubeconfig"), "x");
        throw new Error("failed");
      }),
    ).rejects.toThrow("failed");
    await expect(fs.access(seen)).rejects.toThrow();
    await expect(fs.access(path.join(".state", "dev", "tmp"))).rejects.toThrow();
  });
});

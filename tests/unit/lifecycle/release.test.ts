import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verb as managementKubeconfigVerb } from "../../../lifecycle/managementKubeconfig/verb";
import { forgetRelease, isReleased, noteLastSeen, noteReleased } from "../../../lifecycle/retire/journal";
import { assessWipe } from "../../../lifecycle/retire/wipe";
import { runAlone } from "../../../lifecycle/shared/alone";
import { createContext } from "../../../lifecycle/shared/context";
import type { IronicNode } from "../../../lifecycle/shared/ironicNodes";
import {
  forgetManagement,
  readPivotMarker,
  readRememberedTarget,
  switchToTarget,
  writeManagementKubeconfig,
} from "../../../lifecycle/shared/managementKubeconfig";
import { endOrphansIn } from "../../../lifecycle/shared/orphans";
import { watchParent } from "../../../lifecycle/shared/parent";
import { verb as rememberTargetVerb } from "../../../lifecycle/targetKubeconfig/rememberVerb";

function contextWith(previousResult?: string, secrets: Record<string, string> = {}) {
  const lines: string[] = [];
  const context = createContext({
    verb: "test",
    signal: new AbortController().signal,
    limitSeconds: 60,
    secrets,
    previousResult,
    sink: (line) => lines.push(line),
  });
  return { context, lines };
}

const before = process.cwd();
let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "release-"));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(before);
  await fs.rm(folder, { recursive: true });
});

describe("wiping hosts that were registered anew", () => {
  const node = (host: string, state: string, error?: string): IronicNode => ({
    uuid: `uuid-${host}`,
    name: `metal3~${host}`,
    provision_state: state,
    maintenance: false,
    last_error: error,
  });
  const hosts = ["h0", "h1"];

  it("asks those for it that were only inspected", () => {
    const { start, missing, failed } = assessWipe(
      [node("h0", "manageable"), node("h1", "clean wait")],
      "metal3",
      hosts,
    );
    expect(start.map(({ uuid }) => uuid)).toEqual(["uuid-h0"]);
    expect(missing).toEqual(["h0 manageable", "h1 clean wait"]);
    expect(failed).toEqual([]);
  });
  it("is done when all of them are available, and minds no other node", () => {
    const nodes = [node("h0", "available"), node("h1", "available"), node("other", "manageable")];
    expect(assessWipe(nodes, "metal3", hosts)).toEqual({ start: [], missing: [], failed: [] });
  });
  it("waits for a host that is not there", () => {
    expect(assessWipe([node("h0", "available")], "metal3", hosts).missing).toEqual(["h1 is not registered"]);
  });
  it("names a host whose disk could not be wiped, with Ironic's reason", () => {
    const { failed } = assessWipe(
      [node("h0", "available"), node("h1", "clean failed", "no disk")],
      "metal3",
      hosts,
    );
    expect(failed).toEqual(["h1: no disk"]);
  });
});

describe("the notes of a release", () => {
  const view = { name: "h0", state: "deleting", operationalStatus: "", errorCount: 0, poweredOn: false };

  it("tell that every host was released, until it is reported", async () => {
    await noteLastSeen("dev", new Map([["h0", { ...view, deleting: true }]]));
    expect(await isReleased("dev")).toBe(false);
    await noteReleased("dev");
    expect(await isReleased("dev")).toBe(true);
    await forgetRelease("dev");
    expect(await isReleased("dev")).toBe(false);
    expect(await fs.readdir(path.join(".state", "dev"))).toEqual([]);
  });

  it("are forgotten in a new life of the stack: its hosts are not released", async () => {
    await noteReleased("dev");
    await switchToTarget("dev-release", "kubeconfig", { clusterName: "lab", pivotedAt: "now" });
    const { context } = contextWith(undefined, { KUBECONFIG_CONTENT: "initial" });
    await managementKubeconfigVerb.run({ stack: "dev" }, context);
    expect(await isReleased("dev")).toBe(false);
    expect(await readPivotMarker("dev-release")).toBeUndefined();
  });
});

describe("remember-target", () => {
  const input = {
    kubeconfigPath: ".state/dev/management.kubeconfig",
    namespace: "metal3",
    clusterName: "lab",
    endpoint: "https://172.22.0.10:6443",
    patience: { attempts: 2, seconds: 150 },
  };

  it("keeps the target's kubeconfig to the end of the release, also in a checkout that has no files of the stack", async () => {
    const { context } = contextWith(JSON.stringify({ kubeconfig: "the target's", endpoint: input.endpoint }));
    expect(await rememberTargetVerb.run(input, context)).toEqual({ remembered: true });
    expect(await readRememberedTarget("dev")).toBe("the target's");
    const { mode } = await fs.stat(path.join(".state", "dev", "target.kubeconfig"));
    expect(mode & 0o777).toBe(0o600);
    await writeManagementKubeconfig("dev", "management");
    await forgetManagement("dev");
    expect(await fs.readdir(path.join(".state", "dev"))).toEqual([]);
  });

  it("does without one that was never read", async () => {
    for (const result of [undefined, "{}", "nonsense"]) {
      expect(await rememberTargetVerb.run(input, contextWith(result).context)).toEqual({ remembered: false });
    }
    expect(await readRememberedTarget("dev")).toBeUndefined();
  });
});

describe("a program of which there may be one alone", () => {
  /** Another node process that runs it, until it is told to end. */
  async function startOther(ignoringTerm: boolean) {
    const modulePath = path.resolve(before, "lifecycle/shared/alone.ts");
    const program = `
      ${ignoringTerm ? 'process.on("SIGTERM", () => {});' : ""}
      const { runAlone } = require(${JSON.stringify(modulePath)});
      const context = { signal: new AbortController().signal, progress() {} };
      runAlone(context, "unit-alone", "retire", async () => {
        console.log("at work");
        await new Promise((resolve) => setInterval(() => {}, 1000));
      });`;
    const child = spawn(process.execPath, ["--import", "tsx", "--eval", program], {
      cwd: before,
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once("exit", (_code, signal) => resolve(signal)),
    );
    await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
    return { child, ended };
  }

  it("ends an earlier run that has lost its engine, and leaves no note", async () => {
    process.chdir(before);
    const pidFile = path.join(".state", "unit-alone", "retire.pid");
    try {
      const other = await startOther(false);
      const { context, lines } = contextWith();
      expect(await runAlone(context, "unit-alone", "retire", () => Promise.resolve(7))).toBe(7);
      expect(await other.ended).toBe("SIGTERM");
      expect(lines.join()).toContain(`process ${other.child.pid}`);
      await expect(fs.access(pidFile)).rejects.toThrow();
    } finally {
      await fs.rm(path.join(".state", "unit-alone"), { recursive: true, force: true });
      process.chdir(folder);
    }
  }, 60_000);

  it("does not touch a process that has the number of an earlier run by chance", async () => {
    await fs.mkdir(path.join(".state", "dev"), { recursive: true });
    const stranger = spawn("sleep", ["60"]);
    await fs.writeFile(path.join(".state", "dev", "retire.pid"), `${stranger.pid} 1`);
    await runAlone(contextWith().context, "dev", "retire", () => Promise.resolve());
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
    stranger.kill();
  });

  it("takes its note away when it fails", async () => {
    const run = runAlone(contextWith().context, "dev", "retire", () => Promise.reject(new Error("no")));
    await expect(run).rejects.toThrow("no");
    expect(await fs.readdir(path.join(".state", "dev"))).toEqual([]);
  });
});

describe("programs that outlive who started them", () => {
  it("are told when it is gone, once", async () => {
    let parent = 100;
    let calls = 0;
    const told = new Promise<void>((resolve) => {
      watchParent(
        () => {
          calls++;
          resolve();
        },
        () => parent,
      );
    });
    parent = 1;
    await told;
    expect(calls).toBe(1);
  });

  it("leave temporary folders that are known by their owner's number, and no others are touched", async () => {
    const names = [
      "pulumi-kind-999999999-a",
      `pulumi-kind-${process.pid}-b`,
      "pulumi-kind-x",
      "run-999999999-c",
    ];
    for (const name of names) await fs.mkdir(name);
    await endOrphansIn(folder, "pulumi-kind-");
    expect((await fs.readdir(".")).sort()).toEqual(names.slice(1).sort());
  });
});

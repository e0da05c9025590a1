/** The hand-over between two real API servers, on a real wire with real ARP, DHCP and TLS; only Ironic itself is not there. */
import { once } from "node:events";
import net from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ironicHandoverInput, type IronicHandoverResult } from "../../lifecycle/inputs/ironicHandover";
import type { IronicCredentialsResult } from "../../lifecycle/inputs/ironicCredentials";
import { verb } from "../../lifecycle/ironicHandover/verb";
import { findStrangers } from "../../lifecycle/ironicStage/wire";
import { createContext } from "../../lifecycle/shared/context";
import { LifecycleFailure } from "../../lifecycle/shared/failure";
import { ApiServer } from "../plugins/support/apiServer";
import { makeCredentials, Side } from "./sides";
import { mayMakeNetworks, Wire, wireAddresses } from "./wire";

const macs = {
  source: "02:00:00:00:00:01",
  target: "02:00:00:00:00:02",
  stranger: "02:00:00:00:00:99",
} as const;
const strangeDhcp = { server: wireAddresses.stranger, nextServer: "0.0.0.0", address: "198.51.100.200" };

let servers: ApiServer[] = [];
let wire: Wire;
let credentials: IronicCredentialsResult;
let source: Side;
let target: Side;

beforeAll(async () => {
  if (!mayMakeNetworks) return;
  [credentials, wire, ...servers] = await Promise.all([
    makeCredentials(),
    Wire.make(),
    ApiServer.start(),
    ApiServer.start(),
  ]);
  const open = (name: "source" | "target", server: ApiServer | undefined) =>
    Side.open(name, server?.kubeconfig ?? "", wire, credentials, { mac: macs[name] });
  [source, target] = await Promise.all([open("source", servers[0]), open("target", servers[1])]);
});

afterAll(async () => {
  if (!mayMakeNetworks) return;
  await Promise.all([source.close(), target.close()]);
  await Promise.all(servers.map((server) => server.stop()));
  await wire.remove();
});

/** The source's Ironic works, the target's is laid down. */
beforeEach(async () => {
  if (!mayMakeNetworks) return;
  for (const { behaviour } of [source, target]) {
    Object.assign(behaviour, { broken: false, keepsAddress: false, whenStopped: undefined });
  }
  await Promise.all([source.scale(0), target.scale(0)]);
  await Promise.all([source.settle(), target.settle()]);
  await wire.quiet();
  await source.scale(1);
  await source.settle();
});

interface Run {
  readonly done: Promise<IronicHandoverResult>;
  readonly lines: string[];
  readonly kill: () => void;
}

function begin(
  change: { startSeconds?: number; silenceSeconds?: number; previousResult?: string } = {},
): Run {
  const lines: string[] = [];
  const stop = new AbortController();
  const { previousResult, ...limits } = change;
  const context = createContext({
    verb: "ironic-handover",
    signal: stop.signal,
    limitSeconds: 120,
    previousResult,
    secrets: {
      SOURCE_KUBECONFIG: servers[0]?.kubeconfig ?? "",
      TARGET_KUBECONFIG: servers[1]?.kubeconfig ?? "",
      IRONIC_CREDENTIALS: JSON.stringify(credentials),
    },
    sink: (line) => lines.push(line),
  });
  const input = ironicHandoverInput.parse({
    stack: "handover-test",
    clusterName: "test",
    ironicIP: wireAddresses.endpoint,
    network: "test",
    startSeconds: 30,
    ...limits,
  });
  return { done: verb.run(input, context), lines, kill: () => stop.abort(new Error("stopped by SIGINT")) };
}

async function failure(run: Run): Promise<LifecycleFailure> {
  const error: unknown = await run.done.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, run.lines.join("\n")).toBeInstanceOf(LifecycleFailure);
  return error as LifecycleFailure;
}

const places = async () => ({ source: await source.replicas(), target: await target.replicas() });

describe.skipIf(!mayMakeNetworks)("the hand-over", () => {
  it("starts the target's Ironic when the source's is silent, and measures the gap", async () => {
    const run = begin();
    // Never two: whenever the target's is to run, the source's is not there.
    let over = false;
    void run.done.finally(() => (over = true)).catch(() => undefined);
    while (!over) {
      const targetIsToRun = (await target.replicas()) > 0;
      expect(targetIsToRun && source.works).toBe(false);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const result = await run.done;
    expect(result).toMatchObject({
      alreadyHandedOver: false,
      probes: { address: "silent", dhcp: "silent" },
    });
    expect(await places()).toEqual({ source: 0, target: 1 });
    const { gap } = result;
    expect(gap?.seconds).toBeGreaterThan(3);
    expect((gap?.stopping ?? 0) + (gap?.silence ?? 0) + (gap?.starting ?? 0)).toBeCloseTo(
      gap?.seconds ?? 0,
      0,
    );
    expect(run.lines.join("\n")).toContain(`the endpoint was without for ${gap?.seconds} s`);
    expect(run.lines.join("\n")).not.toContain("secret");

    const again = await begin({ previousResult: JSON.stringify(result) }).done;
    expect(again).toMatchObject({ alreadyHandedOver: true, gap });
    expect(await places()).toEqual({ source: 0, target: 1 });
  });

  it("puts the source's Ironic back when the target's does not come up, and hands over when it does", async () => {
    target.behaviour.broken = true;
    const { message, remedy } = await failure(begin({ startSeconds: 3 }));
    expect(message).toMatch(/gave up waiting for the target's Ironic at https:\/\/198\.51\.100\.2:6385/);
    expect(message).toContain("The source's Ironic was put back and answers; nothing was moved");
    expect(remedy).toContain("run again");
    expect(await places()).toEqual({ source: 1, target: 0 });
    expect(source.works).toBe(true);

    target.behaviour.broken = false;
    expect(await begin().done).toMatchObject({ alreadyHandedOver: false });
    expect(await places()).toEqual({ source: 0, target: 1 });
  });

  it("goes on after it was killed while nobody held the endpoint", async () => {
    const gone = new Promise<void>((resolve) => {
      source.behaviour.whenStopped = () => Promise.resolve(resolve());
    });
    const killed = begin();
    await gone;
    killed.kill();
    await expect(killed.done).rejects.toThrow(/stopped by SIGINT|aborted/);
    expect(await places()).toEqual({ source: 0, target: 0 });

    const result = await begin().done;
    expect(await places()).toEqual({ source: 0, target: 1 });
    // The gap began with the run that was killed.
    expect(result.gap?.stopping).toBeGreaterThan(0);
  });

  it("undoes what started the source's Ironic again beside the target's", async () => {
    await begin().done;
    await source.scale(1);
    await source.settle();
    const run = begin();
    await run.done;
    expect(run.lines.join("\n")).toContain("both clusters' Ironics run");
    expect(await places()).toEqual({ source: 0, target: 1 });
  });
});

describe.skipIf(!mayMakeNetworks)("a third party", () => {
  it("that offers addresses is named, by server and MAC address, and nothing is started", async () => {
    source.behaviour.whenStopped = () => wire.tell({ mac: macs.stranger, dhcp: strangeDhcp });
    const { message, evidence, remedy } = await failure(begin());
    expect(message).toContain("a third party answers on the provisioning network");
    expect(message).toContain(`DHCP server ${wireAddresses.stranger} offers 198.51.100.200`);
    expect(evidence).toContain(`DHCP server ${wireAddresses.stranger} has MAC address ${macs.stranger}`);
    expect(remedy).toMatch(/stop what answers there, and run again/);
    expect(await places()).toEqual({ source: 0, target: 0 });

    await wire.quiet();
    await begin().done;
    expect(await places()).toEqual({ source: 0, target: 1 });
  });

  it("that offers addresses is found before anything is stopped", async () => {
    const lines: string[] = [];
    const stage = () =>
      findStrangers(
        createContext({
          verb: "ironic-stage",
          signal: new AbortController().signal,
          limitSeconds: 60,
          sink: (line) => lines.push(line),
        }),
        { ironicIP: wireAddresses.endpoint, network: "test" },
        [source.client, target.client],
      );
    await stage();
    expect(lines.join("\n")).toContain(`DHCP servers on test: ${wireAddresses.node}`);
    await wire.tell({ dhcp: strangeDhcp });
    await expect(stage()).rejects.toThrow(`DHCP server ${wireAddresses.stranger} offers`);
  });

  it("that has taken the address is known by its MAC address", async () => {
    source.behaviour.whenStopped = async () => {
      const { tlsCertificate: cert, tlsKey: key } = credentials;
      await wire.tell({ mac: macs.stranger, holds: true, api: { cert, key, login: "another:one" } });
    };
    const { message } = await failure(begin());
    expect(message).toContain(
      `${wireAddresses.endpoint} is held by MAC address ${macs.stranger}, which is not the source's (${macs.source})`,
    );
    expect(await places()).toEqual({ source: 0, target: 0 });
  });

  it("is not what an address is that its keepalived left behind: that is waited for", async () => {
    source.behaviour.keepsAddress = true;
    const { message, remedy } = await failure(begin({ silenceSeconds: 5 }));
    expect(message).toMatch(/gave up waiting for silence at 198\.51\.100\.2/);
    expect(message).toContain(`${wireAddresses.endpoint} is still held by MAC address ${macs.source}`);
    expect(remedy).toContain("removed from that node's interface");
    expect(await places()).toEqual({ source: 0, target: 0 });
  });
});

describe.skipIf(!mayMakeNetworks)("the machine on the wire", () => {
  it("ends its API at once, also with a connection that is only being made", async () => {
    // Connected, and not a word of TLS said: a server waits two minutes for that.
    const silent = net.connect(6385, wireAddresses.endpoint).on("error", () => undefined);
    await once(silent, "connect");
    const closed = once(silent, "close");
    const before = Date.now();
    await wire.tell({ api: null });
    await closed;
    expect(Date.now() - before).toBeLessThan(60_000);
  });
});

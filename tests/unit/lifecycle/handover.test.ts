import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AddressState } from "../../../lifecycle/ironicHandover/addressWatch";
import { dhcpQuiet, type HeardOffer } from "../../../lifecycle/ironicHandover/dhcpWatch";
import { measureGap } from "../../../lifecycle/ironicHandover/gap";
import type { AddressAnswer } from "../../../lifecycle/ironicHandover/probes";
import { judgeSilence, strangeServers, type WireState } from "../../../lifecycle/ironicHandover/silence";
import {
  decideTurn,
  type IronicState,
  mayPutBack,
  type Sides,
  type Turn,
} from "../../../lifecycle/ironicHandover/turn";
import { emptyDeployment } from "../../../lifecycle/ironicStage/deployment";
import { missingImages, pullPod } from "../../../lifecycle/ironicStage/images";
import { types } from "../../../lifecycle/shared/kube/types";

const endpoint = "172.22.0.2";
const link = { name: "br0", address: "172.22.0.1", broadcast: "172.22.0.255" };
/** The source's pods were gone then, and 10 s later somebody looks. */
const [gone, now] = [100_000, 110_000];
const sourceMac = "02:00:00:00:00:01";
const known = { mac: sourceMac, servers: new Set(["172.22.0.20", endpoint]) };

const asked = Array.from({ length: 30 }, (_, index) => gone - 2_000 + index * 400);
const offer = (change: Partial<HeardOffer> = {}): HeardOffer => ({
  address: "172.22.0.101",
  server: "172.22.0.20",
  nextServer: endpoint,
  at: gone - 1_500,
  ...change,
});
const free: AddressState = { unheldSince: gone - 500, confirmedAt: gone + 100 };
const held = (kind: AddressAnswer["kind"], mac?: string): AddressState => ({
  round: {
    ports: new Map<number, AddressAnswer>([
      [6180, { kind: "nobody" }],
      [6385, { kind }],
    ]),
    mac,
    startedAt: gone + 100,
  },
});
const wire = (change: Partial<WireState> = {}): WireState => ({
  link,
  address: free,
  dhcp: { asked, heard: [] },
  ...change,
});
const judge = (change: Partial<WireState>, owners = known) =>
  judgeSilence(endpoint, wire(change), gone, now, owners);

describe("judgeSilence", () => {
  it("is convinced by an address that nobody holds, and by discovers without an offer", () => {
    expect(judge({})).toEqual({ silent: true, probes: { address: "silent", dhcp: "silent" } });
  });

  it("lets the source answer until its pods are gone", () => {
    expect(judge({ dhcp: { asked, heard: [offer()] } })).toMatchObject({ silent: true });
  });

  it("wants the wire quiet for longer than dnsmasq pings, and asks again after the pods are gone", () => {
    const silence = (at: number) => judgeSilence(endpoint, wire(), gone, at, known).silent;
    expect(silence(gone + 700)).toBe(false);
    expect(silence(gone + 1_700)).toBe(true);
    const unconfirmed = { ...free, confirmedAt: gone - 1 };
    expect(judge({ address: unconfirmed })).toMatchObject({ silent: false, strangers: [] });
    expect(judge({ dhcp: { asked: asked.filter((at) => at < gone), heard: [] } }).silent).toBe(false);
  });

  it.each([
    ["open", /172\.22\.0\.2:6385 accepts connections \(MAC address 02:00:00:00:00:01\)/],
    ["refused", /is still held by MAC address 02:00:00:00:00:01/],
    ["timeout", /may still be held/],
  ] as const)("hears a port that is %s after the pods are gone", (kind, expected) => {
    expect(judge({ address: held(kind, sourceMac) })).toEqual({
      silent: false,
      heard: [expect.stringMatching(expected)],
      strangers: [],
    });
  });

  it("hears an offer of a server of ours that comes too late, and waits for it to end", () => {
    expect(judge({ dhcp: { asked, heard: [offer({ at: now - 1_000 })] } })).toEqual({
      silent: false,
      heard: ["DHCP server 172.22.0.20 offers 172.22.0.101"],
      strangers: [],
    });
  });

  it("knows a third party by the MAC address that answers for the endpoint, before the pods are gone too", () => {
    const stranger = "02:00:00:00:00:99";
    const expected = expect.stringContaining(
      `${endpoint} is held by MAC address ${stranger}, which is not the source's (${sourceMac})`,
    ) as string;
    expect(judge({ address: held("open", stranger) })).toMatchObject({
      silent: false,
      strangers: [expected],
    });
    const { round } = held("refused", stranger);
    const early = { round: round && { ...round, startedAt: gone - 1_000 } };
    expect(judge({ address: early })).toMatchObject({ silent: false, strangers: [expected] });
  });

  it("knows a third party by its DHCP server identifier, whenever it was heard", () => {
    const heard = [offer(), offer({ server: "172.22.0.77", nextServer: "0.0.0.0", address: "172.22.0.9" })];
    expect(judge({ dhcp: { asked, heard } })).toMatchObject({
      silent: false,
      strangers: ["DHCP server 172.22.0.77 offers 172.22.0.9 and belongs to neither cluster"],
    });
  });

  it("accuses nobody where it does not know who may answer", () => {
    const heard = [offer({ server: "172.22.0.77", nextServer: "0.0.0.0", at: now - 1_000 })];
    expect(judgeSilence(endpoint, wire({ dhcp: { asked, heard } }), gone, now)).toMatchObject({
      silent: false,
      strangers: [],
    });
  });

  it("says which proof cannot be made", () => {
    const away = { link: undefined, dhcp: undefined, address: { round: held("timeout").round } };
    const farRound = away.address.round;
    const far = farRound && {
      ...farRound,
      ports: new Map<number, AddressAnswer>([[6385, { kind: "timeout" }]]),
    };
    expect(judge({ ...away, address: { round: far } })).toMatchObject({
      silent: true,
      probes: {
        address: expect.stringMatching(/^not possible/) as string,
        dhcp: expect.stringMatching(/^not possible/) as string,
      },
    });
    expect(judge({ dhcp: new Error("EACCES") })).toMatchObject({ probes: { dhcp: "not possible: EACCES" } });
  });
});

describe("strangeServers", () => {
  it("takes for ours who names the endpoint as its own or as the boot server, and the clusters' nodes", () => {
    const ours = [
      offer({ server: endpoint, nextServer: "0.0.0.0" }),
      offer({ server: "10.9.9.9", nextServer: endpoint }),
      offer({ server: "172.22.0.20", nextServer: "0.0.0.0" }),
    ];
    expect(strangeServers(endpoint, ours, known)).toEqual([]);
  });
  it("names each other server once", () => {
    const strange = offer({ server: "10.9.9.9", nextServer: "10.9.9.8" });
    expect(strangeServers(endpoint, [strange, strange], known)).toHaveLength(1);
  });
});

describe("dhcpQuiet", () => {
  it("counts from the first discover after the last offer", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { minLength: 1 }),
        fc.array(fc.integer({ min: 0, max: 10_000 })),
        fc.integer({ min: 0, max: 10_000 }),
        (times, offers, moment) => {
          const sent = [...times].sort((a, b) => a - b);
          const heard = [...offers].sort((a, b) => a - b).map((at) => offer({ at }));
          const { quietSeconds, unansweredSeconds } = dhcpQuiet(sent, heard, moment, 10_000);
          const last = heard.at(-1)?.at ?? -1;
          expect(quietSeconds).toBeLessThanOrEqual(Math.max(0, (10_000 - last) / 1000));
          expect(unansweredSeconds).toBeLessThanOrEqual(quietSeconds);
          expect(unansweredSeconds).toBeLessThanOrEqual((10_000 - moment) / 1000);
        },
      ),
    );
  });
});

const sides = fc.record<Sides>({
  source: fc.constantFrom<IronicState>("runs", "stopped", "absent", "unreachable"),
  target: fc.constantFrom<Sides["target"]>("runs", "stopped", "absent"),
  moving: fc.boolean(),
  moved: fc.boolean(),
});

/** Who works after what a turn begins with has been done, and before the target's is started. */
function afterStops(turn: Turn, { source, target }: Sides): { source: boolean; target: boolean } {
  const stopsSource = ["hand-over", "start", "stop-both", "stop-source"].includes(turn);
  const stopsTarget = turn === "stop-both";
  return { source: source === "runs" && !stopsSource, target: target === "runs" && !stopsTarget };
}

describe("decideTurn", () => {
  it("never leaves two Ironics, and starts the target's only when none works", () => {
    fc.assert(
      fc.property(sides, (found) => {
        const turn = decideTurn(found);
        if (turn === "source-unknown" || turn === "target-absent") return;
        const left = afterStops(turn, found);
        expect(left.source).toBe(false);
        const starts = turn === "hand-over" || turn === "start" || turn === "stop-both";
        expect(starts).toBe(!left.target);
      }),
    );
  });

  it("does not start the target's beside a source that cannot be asked, unless the move is verified", () => {
    const lost = { source: "unreachable", target: "stopped", moving: true } as const;
    expect(decideTurn({ ...lost, moved: false })).toBe("source-unknown");
    expect(decideTurn({ ...lost, moved: true })).toBe("start");
  });

  it("goes on from every place where a run can be killed", () => {
    const before = { moving: false, moved: false };
    expect(decideTurn({ ...before, source: "runs", target: "stopped" })).toBe("hand-over");
    expect(decideTurn({ ...before, source: "stopped", target: "stopped" })).toBe("start");
    expect(decideTurn({ ...before, source: "stopped", target: "runs" })).toBe("await");
    expect(decideTurn({ ...before, source: "runs", target: "runs" })).toBe("stop-both");
    expect(decideTurn({ moving: true, moved: false, source: "runs", target: "runs" })).toBe("stop-source");
  });
});

describe("mayPutBack", () => {
  it("is for a source that can be asked, before anything moves", () => {
    fc.assert(
      fc.property(sides, (found) => {
        expect(mayPutBack(found)).toBe(!found.moving && ["runs", "stopped"].includes(found.source));
      }),
    );
  });
});

describe("measureGap", () => {
  it("is from the source's last answer to the target's first, in parts that add up", () => {
    const lostAt = Date.UTC(2026, 0, 1);
    expect(
      measureGap({ lostAt, goneAt: lostAt + 3_400, silentAt: lostAt + 4_600, answeredAt: lostAt + 13_240 }),
    ).toEqual({
      seconds: 13.2,
      stopping: 3.4,
      silence: 1.2,
      starting: 8.6,
      from: "2026-01-01T00:00:00.000Z",
      until: "2026-01-01T00:00:13.240Z",
    });
  });
  it("is not told when its beginning is not known", () => {
    expect(measureGap({ lostAt: undefined, goneAt: 1, silentAt: 2, answeredAt: 3 })).toBeUndefined();
  });
});

describe("the stage", () => {
  const node = {
    metadata: { name: "node-1" },
    status: { images: [{ names: ["quay.io/a@sha256:00", "quay.io/a:1"] }, { names: ["quay.io/b:2"] }, {}] },
  };
  it("pulls what a node does not report, once each", () => {
    expect(missingImages(node, ["quay.io/a:1", "quay.io/b:2"])).toEqual([]);
    expect(missingImages(node, ["quay.io/a:2", "quay.io/b:2", "quay.io/a:2"])).toEqual(["quay.io/a:2"]);
    expect(missingImages({ metadata: { name: "new" } }, ["quay.io/a:1"])).toBeUndefined();
    expect(
      missingImages({ metadata: { name: "new" }, status: { images: [] } }, ["quay.io/a:1"]),
    ).toBeUndefined();
  });
  it("pulls with a pod that ends, on that node, and that nobody takes for an Ironic", () => {
    const { spec, metadata } = pullPod("ns", "node-1", ["quay.io/a:2", "quay.io/c:1"]);
    expect(spec).toMatchObject({ nodeName: "node-1", restartPolicy: "Never" });
    const containers = spec?.["containers"] as { name: string; image: string }[];
    expect(containers.map(({ image }) => image)).toEqual(["quay.io/a:2", "quay.io/c:1"]);
    expect(containers.map(({ name }) => name)).not.toContain("ironic");
    expect(metadata.labels).not.toHaveProperty("name");
  });
  it("lays down a Deployment that starts nothing and replaces its pod", () => {
    const ref = { ...types.deployment, namespace: "ns", name: "ironic" };
    expect(emptyDeployment(ref, { name: "ironic" }, "quay.io/a:1")["spec"]).toMatchObject({
      replicas: 0,
      strategy: { type: "Recreate" },
      selector: { matchLabels: { name: "ironic" } },
    });
  });
});

import { describe, expect, it } from "vitest";
import type { Growth, GrowthOperation } from "../../../bench/growth/growth";
import { bmcCredentials, inventory, inventoryValues, machinesOf } from "../../../bench/growth/inventory";
import { growthTable, miscounts } from "../../../bench/growth/table";
import { devStackValues } from "../../../bench/stack";
import { checkClusterConfig } from "../../../config/parse";

/** Configuration of the program as it parses it. */
function parsed(hosts: number, revision?: string) {
  const files = { hosts: "/hosts.json", bmcCredentials: "/bmc.json" };
  const raw = Object.fromEntries(
    Object.entries(inventoryValues(devStackValues(), hosts, files))
      .map(([key, value]) => [key.replace("metal3:", ""), value] as const)
      .filter(([key]) => !key.endsWith("File")),
  );
  return checkClusterConfig(
    { ...raw, hosts: inventory(hosts, revision) },
    { hostsWithCredentials: new Set(Object.keys(bmcCredentials(hosts))) },
  );
}

describe("an inventory of the benchmark", () => {
  it.each([3, 10, 100, 1000])("of %i hosts is a configuration that the program takes", (hosts) => {
    const { config, problems } = parsed(hosts);
    expect(problems).toEqual([]);
    expect(config?.hosts).toHaveLength(hosts);
    const { controlPlane, workers } = machinesOf(hosts);
    expect(config?.workerPools.map(({ replicas }) => replicas)).toEqual([workers]);
    expect(controlPlane + workers).toBeLessThanOrEqual(hosts);
  });

  it("differs in one host after the change", () => {
    const [before, after] = [parsed(10).config?.hosts, parsed(10, "second").config?.hosts];
    expect(before?.slice(0, 9)).toEqual(after?.slice(0, 9));
    expect(before?.[9]).not.toEqual(after?.[9]);
  });
});

const operation = (seconds: number, proxied: number, total = proxied): GrowthOperation => ({
  seconds,
  peakMemory: 3 * 1024 ** 2,
  memoryParts: {},
  requests: { total, byRole: {}, byMethod: {}, byServer: {} },
  proxied,
});
const growth = (hosts: number, counted: number): Growth => ({
  hosts,
  resources: 2 * hosts,
  stateSize: 1024 ** 2,
  bringUp: operation(9, 0, 77),
  preview: operation(1.25, 5),
  refresh: operation(2, 6, counted),
  change: operation(3, 7),
});

describe("growthTable", () => {
  it("has a column for each number of hosts", () => {
    const lines = growthTable([growth(10, 6), growth(100, 6)]).split("\n");
    expect(lines[0]).toMatch(/\| 10 hosts \| 100 hosts \|$/);
    expect(lines.find((line) => line.includes("second preview, s"))).toMatch(/1\.3 \| +1\.3 \|$/);
    expect(lines.find((line) => line.includes("refresh, API requests"))).toMatch(/ 6 \| +6 \|$/);
    expect(lines.find((line) => line.includes("first `up`, API requests"))).toMatch(/ 77 \| +77 \|$/);
  });
});

describe("miscounts", () => {
  it("is empty when both counts agree", () => expect(miscounts([growth(10, 6)])).toEqual([]));
  it("names where they do not", () =>
    expect(miscounts([growth(10, 4)])).toEqual(["10 hosts, refresh: 4 counted, 6 seen by the proxy"]));
});

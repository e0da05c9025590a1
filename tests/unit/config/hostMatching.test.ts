import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  findShortage,
  type HostDemand,
  hostsForFirst,
  type HostSupply,
  matches,
} from "../../../config/hostMatching";

const labels = fc.dictionary(fc.constantFrom("rack", "gpu"), fc.constantFrom("a", "b"));
const demands = fc.array(fc.record({ name: fc.string(), replicas: fc.nat(3), selector: labels }), {
  maxLength: 3,
});
const hosts = fc.array(fc.record({ name: fc.string(), labels }), { maxLength: 5 });

/** The same question by trying every assignment. */
function canServe(units: readonly HostDemand[], free: readonly HostSupply[]): boolean {
  const [unit, ...rest] = units;
  if (!unit) return true;
  return free.some(
    (host, index) =>
      matches(unit.selector, host) &&
      canServe(
        rest,
        free.filter((_, other) => other !== index),
      ),
  );
}

describe("matching of machines to hosts", () => {
  it("finds a shortage just when no assignment exists", () => {
    fc.assert(
      fc.property(demands, hosts, (asked, given) => {
        const units = asked.flatMap((demand) => Array.from({ length: demand.replicas }, () => demand));
        expect(findShortage(asked, given) === undefined).toBe(canServe(units, given));
      }),
      { numRuns: 500 },
    );
  });

  it("serves thousands of machines, also when one group's hosts are taken by another", () => {
    const many = Array.from({ length: 6000 }, (_, index): HostSupply => ({
      name: `host-${index}`,
      labels: index < 3000 ? { gpu: "a" } : {},
    }));
    const anywhere = { name: "workers", replicas: 3000, selector: {} };
    const picky = { name: "gpu", replicas: 3000, selector: { gpu: "a" } };
    expect(findShortage([anywhere, picky], many)).toBeUndefined();
    expect(findShortage([anywhere, { ...picky, replicas: 3001 }], many)?.demands).toHaveLength(1);
  });

  it("names groups that want more than all the hosts that any of them may take", () => {
    fc.assert(
      fc.property(demands, hosts, (asked, given) => {
        const shortage = findShortage(asked, given);
        if (!shortage) return;
        const eligible = given.filter((host) =>
          shortage.demands.some((demand) => matches(demand.selector, host)),
        );
        const wanted = shortage.demands.reduce((sum, { replicas }) => sum + replicas, 0);
        expect(shortage.hosts).toEqual(eligible);
        expect(wanted).toBeGreaterThan(eligible.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe("hostsForFirst", () => {
  const hosts: HostSupply[] = [
    { name: "a", labels: {} },
    { name: "b", labels: { role: "control-plane" } },
    { name: "c", labels: { role: "control-plane" } },
  ];
  it("takes as many as are needed of those that fit, and keeps the order", () => {
    expect(hostsForFirst({ replicas: 1, selector: { role: "control-plane" } }, hosts)).toEqual({
      first: [hosts[1]],
      others: [hosts[0], hosts[2]],
    });
    expect(hostsForFirst({ replicas: 3, selector: {} }, hosts)).toEqual({ first: hosts, others: [] });
  });
});

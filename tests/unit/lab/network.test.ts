import { describe, expect, test } from "vitest";
import { networkInUse, overlapping } from "../../../lab/control/network";

describe("networks that overlap the rack's", () => {
  const subnet = "172.22.0.0/24";
  const found = (other: string): boolean => overlapping(subnet, [{ owner: "x", subnet: other }]).length === 1;

  test.each(["172.22.0.0/24", "172.22.0.128/25", "172.22.0.7/32", "172.16.0.0/12", "172.22.0.0/16"])(
    "%s does",
    (other) => expect(found(other)).toBe(true),
  );

  test.each(["172.22.1.0/24", "172.17.0.0/16", "10.0.0.0/8", "fd00::/64"])("%s does not", (other) =>
    expect(found(other)).toBe(false),
  );

  test("a default route does not", () => expect(found("0.0.0.0/0")).toBe(false));
});

describe("a network that is in use", () => {
  test("names the kind cluster once, and how it is taken away", () => {
    const message = networkInUse("rack", [
      { container: "b-control-plane", kindCluster: "b" },
      { container: "b-worker", kindCluster: "b" },
    ]);
    expect(message).toContain("rack is in use by b-control-plane, b-worker;");
    expect(message.match(/kind delete cluster --name b"/g)).toHaveLength(1);
  });

  test("names a container that is no node, and how it is taken off", () =>
    expect(networkInUse("rack", [{ container: "stray" }])).toContain(
      '"docker network disconnect --force rack stray", then run this again',
    ));
});

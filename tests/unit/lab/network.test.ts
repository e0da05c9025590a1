import { describe, expect, test } from "vitest";
import { overlapping } from "../../../lab/control/network";

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

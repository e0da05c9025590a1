import { describe, expect, it } from "vitest";
import { compareVersions, parseVersion } from "../../../config/versions";

describe("compareVersions", () => {
  it.each([
    ["v1.34.4", "v1.34.4", 0],
    ["v1.34.3", "v1.34.4", -1],
    ["v1.34.10", "v1.34.9", 1],
    ["v1.35.0", "v1.34.9", 1],
    ["v2.0.0", "v1.99.0", 1],
    ["v1.34.0-rc.1", "v1.34.0", -1],
    ["v1.34.0-rc.10", "v1.34.0-rc.9", 1],
  ])("of %s and %s", (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
    expect(Math.sign(compareVersions(b, a))).toBe(-sign || 0);
  });
});

describe("parseVersion", () => {
  it("takes versions apart, and nothing else", () => {
    expect(parseVersion("v1.34.4-rc.1")).toEqual({ major: 1, minor: 34, patch: 4, suffix: "rc.1" });
    expect(parseVersion("1.34.4")).toBeUndefined();
    expect(parseVersion(undefined)).toBeUndefined();
  });
});

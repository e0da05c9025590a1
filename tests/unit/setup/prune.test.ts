import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pruneCache } from "../../../lab/setup/prune";

const day = 24 * 3600 * 1000;
const now = Date.now();
let scratch: string;
let cache: string;
const cacheHome = process.env["XDG_CACHE_HOME"];

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "prune-test-"));
  process.env["XDG_CACHE_HOME"] = scratch;
  cache = join(scratch, "metal3-cluster");
  mkdirSync(join(cache, "checkouts"), { recursive: true });
});

afterEach(() => {
  if (cacheHome === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = cacheHome;
  rmSync(scratch, { recursive: true, force: true });
});

function artifactOfAge(path: string, days: number): void {
  mkdirSync(join(cache, path), { recursive: true });
  const time = new Date(now - days * day);
  utimesSync(join(cache, path), time, time);
}

function checkout(name: string, uses: Record<string, string>): void {
  const used = join(scratch, name, "used");
  mkdirSync(used, { recursive: true });
  for (const [artifact, key] of Object.entries(uses)) writeFileSync(join(used, artifact), `${key}\n`);
  writeFileSync(join(cache, "checkouts", name), `${join(scratch, name)}\n`);
}

describe("pruneCache", () => {
  it("keeps what a checkout uses, however old, and what is young", () => {
    checkout("clone", { tool: "used" });
    artifactOfAge("tool/used", 100);
    artifactOfAge("tool/young", 0.5);
    artifactOfAge("tool/old", 2);
    artifactOfAge("tmp/leaving", 2);
    artifactOfAge("tmp/under-way", 0.1);
    artifactOfAge("locks", 2);
    expect(pruneCache(now).sort()).toEqual(["tmp/leaving", "tool/old"]);
    expect(readdirSync(join(cache, "tool")).sort()).toEqual(["used", "young"]);
    expect(existsSync(join(cache, "tmp/under-way"))).toBe(true);
  });

  it("forgets a checkout that was deleted", () => {
    checkout("clone", { tool: "used" });
    artifactOfAge("tool/used", 2);
    rmSync(join(scratch, "clone"), { recursive: true });
    expect(pruneCache(now)).toEqual(["tool/used"]);
    expect(readdirSync(join(cache, "checkouts"))).toEqual([]);
  });
});

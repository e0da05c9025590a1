import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  archivesIn,
  backupFolder,
  objectsIn,
  type StoredArchive,
  storeArchive,
  superseded,
} from "../../../lifecycle/backup/store";
import { content } from "./samples";

const before = process.cwd();
let folder: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "backup-store-"));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(before);
  await fs.rm(folder, { recursive: true, force: true });
});

const bytes = (createdAt: string) =>
  Buffer.from(`${JSON.stringify(content(undefined, createdAt).header)}\nsealed`);
const store = (createdAt: string) =>
  storeArchive("test", content(undefined, createdAt).header, bytes(createdAt));

describe("storing an archive", () => {
  it("never replaces one, not even one of the same moment, and leaves nothing else behind", async () => {
    const moment = "2026-01-02T03:04:05.678Z";
    const files = [await store(moment), await store(moment), await store("2026-01-02T03:04:05.679Z")];
    expect(new Set(files).size).toBe(3);
    expect((await fs.readdir(backupFolder("test"))).sort()).toEqual(
      files.map((file) => path.basename(file)).sort(),
    );
    for (const file of files) expect((await fs.readFile(file, "utf8")).endsWith("sealed")).toBe(true);
  });

  it("gives it to its owner alone", async () => {
    const file = await store("2026-01-02T03:04:05.678Z");
    expect((await fs.stat(file)).mode & 0o777).toBe(0o600);
    expect((await fs.stat(path.dirname(file))).mode & 0o777).toBe(0o700);
  });

  it("says so when it cannot be written, and that nothing was touched", async () => {
    await fs.mkdir(path.dirname(backupFolder("test")), { recursive: true });
    await fs.writeFile(backupFolder("test"), "a file where the folder should be");
    await expect(store("2026-01-02T03:04:05.678Z")).rejects.toThrow(
      /\.state\/test\/backups: a part of the path is no folder; nothing that moves was touched/,
    );
  });

  it("lists archives, newest first, and passes over files that are none", async () => {
    const older = await store("2026-01-02T03:04:05.000Z");
    const newer = await store("2026-01-02T03:04:06.000Z");
    await fs.writeFile(path.join(backupFolder("test"), "half.backup"), '{"format":');
    await fs.writeFile(path.join(backupFolder("test"), "left.backup.tmp"), "x");
    expect((await archivesIn(backupFolder("test"))).map(({ file }) => file)).toEqual([newer, older]);
    expect(await archivesIn("nowhere")).toEqual([]);
  });
});

describe("old archives", () => {
  const archive = fc.record({
    cluster: fc.constantFrom("lab", "other"),
    at: fc.integer({ min: 0, max: 50 }),
    objects: fc.integer({ min: 0, max: 5 }),
  });
  const build = (list: { cluster: string; at: number; objects: number }[]): StoredArchive[] =>
    list.map(({ cluster, at, objects }, index) => ({
      file: String(index),
      header: {
        ...content().header,
        clusterName: cluster,
        createdAt: new Date(at * 1000).toISOString(),
        counts: { Machine: objects },
      },
    }));

  it("go beyond the newest few of the same cluster, never one that holds more than all that stay", () => {
    fc.assert(
      fc.property(fc.array(archive, { maxLength: 12 }), fc.integer({ min: 1, max: 4 }), (list, keep) => {
        const all = build(list);
        const gone = new Set(superseded(all, content().header, keep));
        const own = all.filter(({ header }) => header.clusterName === "lab");
        const stay = own.filter((one) => !gone.has(one));
        expect([...gone].every((one) => own.includes(one))).toBe(true);
        expect(stay.length).toBeGreaterThanOrEqual(Math.min(keep, own.length));
        const best = Math.max(-1, ...own.map(({ header }) => objectsIn(header)));
        expect(Math.max(-1, ...stay.map(({ header }) => objectsIn(header)))).toBe(best);
        const newest = [...own].sort((a, b) => b.header.createdAt.localeCompare(a.header.createdAt));
        newest.slice(0, keep).forEach((one) => expect(gone.has(one)).toBe(false));
      }),
    );
  });

  it("go at all", () => {
    const five = build([1, 2, 3, 4, 5].map((at) => ({ cluster: "lab", at, objects: 3 })));
    expect(superseded(five, content().header, 2).map(({ file }) => file)).toEqual(["2", "1", "0"]);
  });
});

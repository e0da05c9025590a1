import { execFileSync } from "node:child_process";
import { gunzipSync } from "node:zlib";
import { Decrypter } from "age-encryption";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeArchive, encodeArchive, readHeader } from "../../../lifecycle/backup/format";
import { type BackupKey, generateKey, parseKey } from "../../../lifecycle/backup/key";
import { previousKey } from "../../../lifecycle/backup/keyVerb";
import { headerLines } from "../../../lifecycle/backup/list";
import { content } from "./samples";

let key: BackupKey;
let archive: Buffer;

beforeAll(async () => {
  key = await parseKey(await generateKey());
  archive = await encodeArchive(content(), key);
});

/** Opening an archive takes some milliseconds; a busy machine makes many of them. */
const patience = 60_000;

describe("an archive", { timeout: patience }, () => {
  it("comes back as it went in, status and secrets included", async () => {
    expect(await decodeArchive(archive, key, "a")).toEqual(content());
  });

  it("says what it holds without its key, and nothing secret", () => {
    expect(readHeader(archive, "a")).toEqual(content().header);
    const text = archive.toString("latin1");
    expect(text).not.toContain("c2VjcmV0LXBhc3N3b3Jk");
    expect(text).not.toContain("host-1");
    expect(text).not.toContain(key.recipient);
    expect(headerLines(readHeader(archive, "a")).join("\n")).toMatch(/ 2 BareMetalHost/);
  });

  it("is an age file of gzipped JSON below its first line, so that other programs read it", async () => {
    const sealed = execFileSync("tail", ["-n", "+2"], { input: archive });
    const decrypter = new Decrypter();
    decrypter.addIdentity(key.identity);
    const text = gunzipSync(await decrypter.decrypt(new Uint8Array(sealed))).toString("utf8");
    expect((JSON.parse(text) as { objects: unknown[] }).objects).toHaveLength(6);
  });

  it("opens with no other key", async () => {
    const other = await parseKey(await generateKey());
    await expect(decodeArchive(archive, other, "a.backup")).rejects.toThrow(
      "a.backup cannot be opened with this key",
    );
  });

  it("is refused when any bit of it has changed, in the header too", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.nat(7), async (at, bit) => {
        const changed = Buffer.from(archive);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        await expect(decodeArchive(changed, key, "a")).rejects.toThrow();
      }),
      { numRuns: 150 },
    );
  });

  it("is refused when it was cut off anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), async (length) => {
        await expect(decodeArchive(archive.subarray(0, length), key, "a")).rejects.toThrow();
      }),
      { numRuns: 50 },
    );
  });

  it("does not take another archive's header", async () => {
    const other = await encodeArchive(content(undefined, "2026-01-02T03:04:06.000Z"), key);
    const mixed = Buffer.concat([
      archive.subarray(0, archive.indexOf("\n")),
      other.subarray(other.indexOf("\n")),
    ]);
    await expect(decodeArchive(mixed, key, "a")).rejects.toThrow(/header in the clear/);
  });

  it("of a later format is refused by its number, and a file of another kind by its name", () => {
    const later = Buffer.from(`${JSON.stringify({ ...content().header, version: 2 })}\n`);
    expect(() => readHeader(later, "a")).toThrow(/format 2, and this program reads formats up to 1/);
    expect(() => readHeader(Buffer.from("apiVersion: v1\n"), "b.yaml")).toThrow(/b.yaml is not a backup/);
  });
});

describe("the key", () => {
  it("is read as age-keygen writes it, with comments and line ends", async () => {
    expect(await parseKey(`# created: today\n# public key: age1\n${key.identity}\n`)).toEqual(key);
  });

  it("is refused without being shown when it is none", async () => {
    for (const text of ["", "secret-text", `${key.identity}\n${key.identity}`, key.identity.slice(0, -1)]) {
      const error = await parseKey(text).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error?.message).toMatch(/is not an age identity/);
      expect(error?.message).not.toContain(key.identity.slice(20, 40));
    }
  });

  it("is kept by every later run, since another would open no archive", () => {
    const made = { key: key.identity, startedAt: "a", finishedAt: "b" };
    expect(previousKey(JSON.stringify(made))).toEqual(made);
    expect(previousKey(undefined)).toBeUndefined();
    expect(previousKey("{}")).toBeUndefined();
  });
});

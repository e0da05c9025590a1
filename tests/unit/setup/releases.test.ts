import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { verifyChecksum } from "../../../lab/setup/releases";

it("refuses a download that is not what was pinned", async () => {
  const dir = mkdtempSync(join(tmpdir(), "release-test-"));
  try {
    const file = join(dir, "archive");
    writeFileSync(file, "abc");
    // The standard's own test vector for "abc".
    const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    await verifyChecksum(file, sha256);
    writeFileSync(file, "abd");
    await expect(verifyChecksum(file, sha256)).rejects.toThrow(/not ba7816bf.* as pinned/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

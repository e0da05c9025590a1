import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { consoleTail, lastConsoleLines } from "../../../lifecycle/hosts/console";

describe("the end of a host's console", () => {
  it("is read from the host's file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "console-"));
    try {
      writeFileSync(join(folder, "host-1.log"), `${"x".repeat(100_000)}\nDHCP: no answer\n`);
      const lines = await consoleTail(join(folder, "${HOST}.log"), "host-1", 1);
      expect(lines).toEqual([`the last lines of ${folder}/host-1.log:`, "  | DHCP: no answer"]);
      expect(await consoleTail(join(folder, "${HOST}.log"), "host-2")).toEqual([
        `${folder}/host-2.log cannot be read (ENOENT)`,
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is nothing where no consoles are kept", async () => {
    expect(await consoleTail(undefined, "host-1")).toEqual([]);
  });

  it("has no colours, no control characters and no empty lines", () => {
    expect(lastConsoleLines("a\r\n\r\n\u001b[32m[  OK  ]\u001b[0m Started\u0007 x\n\u0000\n", 5)).toEqual([
      "a",
      "[  OK  ] Started x",
    ]);
  });

  it("hides what lets others join the cluster", () => {
    const [line] = lastConsoleLines(
      "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --certificate-key 0123",
      1,
    );
    expect(line).toBe("kubeadm join 10.0.0.1:6443 --token … --certificate-key …");
  });
});

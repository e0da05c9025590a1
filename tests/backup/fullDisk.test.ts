import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { projectRoot } from "../../lab/setup/paths";

it("a disk that is full is named before anything is touched, and nothing is left on it", async () => {
  const script = path.join(projectRoot, "tests", "backup", "storeHere.ts");
  const loader = path.join(projectRoot, "node_modules", "tsx", "dist", "loader.mjs");
  // A file system of 64 KiB that only this process sees, and that goes with it.
  const { exitCode, stdout, stderr } = await execa(
    "unshare",
    [
      "--mount",
      "--map-root-user",
      "sh",
      "-c",
      'mount -t tmpfs -o size=64k none /mnt && cd /mnt && exec node --import "$1" "$2"',
      "sh",
      loader,
      script,
    ],
    { reject: false },
  );
  expect(exitCode, stderr).toBe(3);
  const { message, remedy, left } = JSON.parse(stdout) as { message: string; remedy: string; left: string[] };
  expect(message).toContain(
    "the backup cannot be written to .state/test/backups: the disk is full; nothing that moves was touched",
  );
  expect(remedy).toMatch(/make room in \.state\/test\/backups/);
  expect(left).toEqual([]);
});

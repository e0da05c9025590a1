import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

/**
 * The configuration of the lab's stack as Pulumi hands it to a program: text as it is, everything else as JSON. The BMC
 * credentials come from a file of the test's own, since the lab need not run.
 */
export function devStackConfig(): Record<string, string> {
  const stack = parse(readFileSync("Pulumi.dev.yaml", "utf8")) as { config: Record<string, unknown> };
  const file = join(mkdtempSync(join(tmpdir(), "metal3-test-")), "bmc.json");
  writeFileSync(file, JSON.stringify({ default: { username: "admin", password: "secret-password" } }), {
    mode: 0o600,
  });
  return Object.fromEntries(
    Object.entries({ ...stack.config, "metal3:bmcCredentialsFile": file }).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { thawContainer } from "../../../lab/control/freezer";

describe("a container with frozen processes", () => {
  let hierarchy: string;

  beforeEach(() => {
    hierarchy = mkdtempSync(join(tmpdir(), "freezer-"));
    const pod = join(hierarchy, "node", "kubelet", "pod");
    mkdirSync(pod, { recursive: true });
    writeFileSync(join(hierarchy, "node", "freezer.state"), "THAWED\n");
    writeFileSync(join(hierarchy, "node", "kubelet", "freezer.state"), "THAWED\n");
    writeFileSync(join(pod, "freezer.state"), "FROZEN\n");
  });

  afterEach(() => rmSync(hierarchy, { recursive: true, force: true }));

  it("is thawed, however deep they are", () => {
    expect(thawContainer("node", hierarchy)).toBe(1);
    expect(readFileSync(join(hierarchy, "node", "kubelet", "pod", "freezer.state"), "utf8")).toBe("THAWED");
  });

  it("is no concern of other containers, or of machines without the hierarchy", () => {
    expect(thawContainer("other", hierarchy)).toBe(0);
    expect(thawContainer("node", join(hierarchy, "nowhere"))).toBe(0);
    expect(readFileSync(join(hierarchy, "node", "kubelet", "pod", "freezer.state"), "utf8")).toBe("FROZEN\n");
  });
});

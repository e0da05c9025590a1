import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { execaSync } from "execa";
import { installedPackages, parseOsRelease } from "../../../lab/setup/apt";
import { renderPreferences, renderSources } from "../../../lab/setup/engine";
import { exportLines, quote } from "../../../lab/setup/environment";
import { linkerFlags } from "../../../lab/setup/goBuild";
import { goTools, toolNames } from "../../../lab/setup/goTools";
import { binDir, toolPath } from "../../../lab/setup/paths";
import { summary } from "../../../lab/setup/summary";
import { parseVersion, versionFits, which } from "../../../lab/setup/systemTools";
import { addCounts, countReport, firstLines, lastLines } from "../../../lab/setup/testCount";
import { relink } from "../../../lab/setup/toolchain";

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "setup-test-"));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

describe("tools of the machine", () => {
  it("reads versions as the tools print them", () => {
    expect(parseVersion("v3.259.0\n")).toBe("3.259.0");
    expect(parseVersion("kind v0.33.0 go1.26.8 linux/amd64")).toBe("0.33.0");
    expect(parseVersion("v1.13.6")).toBe("1.13.6");
    expect(parseVersion("no version here")).toBeUndefined();
  });

  it("takes a later release only within the allowed part", () => {
    expect(versionFits("1.13.6", "1.13.6", "minor")).toBe(true);
    expect(versionFits("1.13.10", "1.13.6", "minor")).toBe(true);
    expect(versionFits("1.13.5", "1.13.6", "minor")).toBe(false);
    expect(versionFits("1.14.0", "1.13.6", "minor")).toBe(false);
    expect(versionFits("3.300.0", "3.259.0", "major")).toBe(true);
    expect(versionFits("3.99.0", "3.259.0", "major")).toBe(false);
    expect(versionFits("4.0.0", "3.259.0", "major")).toBe(false);
  });

  it("never takes an older one", () => {
    const part = fc.nat({ max: 300 });
    fc.assert(
      fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (have, want) => {
        const older =
          have[0] !== want[0]
            ? have[0] < want[0]
            : have[1] !== want[1]
              ? have[1] < want[1]
              : have[2] < want[2];
        if (older)
          for (const same of ["major", "minor"] as const)
            expect(versionFits(have.join("."), want.join("."), same)).toBe(false);
      }),
    );
  });

  it("finds executables only", () => {
    writeFileSync(join(scratch, "plain"), "");
    writeFileSync(join(scratch, "program"), "", { mode: 0o755 });
    expect(which("plain", [scratch])).toBeUndefined();
    expect(which("program", ["/nonexistent", scratch])).toBe(join(scratch, "program"));
  });
});

describe("Debian", () => {
  it("reads which packages are installed", () => {
    expect(installedPackages("ii  curl\nrc  rsync\nun  mmdebstrap\nhi  zstd\n")).toEqual(
      new Set(["curl", "zstd"]),
    );
  });

  it("reads os-release with and without quotes", () => {
    expect(
      parseOsRelease('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\n'),
    ).toEqual({
      PRETTY_NAME: "Debian GNU/Linux 12 (bookworm)",
      VERSION_CODENAME: "bookworm",
    });
  });

  it("writes a source with the machine's mirror and keyring, and a pin below the release's own", () => {
    const text = renderSources(
      { uri: "http://mirror.example/debian/", keyring: "/usr/share/keyrings/k.gpg" },
      "trixie",
    );
    expect(text).toContain(
      "URIs: http://mirror.example/debian/\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/k.gpg\n",
    );
    expect(renderSources({ uri: "http://m/", keyring: "" }, "trixie")).not.toContain("Signed-By");
    expect(Number(/Pin-Priority: (\d+)/.exec(renderPreferences("trixie"))?.[1])).toBeLessThan(500);
  });
});

describe("toolchain", () => {
  it("stamps in an order that does not depend on how it is written", () => {
    expect(linkerFlags({ "b.v": "2", "a.v": "1" })).toBe("-s -w -X a.v=1 -X b.v=2");
    expect(linkerFlags()).toBe("-s -w");
  });

  it("has every name once", () => {
    const names = goTools.flatMap(toolNames);
    expect(new Set(names).size).toBe(names.length);
  });

  it("makes links right, removes stale ones and leaves files alone", () => {
    mkdirSync(join(scratch, "bin"));
    symlinkSync("/old", join(scratch, "bin", "moved"));
    symlinkSync("/old", join(scratch, "bin", "stale"));
    writeFileSync(join(scratch, "bin", "file"), "");
    relink(
      join(scratch, "bin"),
      new Map([
        ["moved", "/new"],
        ["added", "/added"],
      ]),
    );
    expect(readlinkSync(join(scratch, "bin", "moved"))).toBe("/new");
    expect(readlinkSync(join(scratch, "bin", "added"))).toBe("/added");
    expect(() => readlinkSync(join(scratch, "bin", "stale"))).toThrow(/ENOENT/);
    expect(() => readlinkSync(join(scratch, "bin", "file"))).toThrow(/EINVAL/);
  });
});

describe("environment", () => {
  it("puts this checkout's tools first, once", () => {
    expect(toolPath("/usr/bin:/bin")).toBe(`${binDir}:/usr/bin:/bin`);
    expect(toolPath(toolPath(`/bin:${binDir}:`))).toBe(`${binDir}:/bin`);
  });

  it("quotes so that a shell reads the same text", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/[\0]/.test(text)),
        (text) => {
          const { stdout } = execaSync("sh", ["-c", `printf %s ${quote(text)}.`], {
            stripFinalNewline: false,
          });
          expect(stdout).toBe(`${text}.`);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("prints lines that a shell can evaluate", () => {
    const lines = exportLines({ PATH: "ignored", ODD: "a 'b' $c" });
    const { stdout } = execaSync("sh", ["-c", `${lines}\nprintf '%s|%s' "$ODD" "$PATH"`], {
      env: { PATH: "/usr/bin:/bin" },
    });
    expect(stdout).toBe(`a 'b' $c|${binDir}:/usr/bin:/bin`);
  });
});

describe("test counts", () => {
  const file = (status: string, ...assertions: string[]) => ({
    status,
    name: "/project/tests/some.test.ts",
    message: status === "failed" && assertions.length === 0 ? "SyntaxError: no\nat line 1" : "",
    assertionResults: assertions.map((each) => ({
      status: each,
      fullName: ` a thing ${each}`,
      failureMessages: each === "failed" ? ["Error: 1 is not 2\n  at there"] : [],
    })),
  });

  it("counts failed tests, and files that failed as a whole, and says which and why in a line each", () => {
    const report = {
      numPassedTests: 3,
      testResults: [file("passed", "passed"), file("failed", "passed", "failed"), file("failed")],
    };
    expect(countReport(report, 1)).toEqual({
      passed: 3,
      failed: 2,
      failures: ["some.test.ts: a thing failed: Error: 1 is not 2", "some.test.ts: SyntaxError: no"],
    });
  });

  it("takes a run that broke for a failure", () => {
    expect(countReport(undefined, 1)).toEqual({ passed: 0, failed: 1, failures: ["no report was written"] });
    expect(countReport({ numPassedTests: 3, testResults: [] }, 1)).toMatchObject({ passed: 3, failed: 1 });
    expect(countReport({ numPassedTests: 3, testResults: [] }, 0)).toMatchObject({ passed: 3, failed: 0 });
    expect(
      addCounts([
        { passed: 1, failed: 2 },
        { passed: 3, failed: 0 },
      ]),
    ).toEqual({ passed: 4, failed: 2 });
  });

  it("keeps what a failed program has said first, or last", () => {
    const error = "machine.ts(54,23): error TS2345: Argument of type 'Duplex'";
    expect(firstLines(`\n${error}\n\n  2\n3\n4\n5\n6\n`)).toEqual([error, "2", "3", "4", "5"]);
    expect(firstLines("\n")).toEqual(["said nothing"]);
    expect(lastLines("1\n2\n3\n4\n5\n6\n\n")).toEqual(["2", "3", "4", "5", "6"]);
    expect(lastLines("")).toEqual(["said nothing"]);
  });
});

describe("summary", () => {
  it("names the cluster, both endpoints, the way to the kubeconfig, every step and the total", () => {
    const text = summary({
      cluster: "lab",
      stack: "dev",
      endpoint: "172.22.0.10:6443",
      ironicEndpoint: "172.22.0.2",
      timings: [{ step: 1, name: "bootstrap cluster", seconds: 31.26 }],
      totalSeconds: 240,
    });
    for (const part of [
      "Cluster lab",
      "172.22.0.10:6443",
      "172.22.0.2",
      "pulumi stack output kubeconfig",
      "1 bootstrap cluster     31.3 s",
      "240.0 s",
    ])
      expect(text).toContain(part);
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hosts, rack } from "../../../lab/control/addresses";
import { addFault, mendFaults, readFaults } from "../../../lab/control/faults";
import { hostFiles, labFiles } from "../../../lab/control/files";
import { runArguments } from "../../../lab/control/hostContainer";

let root: string;
const files = () => hostFiles(labFiles(root), "host-0");

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "faults-"));
});
afterEach(() => rmSync(root, { recursive: true }));

describe("the faults of a host", () => {
  test("are none until there is one", () => {
    expect(readFaults(files())).toEqual([]);
  });

  test("add up, once each, and are those of that host alone", () => {
    addFault(files(), "no-boot");
    addFault(files(), "no-boot");
    expect(addFault(files(), "bmc-login")).toEqual(["no-boot", "bmc-login"]);
    expect(readFaults(files())).toEqual(["no-boot", "bmc-login"]);
    expect(readFaults(hostFiles(labFiles(root), "host-1"))).toEqual([]);
  });

  test("are mended one by one, or all at once", () => {
    addFault(files(), "no-boot");
    addFault(files(), "bmc-login");
    expect(mendFaults(files(), "no-boot")).toEqual(["bmc-login"]);
    expect(mendFaults(files())).toEqual([]);
    expect(readFaults(files())).toEqual([]);
    expect(mendFaults(files())).toEqual([]);
  });

  test("are told to the firmware", () => {
    const [host] = hosts(1);
    if (host === undefined) throw new Error("no host");
    const told = (...faults: ("no-boot" | "bmc-login")[]) =>
      runArguments(rack, host, files(), "network", 1, faults).find((word) => word.includes("LAB_FAULTS"));
    expect(told()).toBe("--env=LAB_FAULTS=");
    expect(told("no-boot", "bmc-login")).toBe("--env=LAB_FAULTS=no-boot bmc-login");
  });
});

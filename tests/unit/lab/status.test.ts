import { describe, expect, test } from "vitest";
import { table } from "../../../lab/control/status";

describe("the table of hosts", () => {
  test("has a line for each host, in columns", () => {
    const lines = table([
      {
        host: "host-0",
        power: "On",
        bootDevice: "Hdd",
        container: "c (disk)",
        address: "172.22.0.20",
        lastEvent: "e",
        faults: "no-boot",
      },
      {
        host: "host-10",
        power: "Off",
        bootDevice: "Pxe",
        container: "-",
        address: "-",
        lastEvent: "-",
        faults: "-",
      },
    ]).split("\n");
    expect(lines).toHaveLength(3);
    const column = (line: number, text: string): number => lines[line]?.indexOf(text) ?? -1;
    expect(column(1, "On")).toBe(column(0, "POWER"));
    expect(column(2, "Pxe")).toBe(column(0, "BOOT DEVICE"));
    expect(column(1, "no-boot")).toBe(column(0, "FAULTS"));
  });
});

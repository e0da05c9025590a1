import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cycleLabel, exitCodes } from "../../../lab/control/hostContainer";
import {
  announced,
  type BmcSystem,
  decide,
  freshRecord,
  type PowerRecord,
  powerRecord,
} from "../../../lab/control/powerRecord";

const now = new Date("2026-01-01T00:00:00Z");
const system = fc.record({
  uuid: fc.constant("u"),
  power_state: fc.constantFrom("On" as const, "Off" as const),
  boot_device: fc.constantFrom("Pxe" as const, "Hdd" as const, "Cd" as const),
});
const on = (boot_device: BmcSystem["boot_device"] = "Hdd"): BmcSystem => ({
  uuid: "u",
  power_state: "On",
  boot_device,
});
const off: BmcSystem = { uuid: "u", power_state: "Off", boot_device: "Hdd" };
const tell = (record: PowerRecord, ...systems: BmcSystem[]): PowerRecord =>
  systems.reduce((before, one) => announced(before, one, now), record);
const running = (record: PowerRecord) => ({
  running: true,
  exitCode: 0,
  labels: { [cycleLabel]: String(record.cycle) },
});
const ended = (record: PowerRecord, exitCode: number) => ({ ...running(record), running: false, exitCode });
const started = (record: PowerRecord): PowerRecord => ({ ...record, started: record.cycle });

describe("what a BMC announces", () => {
  test("twice is the same as once, and the record agrees with it", () => {
    fc.assert(
      fc.property(fc.array(system), system, (before, last) => {
        const once = tell(freshRecord(now), ...before, last);
        expect(tell(once, last)).toBe(once);
        expect(once.power).toBe(last.power_state);
        expect(once.bootDevice).toBe(last.boot_device);
        expect(powerRecord.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
      }),
    );
  });

  test("makes a new cycle for every power-on, and only then", () => {
    fc.assert(
      fc.property(fc.array(system), (systems) => {
        const powerOns = systems.filter(
          (one, index) => one.power_state === "On" && (systems[index - 1]?.power_state ?? "Off") === "Off",
        );
        expect(tell(freshRecord(now), ...systems).cycle).toBe(powerOns.length);
      }),
    );
  });

  test("takes the boot source at power-on, not later", () => {
    expect(tell(freshRecord(now), on("Pxe"), on("Hdd"))).toMatchObject({
      boot: "network",
      bootDevice: "Hdd",
    });
    expect(tell(freshRecord(now), on("Hdd"))).toMatchObject({ boot: "disk" });
  });
});

describe("what is done about a host's container", () => {
  const powered = started(tell(freshRecord(now), on("Pxe")));

  test("off: it is removed", () => {
    const record = tell(powered, off);
    expect(decide(record, running(powered), false, now)).toEqual({ kind: "remove" });
    expect(decide(record, undefined, false, now)).toEqual({ kind: "nothing" });
  });

  test("on: it is started once", () => {
    const record = tell(freshRecord(now), on());
    expect(decide(record, undefined, false, now)).toEqual({ kind: "start" });
    expect(decide(started(record), running(record), false, now)).toEqual({ kind: "nothing" });
  });

  test("a reset is not missed, even when off and on come in one go", () => {
    const reset = tell(powered, off, on("Pxe"));
    expect(decide(reset, running(powered), false, now)).toEqual({ kind: "start" });
  });

  test("a reboot starts it from the boot device that is set by then", () => {
    const record = tell(powered, on("Hdd"));
    expect(decide(record, ended(record, exitCodes.reboot), false, now)).toMatchObject({
      kind: "next-cycle",
      record: { cycle: record.cycle + 1, boot: "disk", power: "On" },
    });
  });

  test("a boot script that leaves to the disk starts the disk, whatever the boot device", () => {
    expect(decide(powered, ended(powered, exitCodes.bootDisk), false, now)).toMatchObject({
      kind: "next-cycle",
      record: { cycle: powered.cycle + 1, boot: "disk", bootDevice: "Pxe" },
    });
  });

  test.each([exitCodes.powerOff, exitCodes.osPowerOff])(
    "a power-off from inside (%s) is reported",
    (code) => {
      for (const restoring of [false, true]) {
        expect(decide(powered, ended(powered, code), restoring, now).kind).toBe("report-off");
      }
    },
  );

  test("a kill is a loss of power: reported, but made good for when the rack comes back", () => {
    expect(decide(powered, ended(powered, 137), false, now).kind).toBe("report-off");
    expect(decide(powered, ended(powered, 137), true, now).kind).toBe("start");
    expect(decide(powered, undefined, false, now).kind).toBe("report-off");
    expect(decide(powered, undefined, true, now).kind).toBe("start");
  });
});

import { z } from "zod";
import { type Boot, cycleLabel, exitCodes } from "./hostContainer";
import type { ContainerState } from "./docker";

/**
 * What is kept of a host's power, on disk, so that the power controller can be killed at any moment. The BMC's change
 * is recorded before it is acknowledged; the container is then made to match the record, however often that takes.
 */
export const powerRecord = z.object({
  /** Power state that the BMC asked for. */
  power: z.enum(["On", "Off"]),
  /** Boot source for the next power-on or reboot. */
  bootDevice: z.enum(["Pxe", "Hdd", "Cd"]),
  /** Counts power-ons and reboots. A container belongs to one of them. */
  cycle: z.number().int(),
  /** How the present cycle boots. */
  boot: z.enum(["network", "disk"]),
  /** The cycle that a container was started for last. */
  started: z.number().int(),
  /** What happened last, and when (ISO 8601). */
  event: z.string(),
  eventAt: z.string(),
});

/** See {@link powerRecord}. */
export type PowerRecord = z.infer<typeof powerRecord>;

/** What the BMC emulator says about a system; more fields come, these matter. */
export const bmcSystem = z.object({
  uuid: z.string(),
  power_state: z.enum(["On", "Off"]),
  boot_device: z.enum(["Pxe", "Hdd", "Cd"]).default("Hdd"),
});

/** See {@link bmcSystem}. */
export type BmcSystem = z.infer<typeof bmcSystem>;

/** What is to be done so that the container matches the record. */
export type Action =
  | { readonly kind: "nothing" }
  | { readonly kind: "remove" }
  | { readonly kind: "start" }
  /** The host went on by itself; `record` is the new cycle. */
  | { readonly kind: "next-cycle"; readonly record: PowerRecord }
  /** The host is off by itself; its BMC must be told. */
  | { readonly kind: "report-off"; readonly reason: string };

/** A host that was never switched on. */
export function freshRecord(now: Date): PowerRecord {
  return {
    power: "Off",
    bootDevice: "Hdd",
    cycle: 0,
    boot: "network",
    started: 0,
    event: "installed in the rack",
    eventAt: now.toISOString(),
  };
}

/** The record after the BMC's announcement. Announcing the same twice changes nothing. */
export function announced(record: PowerRecord, system: BmcSystem, now: Date): PowerRecord {
  const changed = { ...record, bootDevice: system.boot_device };
  if (system.power_state === record.power) {
    return changed.bootDevice === record.bootDevice
      ? record
      : { ...changed, event: `boot device ${system.boot_device}`, eventAt: now.toISOString() };
  }
  if (system.power_state === "Off") {
    return { ...changed, power: "Off", event: "power off by the BMC", eventAt: now.toISOString() };
  }
  return nextCycle({ ...changed, power: "On" }, bootOf(system.boot_device), "power on by the BMC", now);
}

/** The next start of a host that stays powered on. */
export function nextCycle(record: PowerRecord, boot: Boot, event: string, now: Date): PowerRecord {
  return {
    ...record,
    cycle: record.cycle + 1,
    boot,
    event: `${event}, boot from ${boot}`,
    eventAt: now.toISOString(),
  };
}

/**
 * Compares the record with the container.
 * @param restoring true when the power controller has just started: then a container that was killed or has vanished
 *   is a rack that lost its power, and the hosts come on again; later it is a host that lost its power.
 */
export function decide(
  record: PowerRecord,
  container: Pick<ContainerState, "running" | "exitCode" | "labels"> | undefined,
  restoring: boolean,
  now: Date,
): Action {
  if (record.power === "Off") return container === undefined ? { kind: "nothing" } : { kind: "remove" };
  if (container === undefined) {
    if (record.started < record.cycle || restoring) return { kind: "start" };
    return { kind: "report-off", reason: "its container has vanished" };
  }
  if (container.labels[cycleLabel] !== String(record.cycle)) return { kind: "start" };
  if (container.running) return { kind: "nothing" };
  switch (container.exitCode) {
    case exitCodes.bootDisk:
      return { kind: "next-cycle", record: nextCycle(record, "disk", "boot script leaves to the disk", now) };
    case exitCodes.reboot:
      return { kind: "next-cycle", record: nextCycle(record, bootOf(record.bootDevice), "reboot", now) };
    case exitCodes.powerOff:
    case exitCodes.osPowerOff:
      return { kind: "report-off", reason: "it switched itself off" };
    default:
      if (restoring) return { kind: "start" };
      return { kind: "report-off", reason: `it ended with code ${container.exitCode}` };
  }
}

/** A virtual CD is not offered by the lab's hosts: they fall back to the network, as firmware does. */
function bootOf(device: PowerRecord["bootDevice"]): Boot {
  return device === "Hdd" ? "disk" : "network";
}

import { existsSync, readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { type HostFiles, writeAtomically } from "./files";

/** What can be wrong with a host of the rack, and what its users see of it. */
export const faults = {
  /** Firmware: honoured at the next power-on, so a host that hangs goes on hanging until it is switched off. */
  "no-boot": "the firmware hangs at power-on and boots nothing",
  /** BMC: honoured at once. */
  "bmc-login": "the BMC refuses every login (HTTP 401)",
} as const;

/** Name of a fault. */
export type Fault = keyof typeof faults;

/** All names, in the order of {@link faults}. */
export const faultNames = Object.keys(faults) as readonly Fault[];

// Read by lab/services/bmc.py too.
const faultFile = z.array(z.enum(faultNames));

/** The faults of a host; those that are mended are not in it. */
export function readFaults(files: Pick<HostFiles, "faults">): readonly Fault[] {
  return existsSync(files.faults) ? faultFile.parse(JSON.parse(readFileSync(files.faults, "utf8"))) : [];
}

/** Makes a host faulty. Returns all of its faults. */
export function addFault(files: Pick<HostFiles, "faults">, fault: Fault): readonly Fault[] {
  return write(files, [...readFaults(files).filter((other) => other !== fault), fault]);
}

/** Mends one fault of a host, or all. Returns those that are left. */
export function mendFaults(files: Pick<HostFiles, "faults">, fault?: Fault): readonly Fault[] {
  return write(
    files,
    readFaults(files).filter((other) => fault !== undefined && other !== fault),
  );
}

function write(files: Pick<HostFiles, "faults">, left: readonly Fault[]): readonly Fault[] {
  if (left.length === 0) rmSync(files.faults, { force: true });
  else writeAtomically(files.faults, `${JSON.stringify(left)}\n`);
  return left;
}

import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { defineRack, type Rack } from "./addresses";
import { type LabFiles, writeAtomically } from "./files";

const rackFile = z.object({ name: z.string(), subnet: z.string(), hostCount: z.number().int() });

/** The rack that a lab folder was set up for. */
export interface InstalledRack {
  readonly rack: Rack;
  readonly hostCount: number;
}

/** Records which rack the lab has. Returns whether that is a change. */
export function writeRackFile(files: LabFiles, { rack, hostCount }: InstalledRack): boolean {
  const content = `${JSON.stringify({ name: rack.name, subnet: rack.subnet, hostCount })}\n`;
  if (existsSync(files.rackFile) && readFileSync(files.rackFile, "utf8") === content) return false;
  writeAtomically(files.rackFile, content);
  return true;
}

/** Reads what {@link writeRackFile} wrote; an error when the lab was never started. */
export function readRackFile(files: LabFiles): InstalledRack {
  if (!existsSync(files.rackFile))
    throw new Error(`no lab was started in ${files.root}; "make lab" starts one`);
  const { name, subnet, hostCount } = rackFile.parse(JSON.parse(readFileSync(files.rackFile, "utf8")));
  return { rack: defineRack(name, subnet), hostCount };
}

import { hosts } from "./addresses";
import { inspectContainer } from "./docker";
import { readFaults } from "./faults";
import { hostFiles, type LabFiles } from "./files";
import { bootLabel } from "./hostContainer";
import { readRecord } from "./hostPower";
import { describe } from "./probe";
import { readRackFile } from "./rackFile";
import { readSystem } from "./redfish";
import { execa } from "execa";

/** One host as `lab status` shows it. Every field is a text, `-` where there is nothing to say. */
export interface HostStatus {
  readonly host: string;
  /** From Redfish. */
  readonly power: string;
  readonly bootDevice: string;
  /** `name (what it boots)`. */
  readonly container: string;
  /** Address the host has given itself, not the engine's. */
  readonly address: string;
  readonly lastEvent: string;
  /** Names of its faults, see `faults.ts`. */
  readonly faults: string;
}

/** State of all hosts of the lab. */
export async function status(files: LabFiles): Promise<HostStatus[]> {
  const { rack, hostCount } = readRackFile(files);
  return Promise.all(
    hosts(hostCount, rack).map(async (host) => {
      const [system, container] = await Promise.all([
        readSystem(host).catch((error: unknown) => describe(error)),
        inspectContainer(host.container),
      ]);
      const own = hostFiles(files, host.name);
      const record = readRecord(own);
      return {
        host: host.name,
        power: typeof system === "string" ? `? ${system}` : system.powerState,
        bootDevice: typeof system === "string" ? "?" : system.bootDevice,
        container:
          container === undefined
            ? "-"
            : `${container.name} (${container.running ? (container.labels[bootLabel] ?? "?") : `ended ${container.exitCode}`})`,
        address: container?.running ? await address(host.container) : "-",
        lastEvent: record === undefined ? "-" : `${record.event} (${record.eventAt})`,
        faults: readFaults(own).join(",") || "-",
      };
    }),
  );
}

/** The table of `lab status`. */
export function table(rows: readonly HostStatus[]): string {
  const header = ["HOST", "POWER", "BOOT DEVICE", "CONTAINER", "ADDRESS", "FAULTS", "LAST EVENT"];
  const cells = [
    header,
    ...rows.map((row) => [
      row.host,
      row.power,
      row.bootDevice,
      row.container,
      row.address,
      row.faults,
      row.lastEvent,
    ]),
  ];
  const widths = header.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** IPv4 addresses on the host's NIC, as the host itself sees them. */
async function address(container: string): Promise<string> {
  const result = await execa(
    "docker",
    ["exec", container, "ip", "-json", "-4", "address", "show", "dev", "eth0"],
    {
      reject: false,
      stdin: "ignore",
      timeout: 10_000,
    },
  );
  if (result.failed) return "-";
  const found = JSON.parse(result.stdout || "[]") as { addr_info: { local: string }[] }[];
  const addresses = found.flatMap(({ addr_info }) => addr_info.map(({ local }) => local));
  return addresses.length === 0 ? "-" : addresses.join(",");
}

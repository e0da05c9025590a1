import { Argument, Command } from "commander";
import { note } from "../setup/progress";
import { defaultHostCount, type HostIdentity, hosts, rack } from "./addresses";
import { addFault, type Fault, faultNames, faults, mendFaults } from "./faults";
import { hostFiles, labFiles } from "./files";
import { down, up } from "./lab";
import { describe } from "./probe";
import { readRackFile } from "./rackFile";
import { resetSystem, type ResetType } from "./redfish";
import { status, table } from "./status";

const resets: Record<string, ResetType> = { on: "On", off: "ForceOff", reset: "ForceRestart" };

/** The command line of the lab: `node --import tsx lab/control/main.ts <command>`. */
async function main(): Promise<void> {
  const files = labFiles();
  const progress = (line: string): void => note("lab", line);
  const program = new Command("lab").description("A rack of virtual bare-metal hosts in containers");

  program
    .command("up")
    .description("start the rack: network, registry, image server, BMCs, power controller")
    .option("--hosts <number>", "number of virtual hosts", Number, defaultHostCount)
    .option("--bmc-power-delay <seconds>", "time a BMC takes for a power change, e.g. 2 or 1-11", "0")
    .action(async (options: { hosts: number; bmcPowerDelay: string }) => {
      await up(rack, files, { hostCount: options.hosts, bmcPowerDelay: options.bmcPowerDelay }, progress);
      process.stdout.write(`${table(await status(files))}\n`);
    });
  program
    .command("down")
    .description("remove the rack: containers, networks, volumes, loop devices, processes, disks")
    .action(async () => {
      const removed = await down(rack, files);
      progress(
        `removed: ${removed.containers.length} containers, ${removed.networks.length} networks, ` +
          `${removed.volumes.length} volumes, ${removed.loopDevices.length} loop devices, ${removed.processes} processes`,
      );
    });
  program
    .command("status")
    .description("show every host's power, boot device, container, address and last event")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const rows = await status(files);
      process.stdout.write(`${options.json ? JSON.stringify(rows, undefined, 2) : table(rows)}\n`);
    });
  program
    .command("power")
    .description("switch a host through its BMC")
    .argument("<host>", "name, e.g. host-0")
    .addArgument(new Argument("<action>", "what to do").choices(Object.keys(resets)))
    .action(async (name: string, action: string) => {
      const type = resets[action];
      if (type !== undefined) await resetSystem(hostCalled(name, files), type);
    });
  const faultArgument = (name: string): Argument =>
    new Argument(name, "what is wrong with it").choices(faultNames);
  program
    .command("fault")
    .description("make a host faulty, until it is mended or the rack taken down")
    .argument("<host>", "name, e.g. host-0")
    .addArgument(faultArgument("<fault>"))
    .addHelpText("after", `\n${faultHelp()}`)
    .action((name: string, fault: Fault) => {
      const { name: host } = hostCalled(name, files);
      progress(`${host}: ${addFault(hostFiles(files, host), fault).map(explain).join("; ")}`);
    });
  program
    .command("mend")
    .description("mend a host's faults, all of them or one")
    .argument("<host>", "name, e.g. host-0")
    .addArgument(faultArgument("[fault]"))
    .addHelpText("after", `\n${faultHelp()}`)
    .action((name: string, fault?: Fault) => {
      const { name: host } = hostCalled(name, files);
      const left = mendFaults(hostFiles(files, host), fault);
      progress(`${host}: ${left.map(explain).join("; ") || "sound"}`);
    });
  await program.parseAsync();
}

function explain(fault: Fault): string {
  return `${fault}, ${faults[fault]}`;
}

function faultHelp(): string {
  return ["Faults:", ...faultNames.map((fault) => `  ${fault.padEnd(10)} ${faults[fault]}`)].join("\n");
}

function hostCalled(name: string, files: ReturnType<typeof labFiles>): HostIdentity {
  const installed = readRackFile(files);
  const all = hosts(installed.hostCount, installed.rack);
  const host = all.find((one) => one.name === name);
  if (host === undefined) {
    throw new Error(
      `there is no host ${name} in the rack; there are ${all.map((one) => one.name).join(", ")}`,
    );
  }
  return host;
}

main().catch((error: unknown) => {
  note("lab", describe(error));
  process.exit(1);
});

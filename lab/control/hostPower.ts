import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import pLimit from "p-limit";
import type { HostIdentity, Rack } from "./addresses";
import { inspectContainer, removeContainers } from "./docker";
import { type HostFiles, writeAtomically } from "./files";
import { startHost } from "./hostContainer";
import { announced, type BmcSystem, decide, freshRecord, powerRecord, type PowerRecord } from "./powerRecord";
import { describe } from "./probe";
import { resetSystem } from "./redfish";

/**
 * The power of one host: its record on disk and the queue in which its container is made to match. Announcements are
 * recorded at once; containers are changed one after another.
 */
export class HostPower {
  private record: PowerRecord;
  private readonly queue = pLimit(1);
  /** Announcements taken since the start. */
  announcements = 0;

  constructor(
    private readonly rack: Rack,
    readonly host: HostIdentity,
    private readonly files: HostFiles,
    private readonly log: (line: string) => void,
  ) {
    mkdirSync(files.folder, { recursive: true });
    this.record = readRecord(files) ?? freshRecord(new Date());
  }

  /** What is known of the host. */
  get state(): PowerRecord {
    return this.record;
  }

  /** Takes an announcement of the BMC. When this returns, it is on disk. */
  announce(system: BmcSystem): void {
    this.announcements += 1;
    const next = announced(this.record, system, new Date());
    if (next === this.record) return;
    this.store(next);
    void this.reconcile();
  }

  /** Makes the container match the record. Failures are logged; the next call tries again. */
  async reconcile(restoring = false): Promise<void> {
    await this.queue(async () => {
      try {
        while (await this.step(restoring)) restoring = false;
      } catch (error) {
        this.log(`${this.host.name}: ${describe(error)}; will try again`);
      }
    });
  }

  /** One action; true when there may be another one to do. */
  private async step(restoring: boolean): Promise<boolean> {
    const { host } = this;
    const container = await inspectContainer(host.container);
    // Read after the inspection: an announcement may have come meanwhile, and an older container never matches it.
    const record = this.record;
    const action = decide(record, container, restoring, new Date());
    switch (action.kind) {
      case "nothing":
        return false;
      case "remove":
        await removeContainers([host.container]);
        this.console(`power off`);
        return true;
      case "start":
        if (container !== undefined) await removeContainers([host.container]);
        if (this.record !== record) return true;
        this.console(`power on, cycle ${record.cycle}, boot from ${record.boot}`);
        await startHost(this.rack, host, this.files, record.boot, record.cycle);
        this.store({ ...this.record, started: record.cycle });
        return true;
      case "next-cycle":
        if (this.record === record) this.store(action.record);
        return true;
      case "report-off":
        this.store({ ...this.record, event: `off: ${action.reason}`, eventAt: new Date().toISOString() });
        await this.reportOff(record);
        return true;
    }
  }

  /** Tells the BMC that the host is off. The BMC announces that in turn, which changes the record. */
  private async reportOff(record: PowerRecord): Promise<void> {
    await resetSystem(this.host, "ForceOff");
    // A BMC that thought the host off already announces nothing.
    if (this.record.power === "On" && this.record.cycle === record.cycle) {
      this.store({ ...this.record, power: "Off" });
    }
  }

  private store(record: PowerRecord): void {
    const changed = record.event !== this.record.event || record.cycle !== this.record.cycle;
    writeAtomically(this.files.power, `${JSON.stringify(record, undefined, 2)}\n`);
    this.record = record;
    if (changed) this.log(`${this.host.name}: ${record.event}`);
  }

  private console(line: string): void {
    appendFileSync(this.files.console, `[rack] ${new Date().toISOString()} ${line}\n`);
    this.log(`${this.host.name}: ${line}`);
  }
}

/** The stored record, undefined when there is none or it is unreadable. */
export function readRecord(files: HostFiles): PowerRecord | undefined {
  if (!existsSync(files.power)) return undefined;
  try {
    return powerRecord.parse(JSON.parse(readFileSync(files.power, "utf8")));
  } catch {
    return undefined;
  }
}

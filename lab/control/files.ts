import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { labDir } from "../setup/paths";

/** Where a rack keeps its files, below the checkout's `.lab`. All paths absolute. */
export interface LabFiles {
  readonly root: string;
  /** Storage of the registry, in its own layout (`docker/registry/v2`). Kept by `down`. */
  readonly registry: string;
  /** What the image server serves. Kept by `down`. */
  readonly osImages: string;
  /** Generated configuration of the services. */
  readonly services: string;
  /** State of the BMC emulator. */
  readonly bmcState: string;
  /** Which hosts the rack has; read by the power controller. */
  readonly rackFile: string;
  /** User and password of all BMCs, mode 0600: `{"default": {"username", "password"}}`, as a stack's config wants it. */
  readonly bmcCredentials: string;
  /** Process id, log of the power controller. */
  readonly controllerPid: string;
  readonly controllerLog: string;
  /** Folder with one folder for each host. */
  readonly hosts: string;
  /** Folder with a file for each host that is faulty; read by the power controller and by the BMCs. */
  readonly faults: string;
}

/** Files of one host. */
export interface HostFiles {
  readonly folder: string;
  /** The disk, a sparse raw image. The host's only lasting state. */
  readonly disk: string;
  /** Everything the host printed since the lab was started. */
  readonly console: string;
  /** What the power controller was last told and did, see `hostPower.ts`. */
  readonly power: string;
  /** Its faults, see `faults.ts`. Absent for a sound host. */
  readonly faults: string;
}

/** Paths of the lab below `root`. */
export function labFiles(root: string = labDir): LabFiles {
  return {
    root,
    registry: join(root, "registry"),
    osImages: join(root, "images", "os"),
    services: join(root, "services"),
    bmcState: join(root, "services", "bmc-state"),
    rackFile: join(root, "rack.json"),
    bmcCredentials: join(root, "bmc-credentials.json"),
    controllerPid: join(root, "power-controller.pid"),
    controllerLog: join(root, "power-controller.log"),
    hosts: join(root, "hosts"),
    faults: join(root, "faults"),
  };
}

/** Paths of the host called `name`. */
export function hostFiles(files: LabFiles, name: string): HostFiles {
  const folder = join(files.hosts, name);
  return {
    folder,
    disk: join(folder, "disk0.raw"),
    console: join(folder, "console.log"),
    power: join(folder, "power.json"),
    faults: join(files.faults, `${name}.json`),
  };
}

/** Writes a file so that a reader, or the next start after a crash, sees the old content or the new, never a part. */
export function writeAtomically(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
}

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { projectRoot } from "../../lab/setup/paths";
import { folderVariable, parseRecords, type RequestTally, tally } from "./record";

/**
 * Counts the Kubernetes API requests of all Node processes that a command starts: the program, the lifecycle programs and the
 * Node plugins. Nothing of them is changed: a module is preloaded through `NODE_OPTIONS`. Programs in other languages (`clusterctl`,
 * the official plugins) are not counted.
 */
export class RequestCounter {
  private readonly records: string;

  private constructor(
    private readonly folder: string,
    private readonly module: string,
  ) {
    this.records = join(folder, "records");
    mkdirSync(this.records);
  }

  static async create(): Promise<RequestCounter> {
    const folder = mkdtempSync(join(tmpdir(), "metal3-requests-"));
    const module = join(folder, "preload.cjs");
    await build({
      absWorkingDir: projectRoot,
      entryPoints: [join(__dirname, "preload.ts")],
      outfile: module,
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20",
      logLevel: "silent",
    });
    return new RequestCounter(folder, module);
  }

  /** Variables for the command. */
  environment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
    return {
      NODE_OPTIONS: [env["NODE_OPTIONS"], `--require=${this.module}`].filter(Boolean).join(" "),
      [folderVariable]: this.records,
    };
  }

  /** The requests since the last call, of processes that have ended. */
  take(): RequestTally {
    const files = readdirSync(this.records).map((name) => join(this.records, name));
    const found = files.flatMap((file) => parseRecords(readFileSync(file, "utf8")));
    files.forEach((file) => rmSync(file));
    return tally(found);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

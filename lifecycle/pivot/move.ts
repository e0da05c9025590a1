import fs from "node:fs/promises";
import path from "node:path";
import { type Context } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import { ensureFolder, withTemporaryFolder } from "../shared/stateFolder";
import { lastLines, runTool } from "../shared/tools";

/** Progress of a move, from clusterctl's log. */
export class MoveProgress {
  private created = 0;
  private deleted = 0;
  private said = 0;

  /** @param total Number of objects that move. */
  constructor(private readonly total: number) {}

  /** @returns A line worth showing, if this one of clusterctl's is: phases, and every fifth of the objects. */
  take(line: string): string | undefined {
    if (/^Creating \w+=/.test(line)) {
      this.created++;
    } else if (/^Deleting \w+=/.test(line)) {
      this.deleted++;
    } else {
      return /^(Moving|Waiting|Creating objects|Deleting objects|Move blocked|Error:)/.test(line)
        ? line
        : undefined;
    }
    const step = Math.max(1, Math.ceil(this.total / 5));
    const done = this.created + this.deleted;
    if (done - this.said < step && done !== 2 * this.total) {
      return undefined;
    }
    this.said = done;
    return `created ${this.created} of ${this.total} on the target, deleted ${this.deleted} of ${this.total} on the source`;
  }
}

/** Runs `clusterctl move` once. Its whole log is kept in the stack's state folder. */
export async function runMove(
  context: Context,
  options: {
    readonly stack: string;
    readonly namespace: string;
    readonly sourceKubeconfig: string;
    readonly targetKubeconfig: string;
    readonly objects: number;
    /** Default: what is left of the program's own limit. */
    readonly limitSeconds?: number;
  },
): Promise<void> {
  const logFile = path.join(await ensureFolder(options.stack, "pivot"), "clusterctl-move.log");
  const lines: string[] = [];
  const progress = new MoveProgress(options.objects);
  context.activity = "running clusterctl move";
  try {
    await withTemporaryFolder(options.stack, async (folder) => {
      const [source, target, config] = ["source", "target", "clusterctl.yaml"].map((name) =>
        path.join(folder, name),
      );
      await fs.writeFile(source, options.sourceKubeconfig, { mode: 0o600 });
      await fs.writeFile(target, options.targetKubeconfig, { mode: 0o600 });
      await fs.writeFile(config, "{}\n");
      const [program, ...first] = await endedWithUs(context, "clusterctl");
      await runTool(
        context,
        program,
        [
          ...first,
          "move",
          "--config",
          config,
          "--kubeconfig",
          source,
          "--to-kubeconfig",
          target,
          "-n",
          options.namespace,
          "-v",
          "5",
        ],
        {
          limitSeconds: options.limitSeconds,
          env: { CLUSTERCTL_DISABLE_VERSIONCHECK: "true" },
          onLine: (line) => {
            lines.push(line);
            const shown = progress.take(line);
            if (shown) {
              context.progress(shown);
            }
          },
        },
      );
    });
  } catch (error) {
    if (error instanceof LifecycleFailure) {
      const reasons = lines.filter((line) => line.startsWith("Error:"));
      throw new LifecycleFailure(`clusterctl move failed: ${reasons.at(-1) ?? error.message}`, {
        evidence: [
          ...lastLines(lines.filter((line) => !isStackTrace(line)).join("\n"), 12),
          `whole log: ${logFile}`,
        ],
        remedy: "run `pulumi up` again: it finds out how far the move came and goes on from there",
      });
    }
    throw error;
  } finally {
    // A full disk must not turn a move that succeeded into one that failed.
    await fs.writeFile(logFile, `${lines.join("\n")}\n`, { mode: 0o600 }).catch((error: unknown) => {
      context.progress(`clusterctl's log cannot be kept: ${errorText(error)}`);
    });
  }
}

/**
 * The command line of a tool that the kernel ends when this program is killed outright: a clusterctl that goes on alone would
 * write to clusters while the next run classifies them. Where `setpriv` cannot do that, the next run of this checkout ends it.
 */
async function endedWithUs(context: Context, tool: string): Promise<[string, ...string[]]> {
  const wrapper = ["--pdeathsig", "KILL"];
  try {
    const { exitCode } = await runTool(context, "setpriv", [...wrapper, "true"], { allowFailure: true });
    return exitCode === 0 ? ["setpriv", ...wrapper, tool] : [tool];
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof LifecycleFailure) return [tool];
    throw error;
  }
}

/** clusterctl ends an error with the Go stack that it came through, which says nothing to its user. */
function isStackTrace(line: string): boolean {
  return /^\s|^[\w./-]+\.(\(|\w+$)|^(main|runtime)\./.test(line);
}

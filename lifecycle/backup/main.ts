import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { Command } from "commander";
import { z } from "zod";
import { createContext } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import { KubeClient } from "../shared/kube/client";
import { decodeArchive, readHeader } from "./format";
import { type BackupKey, keyVariable, parseKey } from "./key";
import { headerLines, objectLines } from "./list";
import { restore, type RestoreOutcome } from "./restore/restore";

/**
 * `npm run restore`: shows what a backup holds, or restores it on an empty management cluster.
 * Exit codes: 0 done, 1 failed, 2 called wrongly, 130 and 143 stopped by SIGINT and SIGTERM.
 */
const options = z.object({
  list: z.string().optional(),
  archive: z.string().optional(),
  kubeconfig: z.string().optional(),
  dryRun: z.boolean().default(false),
  unpause: z.boolean().default(false),
  operator: z.string().regex(/^[^/]+\/[^/]+$/, "is not NAMESPACE/NAME"),
  timeout: z.coerce.number().positive("is not a number of seconds"),
});

const command = new Command("restore")
  .description(
    "Shows what a backup holds, or restores it on an empty management cluster that has the providers.",
  )
  .option("--list <file>", "show what a backup holds; with the key also its objects' names")
  .option("--archive <file>", "backup to restore")
  .option("--kubeconfig <file>", "kubeconfig of the management cluster")
  .option("--dry-run", "look whether it can be restored; write nothing")
  .option("--unpause", "in the end, give the objects to their controllers")
  .option(
    "--operator <namespace/name>",
    "Deployment of the Bare Metal Operator",
    "baremetal-operator-system/baremetal-operator-controller-manager",
  )
  .option("--timeout <seconds>", "limit of the whole run, and of each wait", "1800")
  .addHelpText(
    "after",
    `\nThe key of the stack is read from ${keyVariable}, or from stdin:\n  pulumi stack output backupKey --show-secrets | npm run -s restore -- --archive FILE --kubeconfig FILE`,
  );

const outcomes: Readonly<Record<RestoreOutcome, string>> = {
  tried: "the backup can be restored there; nothing was written",
  "at rest":
    "everything is there and at rest: the Cluster and every host are paused. See that no other cluster and no other Ironic runs for these machines, then run the same command with --unpause",
  released: "everything is there, and in the hands of its controllers",
};

async function main(signal: AbortSignal): Promise<number> {
  command.parse();
  const parsed = options.safeParse(command.opts());
  if (!parsed.success) {
    parsed.error.issues.forEach(({ path, message }) => say(`--${path.join(".")} ${message}`));
    return 2;
  }
  const { list, archive, kubeconfig, timeout, dryRun, unpause, operator } = parsed.data;
  if (list !== undefined) {
    return show(list);
  }
  if (archive === undefined || kubeconfig === undefined) {
    say("--archive and --kubeconfig are needed, or --list; --help says more");
    return 2;
  }
  const bytes = await readInput(archive);
  const content = await decodeArchive(bytes, await requiredKey(), archive);
  headerLines(content.header).forEach(say);
  const context = createContext({ verb: "restore", signal, limitSeconds: timeout, sink: say });
  const client = KubeClient.fromKubeconfig("cluster", (await readInput(kubeconfig)).toString("utf8"), signal);
  const [namespace = "", name = ""] = operator.split("/");
  const outcome = await restore(context, client, {
    content,
    digest: createHash("sha256").update(bytes).digest("hex"),
    dryRun,
    unpause,
    operator: { namespace, name },
    limits: { controllers: timeout, hosts: timeout },
  });
  await client.close();
  say(outcomes[outcome]);
  return 0;
}

async function show(file: string): Promise<number> {
  const bytes = await readInput(file);
  const key = await readKey();
  const lines = key
    ? await decodeArchive(bytes, key, file).then(({ header, objects }) => [
        ...headerLines(header),
        ...objectLines(objects),
      ])
    : [
        ...headerLines(readHeader(bytes, file)),
        "not proved: the key was not given, so that nothing but this line-up was read",
      ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

async function readInput(file: string): Promise<Buffer> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    throw new LifecycleFailure(`${file} cannot be read: ${errorText(error)}`);
  }
}

/** The key from the environment or from stdin. An argument would be seen by every process of the machine. */
async function readKey(): Promise<BackupKey | undefined> {
  const given = process.env[keyVariable] ?? (process.stdin.isTTY ? "" : await readAll(process.stdin));
  return given.trim() === "" ? undefined : parseKey(given);
}

async function requiredKey(): Promise<BackupKey> {
  const key = await readKey();
  if (key === undefined) {
    throw new LifecycleFailure("the key of the backup was not given", {
      remedy: `set ${keyVariable}, or pipe it in: pulumi stack output backupKey --show-secrets | npm run -s restore -- ...`,
    });
  }
  return key;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const stop = new AbortController();
let stoppedBy: NodeJS.Signals | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    stoppedBy ??= signal;
    stop.abort(new Error(`stopped by ${signal}`));
  });
}
void main(stop.signal)
  .catch((error: unknown) => {
    if (stoppedBy) {
      say(`restore: stopped by ${stoppedBy}; run it again to go on from there`);
      return stoppedBy === "SIGINT" ? 130 : 143;
    }
    say(`restore failed: ${errorText(error)}`);
    if (error instanceof LifecycleFailure) {
      error.evidence.forEach((line) => say(`  ${line}`));
      if (error.remedy) say(`  remedy: ${error.remedy}`);
    }
    return 1;
  })
  .then((code) => {
    // Idle keep-alive connections must not hold a finished program.
    process.exitCode = code;
    setImmediate(() => process.exit(code));
  });

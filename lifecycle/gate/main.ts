import { Command, CommanderError, Option } from "commander";
import { GateReader, scopeOf } from "../pivot/gate/read";
import { makeReport, reportText } from "../pivot/gate/report";
import { timed } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import { findEnds } from "./ends";
import { readStackSettings } from "./settings";

/** Exit codes, for scripts. */
const exitCodes = { clean: 0, errors: 1, notChecked: 2 } as const;

/** What the command line says, with its defaults. */
interface Options {
  readonly stack: string;
  readonly source?: string;
  readonly target?: string;
  readonly namespace?: string;
  readonly cluster?: string;
  readonly output: "text" | "json";
  readonly strict: boolean;
  readonly timeout: number;
}

/** The gate's command line: `npm run --silent gate -- [options]`. */
function commandLine(): Command {
  return new Command("gate")
    .description(
      "Checks, without writing anything, whether the cluster could move now, and shows what would.",
    )
    .option(
      "--stack <name>",
      "stack whose state folder and file give the defaults",
      process.env.PULUMI_STACK || "dev",
    )
    .option(
      "--source <kubeconfig>",
      "cluster that holds the objects [SOURCE_KUBECONFIG (content), .state/<stack>/management.kubeconfig]",
    )
    .option(
      "--target <kubeconfig>",
      "cluster that would receive them [TARGET_KUBECONFIG (content), the moved cluster itself]",
    )
    .option("--namespace <name>", "namespace of the objects [metal3:namespace of the stack, metal3]")
    .option(
      "--cluster <name>",
      "name of the Cluster [metal3:clusterName of the stack, the only one there is]",
    )
    .addOption(new Option("--output <format>", "what to print").choices(["text", "json"]).default("text"))
    .option("--strict", "judge as the move itself would: Ironic must have been handed over", false)
    .option("--timeout <seconds>", "limit of the whole check", Number, 60)
    .addHelpText("after", "\nExit codes: 0 no error, 1 errors were found, 2 the check could not be made.")
    .allowExcessArguments(false)
    .exitOverride();
}

async function run(options: Options): Promise<number> {
  const signal = AbortSignal.timeout(options.timeout * 1000);
  const settings = await readStackSettings(options.stack);
  const namespace = options.namespace ?? settings.namespace ?? "metal3";
  const clusterName = options.cluster ?? settings.clusterName;
  const { value, seconds } = await timed(async () => {
    const ends = await findEnds({ ...options, namespace, clusterName, env: process.env }, signal);
    const scope = scopeOf(
      {
        namespace,
        clusterName: ends.clusterName,
        nodesOn: ends.nodesOn,
        unownedObjects: settings.unownedObjects,
      },
      { occasion: options.strict ? "move" : "rehearsal", resumed: false },
    );
    const facts = await new GateReader(ends, signal).read(scope);
    await Promise.all([ends.source.close(), ends.target?.close()]);
    return { facts, notes: ends.notes };
  });
  const report = makeReport(value.facts, { notes: value.notes, seconds });
  process.stdout.write(
    options.output === "json" ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report),
  );
  return report.passes ? exitCodes.clean : exitCodes.errors;
}

async function main(): Promise<number> {
  try {
    return await run(commandLine().parse().opts<Options>());
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.clean : exitCodes.notChecked;
    }
    process.stderr.write(`the gate could not be checked: ${errorText(error)}\n`);
    if (error instanceof LifecycleFailure) {
      error.evidence.forEach((line) => process.stderr.write(`  ${line}\n`));
      process.stderr.write(error.remedy === undefined ? "" : `  remedy: ${error.remedy}\n`);
    }
    return exitCodes.notChecked;
  }
}

void main().then((code) => {
  process.exitCode = code;
  // Idle keep-alive connections must not hold a finished program.
  setImmediate(() => process.exit(code));
});

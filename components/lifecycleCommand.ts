import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** What a lifecycle program reports of itself on stdout, besides its own result. */
export interface LifecycleTiming {
  /** ISO 8601 time at which the program began. */
  readonly startedAt: string;
  /** ISO 8601 time at which it succeeded. */
  readonly finishedAt: string;
}

/** Arguments of {@link LifecycleCommand}. */
export interface LifecycleCommandArgs {
  /** Verb of `lifecycle/main.ts`. */
  readonly verb: string;
  /** Verb that is run with the same input and secrets when the resource is destroyed. Default: nothing is done. */
  readonly deleteVerb?: string;
  /** Non-secret input of the program. A change of it runs the program again, so nothing cosmetic belongs here. */
  readonly input: pulumi.Input<Record<string, unknown>>;
  /** Secret input, by environment variable. */
  readonly secrets?: Record<string, pulumi.Input<string>>;
  /** Limit of the program in seconds. A change of it alone does not run the program again. */
  readonly timeoutSeconds: number;
  /** Where the hosts' consoles can be read, for messages. A change of it alone does not run the program again. */
  readonly consoleLog?: string;
  /**
   * The work is done for good when it has succeeded, as what is done to a cluster that will be gone: neither other input nor other
   * Ironic credentials run the program again, only another cluster does.
   */
  readonly onlyOnce?: boolean;
  /** There is nothing to do when the resource is made: only a later change of the input runs the program. Default false. */
  readonly onlyLater?: boolean;
  /** Number of hosts that the input and the secrets tell of one by one; see {@link handOver}. Default 0. */
  readonly hosts?: number;
  /** Values whose change replaces the resource. */
  readonly triggers?: pulumi.Input<unknown>[];
}

/** Seconds that the engine allows on top of a program's own limit, so that the program can report what it waited for. */
const graceSeconds = 60;

/** The engine's limit for a program that has one of its own, as Pulumi writes durations. */
export function engineTimeout(programSeconds: number): string {
  return `${programSeconds + graceSeconds}s`;
}

/** Hosts from which on what tells of each of them does not fit into environment variables for certain. */
const manyHosts = 150;

/**
 * How a program is given its input and its secrets, which are variables by name: in its environment, where a preview shows what
 * changes. With many hosts they come as a JSON object on its standard input, since Linux starts no program with a variable
 * of more than 128 KiB.
 *
 * @param hosts Number of hosts that the variables tell of one by one.
 */
export function handOver(
  variables: Readonly<Record<string, pulumi.Input<string>>>,
  hosts = 0,
): { readonly environment: Record<string, pulumi.Input<string>>; readonly stdin?: pulumi.Input<string> } {
  return hosts < manyHosts
    ? { environment: { ...variables } }
    : { environment: { LIFECYCLE_STDIN: "variables" }, stdin: pulumi.jsonStringify(variables) };
}

/**
 * A step done by a program of `lifecycle/`: create and update run the same re-entrant program, progress is its stderr,
 * the result is the JSON object on its stdout. Paths are relative to the project, so that state fits every checkout.
 */
export class LifecycleCommand<T extends object> extends local.Command {
  /** The program's result. Secret when any of its secrets is. */
  readonly result: pulumi.Output<T & LifecycleTiming>;

  constructor(name: string, args: LifecycleCommandArgs, opts: pulumi.CustomResourceOptions = {}) {
    const timeout = engineTimeout(args.timeoutSeconds);
    const variables = { LIFECYCLE_INPUT: pulumi.jsonStringify(args.input), ...args.secrets };
    const { environment, ...handed } = handOver(variables, args.hosts);
    super(
      name,
      {
        create: args.onlyLater ? "exec true" : lifecycleInvocation(args.verb),
        update: lifecycleInvocation(args.verb),
        ...(args.deleteVerb ? { delete: lifecycleInvocation(args.deleteVerb) } : {}),
        environment: {
          ...environment,
          LIFECYCLE_TIMEOUT_SECONDS: String(args.timeoutSeconds),
          ...(args.consoleLog === undefined ? {} : { LIFECYCLE_CONSOLE_LOG: args.consoleLog }),
        },
        ...handed,
        logging: local.Logging.Stderr,
        ...(args.triggers ? { triggers: args.triggers } : {}),
      },
      pulumi.mergeOptions(opts, {
        additionalSecretOutputs: ["stdout", "stderr"],
        customTimeouts: { create: timeout, update: timeout, delete: timeout },
        ignoreChanges: [
          "environment.LIFECYCLE_TIMEOUT_SECONDS",
          ...(args.consoleLog === undefined ? [] : ["environment.LIFECYCLE_CONSOLE_LOG"]),
          ...(args.onlyOnce ? settledVariables(args) : []),
        ],
      }),
    );
    this.result = this.stdout.apply((text) => JSON.parse(text || "{}") as T & LifecycleTiming);
  }

  /** When the step began and ended; not secret. */
  get timing(): pulumi.Output<LifecycleTiming> {
    return pulumi.unsecret(this.result.apply(({ startedAt, finishedAt }) => ({ startedAt, finishedAt })));
  }
}

/** Paths of what a program that has done its work is not run again for. */
function settledVariables({ secrets = {} }: LifecycleCommandArgs): string[] {
  return ["LIFECYCLE_INPUT", ...Object.keys(secrets).filter((name) => name === "IRONIC_CREDENTIALS")].map(
    (name) => `environment.${name}`,
  );
}

/** The shell line that becomes the program: `exec` leaves no shell between the engine's time limit and the program. */
export function lifecycleInvocation(verb: string): string {
  return `exec node start.mjs lifecycle/main.ts ${verb}`;
}

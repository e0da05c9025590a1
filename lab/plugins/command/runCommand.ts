/** Runs one local command: its environment, its output, its failure. */
import { existsSync } from "node:fs";
import { runChild } from "../../../providers/shared/childProcess";
import type { ChildResult } from "../../../providers/shared/childProcess";
import { LineSplitter } from "../../../providers/shared/lineSplitter";
import { TimedOut } from "../../../providers/shared/resourceProvider";
import type { OperationContext } from "../../../providers/shared/resourceProvider";
import type { ExecutionInputs, Logging } from "./inputs";

/** Output of a command, each without its last line end. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

const DEFAULT_INTERPRETER = ["/bin/sh", "-c"] as const;

/**
 * Runs a command and returns its output; its lines are shown in the status column while it runs, as `logging` says.
 *
 * @param previous output of the resource's last command, handed on as `PULUMI_COMMAND_STDOUT` and `PULUMI_COMMAND_STDERR`.
 * @throws Error with the command and all its output, when it cannot be started, fails, is cancelled or exceeds its limit.
 */
export async function runCommand(
  command: string,
  inputs: ExecutionInputs,
  previous: CommandOutput,
  context: Pick<OperationContext, "signal" | "log">,
): Promise<CommandOutput> {
  const [file, ...args] = inputs.interpreter?.length ? inputs.interpreter : DEFAULT_INTERPRETER;
  const lines = new LineSplitter((line) => context.log.status(line));
  let result: ChildResult;
  try {
    result = await runChild({
      file,
      args: [...args, command],
      cwd: inputs.dir,
      env: environment(inputs, previous),
      stdin: inputs.stdin === "" ? undefined : inputs.stdin,
      onOutput: (stream, chunk) => {
        if (isLogged(stream, inputs.logging)) lines.write(chunk);
      },
      signal: context.signal,
    });
  } catch (error) {
    throw failure(startError(error, file, inputs.dir), command, "");
  } finally {
    lines.end();
  }
  const reason = failureReason(result, context.signal);
  if (reason !== undefined) throw failure(reason, command, result.output);
  return { stdout: withoutLastLineEnd(result.stdout), stderr: withoutLastLineEnd(result.stderr) };
}

function environment(inputs: ExecutionInputs, previous: CommandOutput): NodeJS.ProcessEnv {
  const handedOn = inputs.addPreviousOutputInEnv ?? true;
  return {
    ...process.env,
    ...inputs.environment,
    ...(handedOn && previous.stdout !== "" && { PULUMI_COMMAND_STDOUT: previous.stdout }),
    ...(handedOn && previous.stderr !== "" && { PULUMI_COMMAND_STDERR: previous.stderr }),
  };
}

function isLogged(stream: "stdout" | "stderr", logging: Logging = "stdoutAndStderr"): boolean {
  return logging === stream || logging === "stdoutAndStderr";
}

function failureReason(result: ChildResult, signal: AbortSignal): string | undefined {
  if (signal.aborted) {
    const cause = signal.reason instanceof TimedOut ? signal.reason.message : "cancelled";
    return `signal: killed: ${cause}`;
  }
  if (result.endedBySignal) return `signal: ${result.endedBySignal}`;
  return result.exitCode === 0 ? undefined : `exit status ${result.exitCode}`;
}

function startError(error: unknown, file: string, dir: string | undefined): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" && dir !== undefined && !existsSync(dir))
    return `chdir ${dir}: no such file or directory`;
  if (code === "ENOENT" && file.includes("/")) return `fork/exec ${file}: no such file or directory`;
  if (code === "ENOENT") return `exec: ${JSON.stringify(file)}: executable file not found in $PATH`;
  if (code === "E2BIG") return `fork/exec ${file}: argument list too long`;
  return message;
}

function failure(reason: string, command: string, output: string): Error {
  return new Error(`${reason}: running ${JSON.stringify(command)}:\n${output}`);
}

function withoutLastLineEnd(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

import type { CommandOptions } from "./command";
import { TreeMemory } from "./processTree";
import type { RequestCounter } from "./requests/counter";
import type { RequestTally } from "./requests/record";
import type { ThrowAwayStack } from "./throwAwayStack";

/** What one command of the engine took. */
export interface Operation {
  /** Wall clock. */
  readonly seconds: number;
  /** Memory of the engine with everything that it has started, at its peak, bytes. */
  readonly peakMemory: number;
  /** What that was made of, by program. */
  readonly memoryParts: Readonly<Record<string, number>>;
  /** Kubernetes API requests. */
  readonly requests: RequestTally;
}

/** Runs one command of the engine, and measures it. Nothing else may use the counter meanwhile. */
export async function measureOperation(
  stack: ThrowAwayStack,
  counter: RequestCounter,
  args: readonly string[],
  env: CommandOptions["env"] = {},
): Promise<Operation> {
  counter.take();
  let memory: TreeMemory | undefined;
  try {
    const { seconds } = await stack.pulumi(args, {
      env: { ...env, ...counter.environment() },
      onStart: (pid) => (memory = new TreeMemory(pid)),
    });
    const { peak = 0, parts = {} } = (await memory?.stop()) ?? {};
    return { seconds, peakMemory: peak, memoryParts: parts, requests: counter.take() };
  } finally {
    await memory?.stop();
  }
}

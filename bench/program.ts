import { z } from "zod";
import type { Times } from "./runbook";
import { devStackValues } from "./stack";
import { type StackOptions, ThrowAwayStack } from "./throwAwayStack";

/** Name of the throw-away stack. */
export const benchStack = "bench";

/** `pulumi up` as it is measured: without a question, and without a preview before it. */
export const upArguments = ["up", "--yes", "--skip-preview", "--suppress-outputs"] as const;

const outputs = z.object({
  timings: z.array(z.object({ step: z.number(), name: z.string(), seconds: z.number() })),
});

/** `pulumi up` of the dev stack's configuration on a lab that is empty; the cluster stays. */
export function measureProgram(log: string, signal: AbortSignal): Promise<Times> {
  const options: StackOptions = { subject: "program", log, signal };
  return ThrowAwayStack.use(benchStack, devStackValues(), options, async (stack) => {
    const { seconds } = await stack.pulumi(upArguments);
    const { stdout } = await stack.pulumi(["stack", "output", "--json"]);
    const { timings } = outputs.parse(JSON.parse(stdout));
    return { steps: timings, totalSeconds: seconds };
  });
}

import { z } from "zod";
import { targetKubeconfigInput } from "../inputs/targetKubeconfig";
import { rememberTarget } from "../shared/managementKubeconfig";
import { defineVerb } from "../shared/verb";

/** The part of the result of `target-kubeconfig` that is kept. */
const resultSchema = z.object({ kubeconfig: z.string().min(1) });

/**
 * `remember-target`: the end of `target-kubeconfig` on `pulumi destroy`, before the machines are released. An interrupted move
 * may have taken the kubeconfig from the bootstrap cluster without being verified; the release finds the target all the same.
 */
export const verb = defineVerb({
  input: targetKubeconfigInput,
  async run({ kubeconfigPath }, context): Promise<{ remembered: boolean }> {
    const parsed = resultSchema.safeParse(parseJSON(context.previousResult));
    if (parsed.success) {
      await rememberTarget(kubeconfigPath, parsed.data.kubeconfig);
    }
    return { remembered: parsed.success };
  },
});

function parseJSON(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    // The parser's own message could show a secret.
    return undefined;
  }
}

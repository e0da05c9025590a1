import {
  ironicCredentials,
  ironicCredentialsInput,
  type IronicCredentialsResult,
} from "../inputs/ironicCredentials";
import { defineVerb } from "../shared/verb";
import { generateCredentials } from "./generate";

/** `ironic-credentials`: makes Ironic's passwords and certificates, or keeps those of the previous run. */
export const verb = defineVerb({
  input: ironicCredentialsInput,
  async run(input, context): Promise<IronicCredentialsResult> {
    const kept = previousCredentials(context.previousResult, input);
    if (kept) {
      context.progress(`keeping the credentials of generation ${input.generation}`);
      return kept;
    }
    const startedAt = new Date().toISOString();
    const made = await generateCredentials(input);
    context.progress(
      `made new credentials and certificates for ${input.ironicIP}, generation ${input.generation}`,
    );
    return { ...made, startedAt, finishedAt: new Date().toISOString() };
  },
});

/** The previous run's credentials, when they are for this address and generation. */
export function previousCredentials(
  previousResult: string | undefined,
  wanted: { readonly ironicIP: string; readonly generation: number },
): IronicCredentialsResult | undefined {
  let value: unknown;
  try {
    value = JSON.parse(previousResult ?? "");
  } catch {
    return undefined;
  }
  const { success, data } = ironicCredentials.safeParse(value);
  return success && data.generation === wanted.generation && data.ironicIP === wanted.ironicIP
    ? data
    : undefined;
}

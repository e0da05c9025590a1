import { backupKeyInput, type BackupKeyResult, backupKeyResult } from "../inputs/backupKey";
import { defineVerb } from "../shared/verb";
import { generateKey } from "./key";

/** `backup-key`: makes the key of the stack's archives, or keeps the one of the previous run: another would open none of them. */
export const verb = defineVerb({
  input: backupKeyInput,
  async run(_input, context): Promise<BackupKeyResult> {
    const kept = previousKey(context.previousResult);
    if (kept) {
      context.progress("keeping the key of the stack's backups");
      return kept;
    }
    const startedAt = new Date().toISOString();
    const key = await generateKey();
    context.progress("made the key of the stack's backups");
    return { key, startedAt, finishedAt: new Date().toISOString() };
  },
});

/** The previous run's key, if there was one. */
export function previousKey(previousResult: string | undefined): BackupKeyResult | undefined {
  try {
    return backupKeyResult.parse(JSON.parse(previousResult ?? ""));
  } catch {
    return undefined;
  }
}

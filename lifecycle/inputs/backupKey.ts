import { z } from "zod";

/** Input of `backup-key`: none. The key is made once in the life of a stack. */
export const backupKeyInput = z.strictObject({});

/** Result of `backup-key`. */
export const backupKeyResult = z.object({
  /** age identity that opens the stack's archives. Secret. */
  key: z.string().min(1),
  /** When it was made (ISO 8601). A later run that keeps it prints the same, so nothing that depends on it changes. */
  startedAt: z.string(),
  finishedAt: z.string(),
});

/** See {@link backupKeyResult}. */
export type BackupKeyResult = z.output<typeof backupKeyResult>;

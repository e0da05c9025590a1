import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { LifecycleFailure } from "../shared/failure";

/** Environment variable that carries the key. */
export const keyVariable = "BACKUP_KEY";

/** What an age identity looks like. */
const identityPattern = /^AGE-SECRET-KEY-1[0-9A-Z]+$/;

/** Both halves of a stack's backup key. Neither is shown to anyone: who knows the recipient could make up archives. */
export interface BackupKey {
  /** Opens archives: `AGE-SECRET-KEY-1...`. */
  readonly identity: string;
  /** Seals them: `age1...`; follows from the identity. */
  readonly recipient: string;
}

/** Makes a new key: an X25519 identity of age. */
export async function generateKey(): Promise<string> {
  return generateX25519Identity();
}

/**
 * Reads a key: the identity alone, or a file as `age-keygen` writes it, with comments.
 *
 * @throws LifecycleFailure when it is none; the text itself is not shown.
 */
export async function parseKey(text: string): Promise<BackupKey> {
  const lines = text.split("\n").map((line) => line.trim());
  const [identity, ...more] = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (identity === undefined || more.length > 0 || !identityPattern.test(identity)) {
    throw notAKey();
  }
  try {
    return { identity, recipient: await identityToRecipient(identity) };
  } catch {
    throw notAKey();
  }
}

function notAKey(): LifecycleFailure {
  return new LifecycleFailure("the backup key is not an age identity (AGE-SECRET-KEY-1...)", {
    remedy: "`pulumi stack output backupKey --show-secrets` prints the stack's key",
  });
}

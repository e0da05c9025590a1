import type { Context } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import { KubeApiError } from "../shared/kube/client";
import { waitFor } from "../shared/waitFor";

/** Seconds for which an API server may be away in the middle of a pivot before the pivot gives up. */
const limitSeconds = 90;

/** Codes of a disk that cannot be written. */
const diskCodes = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO"]);

/**
 * Does something that can be done twice, and does it again while an API server does not answer.
 *
 * @param what As it completes "waiting for".
 * @throws LifecycleFailure when the server says no, the disk cannot be written, or the limit expires.
 */
export async function persist(context: Context, what: string, act: () => Promise<void>): Promise<void> {
  await waitFor(context, {
    what,
    limitSeconds,
    poll: async () => {
      try {
        await act();
        return { done: true, value: undefined };
      } catch (error) {
        throw isFinal(error) ? (explained(error) ?? new LifecycleFailure(errorText(error))) : error;
      }
    },
    remedy: "both API servers must answer; then run `pulumi up` again: it goes on from here",
  });
}

function isFinal(error: unknown): boolean {
  const refused = error instanceof KubeApiError && error.status >= 400 && error.status < 500;
  return isOfDisk(error) || (refused && ![404, 408, 409, 429].includes(error.status));
}

function isOfDisk(error: unknown): boolean {
  return error instanceof Error && diskCodes.has((error as NodeJS.ErrnoException).code ?? "");
}

/** A full or read-only disk in words; undefined for everything else. */
export function explained(error: unknown): LifecycleFailure | undefined {
  return isOfDisk(error)
    ? new LifecycleFailure(`the state folder cannot be written: ${errorText(error)}`, {
        remedy:
          "make room, or make it writable, and run `pulumi up` again: it finds out how far the move came and goes on from there",
      })
    : undefined;
}

import type { HostView } from "./hostState";

/** How long errors are waited through. */
export interface Patience {
  /** Failed attempts of the operator. */
  readonly attempts: number;
  /** Seconds without a break. */
  readonly seconds: number;
}

/** States in the order in which a host passes them. */
const order = ["", "registering", "inspecting", "preparing", "available", "provisioning", "provisioned"];

/** The state in which errors of a type arise; a host that is past it has overcome them. */
const origins: Readonly<Record<string, string>> = {
  "registration error": "registering",
  "inspection error": "inspecting",
  "preparation error": "preparing",
  "provisioning error": "provisioning",
};

/** Messages of errors that no further attempt can mend. */
const definite = /failed to verify against checksum/i;

interface Ordeal {
  readonly type: string;
  /** When the error that is there now appeared, milliseconds since the epoch. */
  since: number;
  /** Attempts that failed while this program looked. */
  attempts: number;
  /** Whether the error was there at the last look, and the operator's count of attempts then. */
  present: boolean;
  count: number;
}

/**
 * Tells an error that goes away from one that stays. The operator retries with growing pauses; what had failed before this
 * program began does not count, because the cause may have been mended since.
 *
 * The operator takes an error away while it tries again, and after a failed deployment it even cleans the host, makes it
 * available and starts to count anew. So an error that is gone is forgiven only when the host got past the state in which it
 * arose.
 */
export class ErrorWatch {
  private readonly ordeals = new Map<string, Ordeal>();
  /** The operator's count of attempts at the first look, lowered when the operator counts anew. */
  private readonly earlier = new Map<string, number>();

  constructor(private readonly patience: Patience) {}

  /**
   * Notes what is seen of a host.
   *
   * @param now Milliseconds since the epoch.
   * @returns Whether the host's error counts as one that stays.
   */
  observe(host: HostView, now: number): boolean {
    const known = this.earlier.get(host.name);
    const first = known === undefined;
    const earlier = Math.min(known ?? host.errorCount, host.errorCount);
    this.earlier.set(host.name, earlier);
    const ordeal = this.ordeals.get(host.name);
    if (host.errorMessage === undefined) {
      if (ordeal) {
        ordeal.present = false;
        if (isPast(host.state, ordeal.type)) {
          this.ordeals.delete(host.name);
        }
      }
      return false;
    }
    const current = this.next(ordeal, host, first, now);
    this.ordeals.set(host.name, current);
    const attempts = Math.max(current.attempts, host.errorCount - earlier);
    return (
      attempts >= this.patience.attempts ||
      now - current.since >= this.patience.seconds * 1000 ||
      (attempts > 0 && definite.test(host.errorMessage))
    );
  }

  private next(ordeal: Ordeal | undefined, host: HostView, first: boolean, now: number): Ordeal {
    const type = host.errorType ?? "";
    if (ordeal?.type !== type) {
      return { type, since: now, attempts: first ? 0 : 1, present: true, count: host.errorCount };
    }
    const again = !ordeal.present || ordeal.count !== host.errorCount;
    return {
      type,
      since: ordeal.present ? ordeal.since : now,
      attempts: ordeal.attempts + (again ? 1 : 0),
      present: true,
      count: host.errorCount,
    };
  }
}

/** Whether a host in a state, without an error, has overcome the errors of a type. */
function isPast(state: string, errorType: string): boolean {
  const origin = origins[errorType];
  // Deprovisioning is the way back, not past anything; other types arise in any state.
  return origin === undefined ? state !== "deprovisioning" : order.indexOf(state) > order.indexOf(origin);
}

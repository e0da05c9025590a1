/** A provider of resources in terms of property maps; {@link toPlugin} lowers it to the calls of the wire protocol. */
import type { CallContext } from "./serve";
import type { PropertyChange } from "./propertyDiff";
import type { PropertyMap } from "./properties";

/** Log of one resource. */
export interface ResourceLog {
  /** A line for the status column: shown while the operation runs, not kept. */
  status(message: string): void;
  /** A warning that stays in the output of the run. */
  warn(message: string): void;
}

/** The resource a call is about, and the circumstances. */
export interface OperationContext {
  readonly urn: string;
  /** Type token, for instance `kind:index:Cluster`. */
  readonly type: string;
  /** Logical name: the last part of the URN. */
  readonly name: string;
  readonly log: ResourceLog;
  /**
   * Aborted when the engine cancels, when the plugin has to end, and when the time limit passes; the reason is then a
   * {@link TimedOut}.
   */
  readonly signal: AbortSignal;
  /** A dry run: nothing may be changed, and outputs that come from the change are unknown. */
  readonly preview: boolean;
}

/** Why an operation was aborted: the limit in the resource's `customTimeouts` has passed. */
export class TimedOut extends Error {
  /** @param seconds the limit */
  constructor(readonly seconds: number) {
    super(`timed out after ${seconds} s (customTimeouts)`);
  }
}

/** An input that is refused, named by its property path. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** Inputs with defaults filled in, and the reasons against them. */
export interface CheckResult {
  readonly inputs: PropertyMap;
  readonly failures: readonly CheckFailure[];
}

/** Change of one property. */
export interface PropertyDifference {
  readonly change: PropertyChange;
  /** The change needs a new resource. */
  readonly replace: boolean;
}

/** Outcome of a diff, by property path; no entry means no change. */
export interface DiffResult {
  readonly changes: ReadonlyMap<string, PropertyDifference>;
  /** Delete the old resource before the new one is made. Defaults to false. */
  readonly deleteBeforeReplace?: boolean;
}

/** Both sides of a diff or an update. Changes to be ignored are undone in `news` already. */
export interface ResourceChange {
  readonly id: string;
  readonly oldInputs: PropertyMap;
  readonly state: PropertyMap;
  readonly news: PropertyMap;
}

/** A resource as it is known or found; inputs and state are empty on import. */
export interface ResourceRecord {
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly state: PropertyMap;
}

type Awaitable<T> = T | Promise<T>;

/** The operations of a package. An error thrown fails the operation with its message. */
export interface ResourceProvider {
  /** Package name, for instance "kind". */
  readonly name: string;
  /** Semantic version without the leading `v`. */
  readonly version: string;
  /** The package schema. */
  readonly schema: object;
  check(news: PropertyMap, context: OperationContext): Awaitable<CheckResult>;
  diff(change: ResourceChange, context: OperationContext): Awaitable<DiffResult>;
  create(inputs: PropertyMap, context: OperationContext): Awaitable<Pick<ResourceRecord, "id" | "state">>;
  /** @returns the new state. */
  update(change: ResourceChange, context: OperationContext): Awaitable<PropertyMap>;
  /** @returns undefined when the resource is gone. */
  read(record: ResourceRecord, context: OperationContext): Awaitable<ResourceRecord | undefined>;
  delete(id: string, state: PropertyMap, context: OperationContext): Awaitable<void>;
  invoke?(token: string, args: PropertyMap, context: OperationContext): Awaitable<PropertyMap>;
}

/**
 * Context of a call.
 *
 * @param urn URN of the resource; empty where there is none
 * @param timeoutSeconds limit of the operation; 0 means none
 */
export function operationContext(
  urn: string,
  call: CallContext,
  options: { readonly preview?: boolean; readonly timeoutSeconds?: number } = {},
): OperationContext {
  // urn:pulumi:<stack>::<project>::<parent types and type, joined by $>::<name>
  const [, , types = "", ...name] = urn.split("::");
  const limit = options.timeoutSeconds ?? 0;
  return {
    urn,
    type: types.split("$").at(-1) ?? "",
    name: name.join("::"),
    log: {
      status: (message) => call.log.status(message, urn),
      warn: (message) => call.log.log("warning", message, urn),
    },
    signal: limit > 0 ? AbortSignal.any([call.signal, timeLimit(limit)]) : call.signal,
    preview: options.preview ?? false,
  };
}

function timeLimit(seconds: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new TimedOut(seconds)), seconds * 1000).unref();
  return controller.signal;
}

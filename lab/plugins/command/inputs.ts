/** Inputs of local commands and their checks. */
import { Secret, Unknown, isObject } from "../../../providers/shared/properties";
import type { PropertyMap, PropertyValue } from "../../../providers/shared/properties";
import type { CheckFailure } from "../../../providers/shared/resourceProvider";

/** Which streams are logged while a command runs. */
export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** Inputs that say how a command is run. */
export interface ExecutionInputs {
  readonly stdin?: string;
  /** Defaults to both streams. */
  readonly logging?: Logging;
  /** Program and arguments that the command text is appended to. Defaults to `/bin/sh -c`. */
  readonly interpreter?: readonly string[];
  readonly dir?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Defaults to true. */
  readonly addPreviousOutputInEnv?: boolean;
}

/** Inputs of the resource. */
export interface CommandInputs extends ExecutionInputs {
  readonly create?: string;
  readonly update?: string;
  readonly delete?: string;
  readonly triggers?: readonly unknown[];
}

/** Inputs of the function. */
export interface RunInputs extends ExecutionInputs {
  readonly command: string;
}

type Kind = "string" | "boolean" | "list" | "map";

const EXECUTION_INPUTS: Readonly<Record<string, Kind>> = {
  stdin: "string",
  logging: "string",
  interpreter: "list",
  dir: "string",
  environment: "map",
  addPreviousOutputInEnv: "boolean",
  assetPaths: "list",
  archivePaths: "list",
};

const RESOURCE_INPUTS: Readonly<Record<string, Kind>> = {
  ...EXECUTION_INPUTS,
  create: "string",
  update: "string",
  delete: "string",
  triggers: "list",
};

/** Names of the resource's inputs. */
export const COMMAND_INPUTS: ReadonlySet<string> = new Set(Object.keys(RESOURCE_INPUTS));

const UNSUPPORTED = ["assetPaths", "archivePaths"];

/** What is wrong with the inputs of a `command:local:Command`. */
export function checkCommandInputs(inputs: PropertyMap): CheckFailure[] {
  return checkInputs(inputs, RESOURCE_INPUTS);
}

/** What is wrong with the arguments of `command:local:run`. */
export function checkRunInputs(args: PropertyMap): CheckFailure[] {
  const missing =
    args.command === undefined ? [{ property: "command", reason: "missing required field" }] : [];
  return [...missing, ...checkInputs(args, { ...EXECUTION_INPUTS, command: "string" })];
}

function checkInputs(inputs: PropertyMap, known: Readonly<Record<string, Kind>>): CheckFailure[] {
  return Object.entries(inputs).flatMap(([name, value]): CheckFailure[] => {
    if (name === "version" || name.startsWith("__")) return [];
    const kind = known[name];
    if (!kind) return [{ property: name, reason: "unrecognized field" }];
    if (UNSUPPORTED.includes(name) && !(Array.isArray(value) && value.length === 0)) {
      return [
        { property: name, reason: "the offline command plugin reads no assets: install the official plugin" },
      ];
    }
    return checkKind(name, value, kind);
  });
}

function checkKind(property: string, value: PropertyValue, kind: Kind): CheckFailure[] {
  if (value instanceof Secret) return checkKind(property, value.element, kind);
  if (value instanceof Unknown) return [];
  const wrong = (wanted: string) => [{ property, reason: `expected ${wanted}, got ${describe(value)}` }];
  switch (kind) {
    case "string":
      return typeof value === "string" ? [] : wrong("a string");
    case "boolean":
      return typeof value === "boolean" ? [] : wrong("a boolean");
    case "list":
      return Array.isArray(value) ? [] : wrong("a list");
    case "map":
      if (!isObject(value)) return wrong("a map");
      return Object.entries(value).flatMap(([key, item]) => checkKind(`${property}.${key}`, item, "string"));
  }
}

function describe(value: PropertyValue): string {
  return Array.isArray(value) ? "a list" : isObject(value) ? "a map" : `a ${typeof value}`;
}

/** The provider: when which command of a `command:local:Command` runs, and what becomes of its output. */
import { randomBytes } from "node:crypto";
import { UNKNOWN, stripSecrets } from "../../../providers/shared/properties";
import type { PropertyMap } from "../../../providers/shared/properties";
import { propertyChanges } from "../../../providers/shared/propertyDiff";
import type { OperationContext, ResourceProvider } from "../../../providers/shared/resourceProvider";
import { checkCommandInputs, checkRunInputs, COMMAND_INPUTS } from "./inputs";
import type { CommandInputs, RunInputs } from "./inputs";
import { runCommand } from "./runCommand";
import type { CommandOutput } from "./runCommand";
import schema from "./schema.json";

const COMMAND_TYPE = "command:local:Command";
const RUN_TOKEN = "command:local:run";
const NO_OUTPUT: CommandOutput = { stdout: "", stderr: "" };

/**
 * The `command` package. Outputs that mirror inputs keep their secretness; `stdout` and `stderr` are secret only where the
 * program says so (`additionalSecretOutputs`), as with the official plugin.
 */
export const commandProvider: ResourceProvider = {
  name: schema.name,
  version: schema.version,
  schema,

  check(news, { type }) {
    requireType(type);
    return { inputs: news, failures: checkCommandInputs(news) };
  },

  diff({ oldInputs, news }) {
    const changes = propertyChanges(withoutInternals(oldInputs), withoutInternals(news));
    return {
      // Changes inside the list are made replacements by the SDK (`replaceOnChanges: triggers[*]`).
      changes: new Map(
        [...changes].map(([path, change]) => [path, { change, replace: path === "triggers" }]),
      ),
    };
  },

  async create(inputs, context) {
    requireType(context.type);
    const id = `${context.name}${randomBytes(4).toString("hex")}`;
    if (context.preview) return { id, state: { ...inputs, stdout: UNKNOWN, stderr: UNKNOWN } };
    const plain = commandInputs(inputs);
    const output = await runIfGiven(plain.create, plain, NO_OUTPUT, context);
    return { id, state: { ...inputs, ...output } };
  },

  async update({ state, news }, context) {
    if (context.preview) return { ...news, stdout: UNKNOWN, stderr: UNKNOWN };
    const plain = commandInputs(news);
    const output = await runIfGiven(plain.update ?? plain.create, plain, previousOutput(state), context);
    return { ...news, ...output };
  },

  read: (record) => record,

  async delete(_id, state, context) {
    const plain = commandInputs(state);
    await runIfGiven(plain.delete, plain, previousOutput(state), context);
  },

  async invoke(token, args, context) {
    if (token !== RUN_TOKEN) throw new Error(`the offline command plugin has no function ${token}`);
    const failures = checkRunInputs(args);
    if (failures.length > 0) {
      throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
    }
    const plain = stripSecrets(args) as unknown as RunInputs;
    const output = await runCommand(plain.command, plain, NO_OUTPUT, context);
    return { ...args, ...output };
  },
};

async function runIfGiven(
  command: string | undefined,
  inputs: CommandInputs,
  previous: CommandOutput,
  context: OperationContext,
): Promise<CommandOutput> {
  return command === undefined ? previous : runCommand(command, inputs, previous, context);
}

function commandInputs(properties: PropertyMap): CommandInputs {
  return stripSecrets(properties);
}

function previousOutput(state: PropertyMap): CommandOutput {
  const { stdout, stderr } = stripSecrets(state) as Partial<CommandOutput>;
  return { stdout: stdout ?? "", stderr: stderr ?? "" };
}

function requireType(type: string): void {
  if (type !== COMMAND_TYPE) {
    throw new Error(`the offline command plugin has no resource ${type}: it runs local commands only`);
  }
}

/** The inputs without what the engine and the SDKs add for themselves. */
function withoutInternals(inputs: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => COMMAND_INPUTS.has(key)));
}

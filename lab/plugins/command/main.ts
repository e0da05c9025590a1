/**
 * Offline stand-in for Pulumi's `command` plugin 1.2.1: `command:local:Command` and `command:local:run`.
 *
 * For machines that cannot fetch the official plugin. It speaks the same provider protocol and behaves like the official one
 * for what is documented of local commands; `command:remote:*`, assets and archives are refused.
 */
import { toPlugin } from "../../../providers/shared/plugin";
import { servePlugin } from "../../../providers/shared/serve";
import { commandProvider } from "./commandProvider";

void servePlugin(toPlugin(commandProvider)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

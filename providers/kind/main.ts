/** The plugin behind `@pulumi/kind`: clusters made by the real `kind` program. */
import { toPlugin } from "../shared/plugin";
import { servePlugin } from "../shared/serve";
import { kindProvider } from "./kindProvider";

void servePlugin(toPlugin(kindProvider)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

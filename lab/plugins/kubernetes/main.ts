import { servePlugin } from "../../../providers/shared/serve";
import { KubernetesPlugin } from "./provider";

servePlugin(new KubernetesPlugin()).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});

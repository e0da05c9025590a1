/**
 * Prints where a `pulumi destroy` that is run in this folder finds the objects of a cluster that manages itself. Run as a
 * program, since state folders are relative to where it runs. Arguments: stack, namespace, name of the Cluster.
 */
import { retireInput } from "../../../lifecycle/inputs/retire";
import { findEnds } from "../../../lifecycle/retire/ends";
import { locate } from "../../../lifecycle/retire/whereabouts";
import { createContext } from "../../../lifecycle/shared/context";

async function main(): Promise<void> {
  const [stack = "", namespace = "", clusterName = ""] = process.argv.slice(2);
  const context = createContext({
    verb: "retire",
    signal: new AbortController().signal,
    limitSeconds: 120,
    sink: (line) => process.stderr.write(`${line}\n`),
  });
  const input = retireInput.parse({ stack, config: { clusterName, namespace, hosts: [] } });
  process.stdout.write(locate((await findEnds(context, input)).facts).at);
}

void main().then(() => process.exit(0));

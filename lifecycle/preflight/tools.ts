import type { Context } from "../shared/context";
import { errorText } from "../shared/failure";
import { runTool } from "../shared/tools";
import type { EnvironmentFinding, Settings } from "./finding";

/** Oldest kind that knows all that is asked of it, as [major, minor]. */
const oldestKind = [0, 20] as const;

/** The programs that the lifecycle needs, in fitting versions. */
export async function checkTools(context: Context, input: Settings): Promise<EnvironmentFinding[]> {
  const minor = minorOf(input.versions.clusterApi);
  const findings = await Promise.all([
    check(context, "kind", ["version"], (found) =>
      compare(found, oldestKind) >= 0 ? undefined : `at least v${oldestKind.join(".")} is needed`,
    ),
    check(context, "clusterctl", ["version", "-o", "short"], (found) =>
      compare(found, minor) === 0 ? undefined : `it must be of the providers' release, v${minor.join(".")}`,
    ),
    check(context, "kubectl", ["version", "--client"], () => undefined),
  ]);
  return findings.flat();
}

async function check(
  context: Context,
  tool: string,
  args: readonly string[],
  judge: (version: readonly [number, number]) => string | undefined,
): Promise<EnvironmentFinding[]> {
  const finding = (value: string, problem: string): EnvironmentFinding[] => [
    { path: "PATH", value, problem, remedy: 'run "make setup", or put a fitting one on PATH' },
  ];
  try {
    const { output } = await runTool(context, tool, args, {
      limitSeconds: 30,
      env: { CLUSTERCTL_DISABLE_VERSIONCHECK: "true" },
    });
    const version = parseVersion(output);
    if (!version) {
      return finding(tool, `its version cannot be read from ${JSON.stringify(output.slice(0, 80))}`);
    }
    const problem = judge(version);
    return problem === undefined ? [] : finding(`${tool} v${version.join(".")}`, problem);
  } catch (error) {
    context.signal.throwIfAborted();
    return finding(tool, errorText(error));
  }
}

/** The first version in a text, as [major, minor]. */
export function parseVersion(text: string): readonly [number, number] | undefined {
  const match = /\bv(\d+)\.(\d+)\.\d+/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

function minorOf(version: string): readonly [number, number] {
  return parseVersion(version) ?? [0, 0];
}

function compare(a: readonly [number, number], b: readonly [number, number]): number {
  return a[0] - b[0] || a[1] - b[1];
}

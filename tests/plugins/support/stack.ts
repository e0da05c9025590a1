/** Throw-away stacks with the real engine: local state, an inline program, plugins from the checkout or the official ones. */
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import type { Stack } from "@pulumi/pulumi/automation";
import { toolPath } from "../../../lab/setup/paths";

process.env.PATH = toolPath();

let command: Promise<PulumiCommand> | undefined;

/**
 * Makes an empty stack.
 *
 * @param folder folder of the project and its state, and the working folder of the plugins
 * @param plugins package name to the folder of its plugin; the engine finds or downloads a package that is left out
 * @param env environment of the engine and the plugins, on top of this process's
 */
export async function createStack(
  folder: string,
  plugins: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): Promise<Stack> {
  // Asks the CLI for its version: once is enough. One built from its module does not know it.
  command ??= PulumiCommand.get({ skipVersionCheck: true });
  const providers = Object.entries(plugins).map(([name, path]) => ({ name, path }));
  return LocalWorkspace.createStack(
    { stackName: "test", projectName: "test", program: () => Promise.resolve() },
    {
      workDir: folder,
      pulumiCommand: await command,
      projectSettings: {
        name: "test",
        runtime: "nodejs",
        backend: { url: `file://${folder}` },
        ...({ plugins: { providers } } as object),
      },
      envVars: {
        PULUMI_CONFIG_PASSPHRASE: "test",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        ...env,
      },
    },
  );
}

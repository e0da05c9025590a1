import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { environment, makeState } from "./environment";
import { projectRoot } from "./paths";
import { clock, note } from "./progress";
import { summary } from "./summary";

const outputsSchema = z.object({
  endpoint: z.string(),
  ironicEndpoint: z.string(),
  timings: z.array(z.object({ step: z.number(), name: z.string(), seconds: z.number() })),
});

/** `pulumi up` of the dev stack on the running lab, with its progress, and a summary at the end. */
async function main(): Promise<void> {
  const begin = Date.now();
  makeState();
  const env = { ...process.env, ...environment() };
  const stack = env["PULUMI_STACK"] ?? "";
  await pulumi(["stack", "select", "--create", "--stack", stack], env);
  await pulumi(
    [
      "up",
      "--stack",
      stack,
      "--yes",
      "--skip-preview",
      "--non-interactive",
      "--suppress-outputs",
      "--color",
      "never",
    ],
    env,
  );
  const outputs = outputsSchema.parse(
    JSON.parse(
      (await execa("pulumi", ["stack", "output", "--json", "--stack", stack], { env, cwd: projectRoot }))
        .stdout,
    ),
  );
  const cluster = await execa("pulumi", ["config", "get", "clusterName", "--stack", stack], {
    env,
    cwd: projectRoot,
  });
  process.stdout.write(
    `\n${summary({ ...outputs, cluster: cluster.stdout.trim(), stack, totalSeconds: (Date.now() - begin) / 1000 })}\n`,
  );
}

/** Runs pulumi with its output on this terminal, every line led by the time since the start. */
async function pulumi(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const begin = Date.now();
  const child = spawn("pulumi", args, { cwd: projectRoot, env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) process.stdout.write(`${clock(Date.now() - begin)} ${line}\n`);
    });
    stream.on("end", () => {
      if (rest !== "") process.stdout.write(`${clock(Date.now() - begin)} ${rest}\n`);
    });
  }
  const stop = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  process.off("SIGINT", stop).off("SIGTERM", stop);
  if (code !== 0)
    throw new Error(
      `pulumi ${args[0]} ended with ${code === null ? `signal ${signal}` : `exit code ${code}`}. The lab's logs are in ${join(projectRoot, ".lab")}; ` +
        "when the cause is mended, `make up` goes on from here.",
    );
}

main().catch((error: unknown) => {
  note("up", `failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});

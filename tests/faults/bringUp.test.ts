import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bmcCredentials } from "../../lab/control/addresses";
import { docker } from "../../lab/control/docker";
import { addFault, mendFaults } from "../../lab/control/faults";
import { hostFiles, labFiles } from "../../lab/control/files";
import { LabStack, type StateResource, type UpResult } from "./labStack";

/** The host that is faulty: the control plane's, which everything else waits for. */
const victim = "host-0";
const files = hostFiles(labFiles(), victim);

/** Seconds that a run may take over the limit that it ran into: the engine, and what comes before and after the wait. */
const slackSeconds = 90;

let stack: LabStack;
let failed = false;
/** State after the last run. */
let state: readonly StateResource[] = [];

/** One run of the sequence: each goes on from where the one before it failed. */
function step(name: string, run: () => Promise<void>): void {
  it(name, async () => {
    expect(failed, "an earlier step failed").toBe(false);
    failed = true;
    await run();
    failed = false;
  });
}

/**
 * One bring-up that meets one fault after the other. Every time `pulumi up` names host, layer and evidence; when the cause
 * is mended the next run goes on from there, to the end.
 */
describe("a bring-up that meets faults", () => {
  beforeAll(async () => {
    stack = new LabStack();
    stack.writeCredentials({ default: bmcCredentials });
    stack.configure({});
    await stack.init();
  });

  afterAll(async () => {
    mendFaults(files);
    await stack.remove();
  });

  step("is refused before anything is made when the stack has a wrong BMC password", async () => {
    stack.writeCredentials({ default: bmcCredentials, [victim]: { ...bmcCredentials, password: "wrong" } });
    const { output, exitCode, seconds } = await stack.up();
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(
      new RegExp(`bmcCredentials\\.${victim} .*BMC login: the BMC refuses .* \\(HTTP 401\\); remedy: `),
    );
    expect(output).toContain("nothing was created or changed");
    expect(output).not.toContain("wrong");
    expect(seconds).toBeLessThan(60);
    expect(await stack.resources()).toEqual([]);
    expect(await bootstrapContainer()).toBe("");
    stack.writeCredentials({ default: bmcCredentials });
  });

  step("names the host and its BMC's login when that is refused later", async () => {
    stack.configure({ timeouts: { hostsAvailable: 480 } });
    const result = await stack.up((line) => {
      // From now on nobody looks at the BMCs but Ironic.
      if (line.includes("preflight: the environment is ready")) addFault(files, "bmc-login");
    });
    failsWith(result, "hosts-available", `host ${victim} failed (BMC login): registration error: `);
    expect(result.output).toMatch(/event \S+ Normal RegistrationError: .*401/);
    await keepsState([]);
  });

  step("names the host and its network boot when it never boots", async () => {
    mendFaults(files);
    addFault(files, "no-boot");
    stack.configure({ timeouts: { hostsAvailable: 150 } });
    const result = await stack.up();
    failsWith(
      result,
      "hosts-available",
      `not every host became available within 150 s: host ${victim} (network boot and inspection): inspecting since `,
    );
    expect(result.seconds).toBeLessThan(150 + slackSeconds);
    expect(result.output).toContain(`the last lines of .lab/hosts/${victim}/console.log:`);
    expect(result.output).toContain("self-test: memory training...");
    await keepsState([]);
  });

  step("gets the host going again, and names both checksums when that of the image is wrong", async () => {
    mendFaults(files);
    stack.configure({
      image: { ...labImage, checksum: "0".repeat(64) },
      timeouts: { hostsAvailable: 480, controlPlane: 480 },
    });
    const result = await stack.up();
    failsWith(result, "target-kubeconfig", /host host-\d failed \(image checksum\): provisioning error: /);
    expect(result.output).toMatch(/image checksum: 0{64}; verification checksum: [0-9a-f]{64}/);
    expect(result.output).toMatch(/hosts: .*host-0 available/);
    expect(result.output).toMatch(/the last lines of \.lab\/hosts\/host-\d\/console\.log:/);
    await keepsState([]);
  });

  step("comes to its end when the checksum is right", async () => {
    stack.configure({});
    const { output, exitCode } = await stack.up();
    expect(exitCode, output.slice(-6000)).toBe(0);
    expect(output).toMatch(
      /Machine metal3\/\S+ is made from an earlier template and has no node: deleting it/,
    );
    // Templates have names by their content: with the image they are others.
    await keepsState([/control-plane-machines-[0-9a-f]+$/, /pool-workers-machines-[0-9a-f]+$/]);
    expect(await bootstrapContainer()).toBe("");
    const preview = await stack.previewNoChanges();
    expect(preview.exitCode, preview.all.slice(-6000)).toBe(0);
  });
});

const labImage = {
  url: "http://172.22.0.4:8080/host-v1.34.4.raw",
  checksumType: "sha256",
  format: "raw",
};

/** The run failed in a program, with the message and a remedy. */
function failsWith({ exitCode, output }: UpResult, verb: string, message: string | RegExp): void {
  expect(exitCode, output.slice(-6000)).not.toBe(0);
  const line = output.split("\n").find((text) => text.includes(`${verb} failed: `));
  expect(line, output.slice(-6000)).toMatch(message);
  expect(output).toMatch(/^.*remedy: .*; then run again/m);
}

/** Nothing that was made before the last run has been made anew, but what the patterns name. */
async function keepsState(except: readonly RegExp[]): Promise<void> {
  const before = state;
  state = await stack.resources();
  expect(state.length).toBeGreaterThan(40);
  const made = new Map(state.map(({ urn, created }) => [urn, created]));
  for (const { urn, created } of before) {
    if (!except.some((pattern) => pattern.test(urn))) expect(made.get(urn), urn).toBe(created);
  }
}

/** Name of the bootstrap cluster's container, "" when there is none. */
async function bootstrapContainer(): Promise<string> {
  return docker(["ps", "--all", "--filter", `name=^${stack.kindName}-`, "--format", "{{.Names}}"]);
}

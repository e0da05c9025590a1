import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { readConfig } from "../../../config/load";
import { parseClusterConfig } from "../../../config/parse";
import { ConfigurationError } from "../../../config/problem";
import { minimalConfig } from "./userConfig";

const project = path.resolve(__dirname, "../../..");
const everythingSecret = () => true;

/** Values as Pulumi hands them to a program: scalars as they are written, the rest as JSON. */
function pulumiValues(config: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );
}

const credentials = { default: { username: "root", password: "calvin" } };

describe("values from Pulumi", () => {
  it("give the same as the configuration that they spell", () => {
    const values = pulumiValues({ ...minimalConfig(), bmcCredentials: credentials });
    const { config, bmcCredentials } = readConfig({ ...values, workers: "2" }, project, everythingSecret);
    expect(config).toEqual(parseClusterConfig({ ...minimalConfig(), workers: 2 }));
    expect(Object.keys(bmcCredentials)).toEqual(["host-1", "host-2", "host-3"]);
  });

  it("that are malformed are reported once", () => {
    const values = pulumiValues({ ...minimalConfig(), bmcCredentials: credentials });
    expect(problems({ ...values, hosts: "[", workers: "two" })).toEqual(["hosts", "workers"]);
  });

  it("under a misspelt credentials key are answered with the right one", () => {
    const values = pulumiValues({ ...minimalConfig(), bmcCredential: credentials });
    expect(messageOf(values)).toContain('Did you mean "bmcCredentials"?');
  });
});

describe("hosts from a file", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "hosts-"));
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  function write(content: string, hosts = "[]"): Record<string, string> {
    fs.writeFileSync(path.join(folder, "hosts.yaml"), content);
    return {
      ...pulumiValues({ ...minimalConfig(), bmcCredentials: credentials }),
      hosts,
      hostsFile: "hosts.yaml",
    };
  }

  it.each([
    ["JSON", JSON.stringify],
    ["YAML", stringify],
  ])("are the same as in the configuration, as %s", (_format, text) => {
    const { config } = readConfig(write(text(minimalConfig().hosts)), folder, everythingSecret);
    expect(config).toEqual(parseClusterConfig(minimalConfig()));
  });

  it("are judged as those of the configuration are", () => {
    const [first, ...others] = minimalConfig().hosts;
    const text = JSON.stringify([{ ...first, bmcAddress: "nowhere" }, ...others]);
    expect(problems(write(text), folder)).toEqual(["hosts[0].bmcAddress"]);
    expect(problems(write("name: host-1"), folder)).toEqual(["hosts"]);
  });

  it("are reported once where the file is not there or not readable", () => {
    expect(problems({ ...write("[]"), hostsFile: "nowhere.yaml" }, folder)).toEqual(["hostsFile"]);
    expect(problems(write("[}"), folder)).toEqual(["hostsFile"]);
  });

  it("come from one place", () =>
    expect(problems(write("[]", JSON.stringify(minimalConfig().hosts)), folder)).toEqual(["hostsFile"]));
});

describe("BMC credentials", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "credentials-"));
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  function write(content: string, mode = 0o600): Record<string, string> {
    fs.writeFileSync(path.join(folder, "bmc.json"), content, { mode });
    return { ...pulumiValues(minimalConfig()), bmcCredentialsFile: "bmc.json" };
  }

  it("are of each host, with a default for the others", async () => {
    const own = { "host-2": { username: "own", password: "own" } };
    const { bmcCredentials } = readConfig(
      write(JSON.stringify({ ...credentials, ...own })),
      folder,
      everythingSecret,
    );
    const values = await Promise.all(
      Object.values(bmcCredentials).map(
        (output) => new Promise<string>((resolve) => output.apply(({ username }) => resolve(username))),
      ),
    );
    expect(values).toEqual(["root", "own", "root"]);
  });

  it("are secrets", async () => {
    const { bmcCredentials } = readConfig(write(JSON.stringify(credentials)), folder, everythingSecret);
    const output = bmcCredentials["host-1"] as unknown as { isSecret: Promise<boolean> };
    expect(await output.isSecret).toBe(true);
  });

  it("may not be readable by others", () => {
    const values = write(JSON.stringify(credentials), 0o644);
    expect(messageOf(values, folder)).toContain("chmod 600 bmc.json");
  });

  it("may not be kept in the clear in the stack", () => {
    const values = pulumiValues({ ...minimalConfig(), bmcCredentials: credentials });
    expect(problems(values, project, () => false)).toEqual(["bmcCredentials"]);
  });

  it("are missed host by host", () => {
    const one = { "host-1": credentials.default };
    const values = pulumiValues({ ...minimalConfig(), bmcCredentials: one });
    expect(problems(values)).toEqual(["hosts[1]", "hosts[2]"]);
    expect(problems(pulumiValues(minimalConfig()))).toEqual(["hosts[0]", "hosts[1]", "hosts[2]"]);
  });

  it("come from one place", () => {
    const values = { ...write("{}"), bmcCredentials: JSON.stringify(credentials) };
    expect(problems(values, folder)).toEqual(["bmcCredentialsFile"]);
  });

  it("never appear in a message, whatever is wrong with them or with the rest", () => {
    const secret = fc.stringMatching(/^[a-zA-Z0-9]{12,20}$/);
    const broken = fc.constantFrom(
      (text: string) => ({ default: { username: text, password: 1 } }),
      (text: string) => ({ default: { username: "x", pasword: text } }),
      (text: string) => ({ default: text }),
      (text: string) => [text],
      (text: string) => text,
      (text: string) => ({ default: { username: text, password: text } }),
    );
    fc.assert(
      fc.property(secret, broken, (text, shape) => {
        const config = minimalConfig();
        config.hosts[0].bmcAddress = `redfish://root:${text}@10.20.0.1/redfish/v1/Systems/1`;
        const values = pulumiValues({ ...config, bmcCredentials: shape(text) });
        expect(messageOf(values)).not.toContain(text);
        expect(messageOf(write(JSON.stringify(shape(text))), folder) ?? "").not.toContain(text);
        expect(messageOf(write(`{"default": ${text}`), folder) ?? "").not.toContain(text);
      }),
      { numRuns: 60 },
    );
  });
});

describe("the project's files", () => {
  interface ProjectFile {
    config: Record<string, { type: string; default: unknown }>;
  }
  const declared = (parse(fs.readFileSync(path.join(project, "Pulumi.yaml"), "utf8")) as ProjectFile).config;
  const lab = (
    parse(fs.readFileSync(path.join(project, "Pulumi.dev.yaml"), "utf8")) as {
      config: Record<string, unknown>;
    }
  ).config;

  it("declare keys whose defaults change nothing", () => {
    const credentialKeys = ["bmcCredentials", "bmcCredentialsFile", "hostsFile"];
    const defaults = Object.entries(declared).map(([key, value]) => [key, value.default] as const);
    const set = Object.fromEntries(
      defaults.filter(([key, value]) => value !== "" && !credentialKeys.includes(key)),
    );
    expect(parseClusterConfig({ ...set, ...minimalConfig() })).toEqual(parseClusterConfig(minimalConfig()));
  });

  it("describe a lab that is accepted", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lab-"));
    try {
      const config = Object.fromEntries(
        Object.entries(lab).map(([key, value]) => [key.replace(/^metal3:/, ""), value]),
      );
      expect(Object.keys(declared)).toEqual(expect.arrayContaining(Object.keys(config)));
      fs.mkdirSync(path.join(folder, ".lab"));
      fs.writeFileSync(path.join(folder, ".lab/bmc-credentials.json"), JSON.stringify(credentials), {
        mode: 0o600,
      });
      expect(readConfig(pulumiValues(config), folder, everythingSecret).config.hosts).toHaveLength(3);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});

function problemsOf(
  values: Record<string, string>,
  folder = project,
  isSecret: (key: string) => boolean = everythingSecret,
): ConfigurationError | undefined {
  try {
    readConfig(values, folder, isSecret);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

function problems(...args: Parameters<typeof problemsOf>): string[] {
  return problemsOf(...args)?.problems.map(({ path }) => path) ?? [];
}

function messageOf(...args: Parameters<typeof problemsOf>): string | undefined {
  return problemsOf(...args)?.message;
}

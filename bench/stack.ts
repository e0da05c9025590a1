import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import type { BasicCredentials, ClusterConfig } from "../config/clusterConfig";
import { readConfig } from "../config/load";
import { projectRoot } from "../lab/setup/paths";

/** Configuration of the dev stack, from its file: what both ways are given. */
export interface DevStack {
  readonly config: ClusterConfig;
  readonly bmcCredentials: Readonly<Record<string, pulumi.Output<BasicCredentials>>>;
}

/** Keys and values of `Pulumi.dev.yaml`. */
export function devStackValues(): Record<string, unknown> {
  const { config } = parse(readFileSync(join(projectRoot, "Pulumi.dev.yaml"), "utf8")) as {
    config: Record<string, unknown>;
  };
  return config;
}

/**
 * The dev stack as the program reads it. The lab must run: it writes the BMC credentials.
 *
 * @throws ConfigurationError
 */
export function readDevStack(values: Record<string, unknown> = devStackValues()): DevStack {
  const texts = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key.replace(/^metal3:/, ""),
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  return readConfig(texts, projectRoot, () => false);
}

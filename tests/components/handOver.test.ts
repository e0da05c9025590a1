import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { handOver } from "../../components/lifecycleCommand";
import { mockEngine } from "./support";

const variables = { LIFECYCLE_INPUT: '{"a":1}', PASSWORD: pulumi.secret("hidden") };

interface Resolved {
  readonly value: unknown;
  readonly secret: boolean;
}

async function resolved(input: pulumi.Input<unknown>): Promise<Resolved> {
  const output = pulumi.output(input) as pulumi.Output<unknown> & { isSecret: Promise<boolean> };
  const value = await new Promise((resolve) => output.apply(resolve));
  return { value, secret: await output.isSecret };
}

describe("what a program is given", () => {
  beforeAll(() => mockEngine());

  it("is in its environment where it tells of few hosts", () =>
    expect(handOver(variables, 149)).toEqual({ environment: variables }));

  it("is a secret on its standard input where it tells of many", async () => {
    const { environment, stdin } = handOver(variables, 150);
    expect(environment).toEqual({ LIFECYCLE_STDIN: "variables" });
    expect(await resolved(stdin)).toEqual({
      value: JSON.stringify({ LIFECYCLE_INPUT: '{"a":1}', PASSWORD: "hidden" }),
      secret: true,
    });
  });
});

import * as pulumi from "@pulumi/pulumi";

/** One resource as the engine would be asked to register it. */
export interface RegisteredResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  readonly options: pulumi.CustomResourceOptions;
  /** Options of the parent component, some of which the engine hands down. */
  readonly parentOptions?: pulumi.CustomResourceOptions;
}

/** Outputs that a mocked resource adds to its inputs, by type token. */
export type MockedOutputs = Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>>;

const registered: RegisteredResource[] = [];
const options = new Map<string, pulumi.CustomResourceOptions>();

/**
 * Runs components without an engine. Must be called before the program is imported.
 * Inputs come from the mocks, options from a stack transformation, since mocks do not see them.
 */
export async function mockEngine(
  outputs: MockedOutputs = {},
  config: Record<string, string> = {},
): Promise<void> {
  pulumi.runtime.setAllConfig(config);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        const values = inputs as Record<string, unknown>;
        const opts = options.get(`${type}/${name}`) ?? {};
        registered.push({
          type,
          name,
          inputs: values,
          options: opts,
          parentOptions: optionsOf(opts.parent),
        });
        return { id: id || `${name}-id`, state: { ...values, ...outputs[type]?.(values) } };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "metal3",
    "test",
    false,
    "organization",
  );
}

function optionsOf(resource: pulumi.Resource | undefined): pulumi.CustomResourceOptions | undefined {
  const { __pulumiType, __name } = (resource ?? {}) as { __pulumiType?: string; __name?: string };
  return options.get(`${__pulumiType}/${__name}`);
}

/** Runs a program in a stack and returns everything it registered. */
export async function registrations(program: () => Promise<unknown>): Promise<readonly RegisteredResource[]> {
  registered.length = 0;
  options.clear();
  await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation(({ type, name, opts }) => {
      options.set(`${type}/${name}`, opts);
      return undefined;
    });
    await program();
  });
  await pulumi.runtime.disconnect();
  return [...registered];
}

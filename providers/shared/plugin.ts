/** Lowers a {@link ResourceProvider} to the calls of `pulumirpc.ResourceProvider`. */
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { marshal, unmarshal } from "./properties";
import type { PropertyMap } from "./properties";
import { operationContext } from "./resourceProvider";
import type { CheckResult, DiffResult, ResourceChange, ResourceProvider } from "./resourceProvider";
import type { ProviderPlugin } from "./serve";

/** The plugin that serves a provider without configuration. */
export function toPlugin(provider: ResourceProvider): ProviderPlugin {
  const invoke = provider.invoke?.bind(provider);
  return {
    version: provider.version,

    getSchema: () => {
      return Promise.resolve(new pb.GetSchemaResponse().setSchema(JSON.stringify(provider.schema)));
    },

    checkConfig: (request) => Promise.resolve(new pb.CheckResponse().setInputs(request.getNews())),

    diffConfig: () => Promise.resolve(diffResponse({ changes: new Map() })),

    configure: () =>
      Promise.resolve(
        new pb.ConfigureResponse()
          .setAcceptsecrets(true)
          .setSupportspreview(true)
          .setAcceptresources(false)
          .setAcceptoutputs(false),
      ),

    async check(request, call) {
      const context = operationContext(request.getUrn(), call, { preview: true });
      return checkResponse(await provider.check(unmarshal(request.getNews()), context));
    },

    async diff(request, call) {
      const context = operationContext(request.getUrn(), call, { preview: true });
      return diffResponse(await provider.diff(resourceChange(request), context));
    },

    async create(request, call) {
      const context = operationContext(request.getUrn(), call, {
        preview: request.getPreview(),
        timeoutSeconds: request.getTimeout(),
      });
      const { id, state } = await provider.create(unmarshal(request.getProperties()), context);
      return new pb.CreateResponse().setId(id).setProperties(marshal(state));
    },

    async update(request, call) {
      const context = operationContext(request.getUrn(), call, {
        preview: request.getPreview(),
        timeoutSeconds: request.getTimeout(),
      });
      const state = await provider.update(resourceChange(request), context);
      return new pb.UpdateResponse().setProperties(marshal(state));
    },

    async read(request, call) {
      const context = operationContext(request.getUrn(), call, { timeoutSeconds: request.getTimeout() });
      const known = {
        id: request.getId(),
        inputs: unmarshal(request.getInputs()),
        state: unmarshal(request.getProperties()),
      };
      const found = await provider.read(known, context);
      // Without an id the engine takes the resource out of the state.
      if (!found) return new pb.ReadResponse();
      return new pb.ReadResponse()
        .setId(found.id)
        .setInputs(marshal(found.inputs))
        .setProperties(marshal(found.state));
    },

    async delete(request, call) {
      const context = operationContext(request.getUrn(), call, { timeoutSeconds: request.getTimeout() });
      await provider.delete(request.getId(), unmarshal(request.getProperties()), context);
      return new Empty();
    },

    invoke:
      invoke &&
      (async (request, call) => {
        const context = operationContext("", call, { preview: request.getPreview() });
        const result = await invoke(request.getTok(), unmarshal(request.getArgs()), context);
        return new pb.InvokeResponse().setReturn(marshal(result));
      }),
  };
}

function resourceChange(request: pb.DiffRequest | pb.UpdateRequest): ResourceChange {
  const oldInputs = unmarshal(request.getOldInputs());
  return {
    id: request.getId(),
    oldInputs,
    state: unmarshal(request.getOlds()),
    news: withIgnored(oldInputs, unmarshal(request.getNews()), request.getIgnorechangesList()),
  };
}

/** The engine undoes ignored changes by itself; what it still lists here are whole properties, as older engines do. */
function withIgnored(oldInputs: PropertyMap, news: PropertyMap, ignored: readonly string[]): PropertyMap {
  const known = ignored.filter((name) => name in oldInputs);
  return { ...news, ...Object.fromEntries(known.map((name) => [name, oldInputs[name] ?? null])) };
}

function checkResponse(result: CheckResult): pb.CheckResponse {
  const failures = result.failures.map(({ property, reason }) => {
    return new pb.CheckFailure().setProperty(property).setReason(reason);
  });
  return new pb.CheckResponse().setInputs(marshal(result.inputs)).setFailuresList(failures);
}

const { Kind } = pb.PropertyDiff;
const DIFF_KINDS = {
  add: { inPlace: Kind.ADD, replace: Kind.ADD_REPLACE },
  delete: { inPlace: Kind.DELETE, replace: Kind.DELETE_REPLACE },
  update: { inPlace: Kind.UPDATE, replace: Kind.UPDATE_REPLACE },
} as const;

function diffResponse(result: DiffResult): pb.DiffResponse {
  const changes = [...result.changes];
  const { DIFF_SOME, DIFF_NONE } = pb.DiffResponse.DiffChanges;
  const response = new pb.DiffResponse()
    .setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList(changes.map(([path]) => path))
    .setReplacesList(changes.filter(([, { replace }]) => replace).map(([path]) => path))
    .setDeletebeforereplace(result.deleteBeforeReplace ?? false)
    .setHasdetaileddiff(true);
  for (const [path, { change, replace }] of changes) {
    const kind = DIFF_KINDS[change][replace ? "replace" : "inPlace"];
    response.getDetaileddiffMap().set(path, new pb.PropertyDiff().setKind(kind).setInputdiff(true));
  }
  return response;
}

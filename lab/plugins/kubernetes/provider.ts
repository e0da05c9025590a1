import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { marshal, stripSecrets, unmarshal } from "../../../providers/shared/properties";
import type { CallContext, ProviderPlugin } from "../../../providers/shared/serve";
import { checkInputs } from "./check";
import type { Cluster } from "./cluster";
import { createResource, updateResource } from "./createUpdateResource";
import { deleteResource } from "./deleteResource";
import { readResource } from "./readResource";
import { invokeDecodeYaml } from "./decodeYaml";
import { diffResource } from "./diff";
import type { Autonaming } from "./naming";
import { toPropertyDiff } from "./objectDiff";
import { typeOfUrn } from "./objects";
import { checkConfig, configure, diffConfig } from "./providerConfig";
import type { ProviderState } from "./providerConfig";
import { formatPropertyPath } from "./propertyPath";

/** Version of the official plugin whose protocol and behaviour this one follows. */
const VERSION = "4.34.2";
const CONFIG_PREFIX = "kubernetes:config:";

/** An offline stand-in for the official `kubernetes` plugin: the provider protocol for typed and custom resources. */
export class KubernetesPlugin implements ProviderPlugin {
  readonly version = VERSION;
  private state: ProviderState | undefined;

  getSchema(): Promise<pb.GetSchemaResponse> {
    const response = new pb.GetSchemaResponse();
    response.setSchema(JSON.stringify({ name: "kubernetes", version: VERSION }));
    return Promise.resolve(response);
  }

  checkConfig(request: pb.CheckRequest): Promise<pb.CheckResponse> {
    const response = new pb.CheckResponse();
    response.setInputs(request.getNews());
    for (const { property, reason } of checkConfig(unmarshal(request.getNews()))) {
      response.addFailures(failure(property, reason));
    }
    return Promise.resolve(response);
  }

  diffConfig(request: pb.DiffRequest): Promise<pb.DiffResponse> {
    const { changed, replaces } = diffConfig(unmarshal(request.getOlds()), unmarshal(request.getNews()));
    const response = new pb.DiffResponse();
    const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
    response.setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME);
    response.setDiffsList([...changed]);
    response.setReplacesList([...replaces]);
    return Promise.resolve(response);
  }

  async configure(request: pb.ConfigureRequest): Promise<pb.ConfigureResponse> {
    this.state = await configure(configValues(request));
    const response = new pb.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  }

  async invoke(request: pb.InvokeRequest): Promise<pb.InvokeResponse> {
    const token = request.getTok();
    if (token !== "kubernetes:yaml:decode") {
      throw new Error(
        `unknown Invoke type "${token}": Helm and Kustomize need the official kubernetes plugin`,
      );
    }
    const result = await invokeDecodeYaml(stripSecrets(unmarshal(request.getArgs())), this.cluster());
    const response = new pb.InvokeResponse();
    response.setReturn(marshal(result));
    return response;
  }

  construct(request: pb.ConstructRequest): Promise<pb.ConstructResponse> {
    return Promise.reject(
      new Error(
        `${request.getType()} is not supported by the offline kubernetes plugin: it needs the official one`,
      ),
    );
  }

  async check(request: pb.CheckRequest, context: CallContext): Promise<pb.CheckResponse> {
    const state = this.configured();
    const urn = request.getUrn();
    refuseUnsupported(urn);
    const response = new pb.CheckResponse();
    if (!state.target.reachable && state.settings.skipUpdateUnreachable) {
      context.log.log(
        "warning",
        "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...",
        urn,
      );
      response.setInputs(request.getOlds());
      return response;
    }
    const inputs = await checkInputs({
      state,
      urn,
      olds: unmarshal(request.getOlds()),
      news: unmarshal(request.getNews()),
      seed: request.getRandomseed_asU8(),
      autonaming: autonamingOf(request),
    });
    response.setInputs(marshal(inputs));
    return response;
  }

  async diff(request: pb.DiffRequest): Promise<pb.DiffResponse> {
    const result = await diffResource(
      this.configured(),
      request.getUrn(),
      unmarshal(request.getOlds()),
      unmarshal(request.getNews()),
      request.getIgnorechangesList(),
    );
    const response = new pb.DiffResponse();
    const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
    response.setChanges(result.differences.length === 0 ? DIFF_NONE : DIFF_SOME);
    response.setReplacesList(result.replaces);
    response.setDeletebeforereplace(result.deleteBeforeReplace);
    response.setHasdetaileddiff(true);
    const details = response.getDetaileddiffMap();
    for (const difference of result.differences) {
      details.set(formatPropertyPath(difference.path), toPropertyDiff(difference));
    }
    return response;
  }

  async create(request: pb.CreateRequest, context: CallContext): Promise<pb.CreateResponse> {
    const { id, properties } = await createResource({
      state: this.configured(),
      urn: request.getUrn(),
      preview: request.getPreview(),
      timeout: request.getTimeout(),
      inputs: unmarshal(request.getProperties()),
      context,
    });
    const response = new pb.CreateResponse();
    response.setId(id);
    response.setProperties(marshal(properties));
    return response;
  }

  async read(request: pb.ReadRequest, context: CallContext): Promise<pb.ReadResponse> {
    const result = await readResource({
      state: this.configured(),
      urn: request.getUrn(),
      id: request.getId(),
      saved: unmarshal(request.getProperties()),
      inputs: unmarshal(request.getInputs()),
      context,
    });
    const response = new pb.ReadResponse();
    if (result === undefined) return response;
    response.setId(result.id);
    response.setProperties(marshal(result.properties));
    response.setInputs(marshal(result.inputs));
    return response;
  }

  async update(request: pb.UpdateRequest, context: CallContext): Promise<pb.UpdateResponse> {
    const properties = await updateResource({
      state: this.configured(),
      urn: request.getUrn(),
      preview: request.getPreview(),
      timeout: request.getTimeout(),
      saved: unmarshal(request.getOlds()),
      inputs: unmarshal(request.getNews()),
      ignoreChanges: request.getIgnorechangesList(),
      context,
    });
    const response = new pb.UpdateResponse();
    response.setProperties(marshal(properties));
    return response;
  }

  async delete(request: pb.DeleteRequest, context: CallContext): Promise<Empty> {
    await deleteResource({
      state: this.configured(),
      urn: request.getUrn(),
      id: request.getId(),
      timeout: request.getTimeout(),
      saved: unmarshal(request.getProperties()),
      context,
    });
    return new Empty();
  }

  private configured(): ProviderState {
    if (this.state === undefined) throw new Error("the provider is not configured");
    return this.state;
  }

  private cluster(): Cluster | undefined {
    const target = this.state?.target;
    return target?.reachable === true ? target.cluster : undefined;
  }
}

function configValues(request: pb.ConfigureRequest): Record<string, string> {
  const values: Record<string, string> = {};
  request.getVariablesMap().forEach((value, key) => {
    if (key.startsWith(CONFIG_PREFIX)) values[key.slice(CONFIG_PREFIX.length)] = value;
  });
  if (Object.keys(values).length > 0) return values;
  for (const [key, value] of Object.entries(stripSecrets(unmarshal(request.getArgs())))) {
    if (value !== null) values[key] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return values;
}

function autonamingOf(request: pb.CheckRequest): Autonaming | undefined {
  const options = request.getAutonaming();
  if (options === undefined) return undefined;
  const { ENFORCE, DISABLE } = pb.CheckRequest.AutonamingOptions.Mode;
  const mode = options.getMode();
  return {
    mode: mode === DISABLE ? "disable" : mode === ENFORCE ? "enforce" : "propose",
    proposedName: options.getProposedName(),
  };
}

/** Kinds that are not one object in the API and that this plugin has no code for. */
function refuseUnsupported(urn: string): void {
  const type = typeOfUrn(urn);
  if (type === "kubernetes:helm.sh/v3:Release" || type === "kubernetes:helm.sh/v4:Chart") {
    throw new Error(`${type} is not supported by the offline kubernetes plugin: it needs the official one`);
  }
  if (
    type.endsWith("List") &&
    /^kubernetes:[^:]+\/[^:]+:/.test(type) &&
    !type.includes("apiextensions.k8s.io")
  ) {
    throw new Error(
      "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be created directly. " +
        "Use the underlying resource type instead",
    );
  }
}

function failure(property: string, reason: string): pb.CheckFailure {
  const message = new pb.CheckFailure();
  message.setProperty(property);
  message.setReason(reason);
  return message;
}

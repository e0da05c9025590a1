import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { EngineLog } from "./engineLog";
import { toServiceError } from "./errors";

/** What a plugin may use while it answers a call. */
export interface CallContext {
  /** Messages to the engine. */
  readonly log: EngineLog;
  /** Aborted when the engine cancels the run (the user's Ctrl-C) or the call, or when the engine is gone. */
  readonly signal: AbortSignal;
}

type Handler<Request, Response> = (request: Request, context: CallContext) => Promise<Response>;

/**
 * A resource provider plugin: the calls of `pulumirpc.ResourceProvider` it answers. Calls that are left out are refused
 * as unimplemented, which the engine treats as "not supported". An error thrown becomes the call's error.
 */
export interface ProviderPlugin {
  /** Semantic version without the leading `v`. */
  readonly version: string;
  handshake?: Handler<pb.ProviderHandshakeRequest, pb.ProviderHandshakeResponse>;
  getSchema?: Handler<pb.GetSchemaRequest, pb.GetSchemaResponse>;
  checkConfig?: Handler<pb.CheckRequest, pb.CheckResponse>;
  diffConfig?: Handler<pb.DiffRequest, pb.DiffResponse>;
  configure: Handler<pb.ConfigureRequest, pb.ConfigureResponse>;
  invoke?: Handler<pb.InvokeRequest, pb.InvokeResponse>;
  check: Handler<pb.CheckRequest, pb.CheckResponse>;
  diff: Handler<pb.DiffRequest, pb.DiffResponse>;
  create: Handler<pb.CreateRequest, pb.CreateResponse>;
  read?: Handler<pb.ReadRequest, pb.ReadResponse>;
  update?: Handler<pb.UpdateRequest, pb.UpdateResponse>;
  delete: Handler<pb.DeleteRequest, Empty>;
  construct?: Handler<pb.ConstructRequest, pb.ConstructResponse>;
}

/** Messages are bounded only by memory: a state with many large objects exceeds gRPC's default of 4 MiB. */
const MESSAGE_LIMIT = 400 * 1024 * 1024;

/** How often the plugin looks whether the engine that started it still lives, in milliseconds. */
const PARENT_CHECK_INTERVAL = 1_000;

/** How long running operations may take to stop once the plugin has to end; the engine waits one second, then kills. */
const END_GRACE = 800;

/**
 * Serves a plugin on a free loopback port and prints the port, as the engine expects of a plugin it starts. Ends the
 * process when the engine is gone.
 *
 * @param args command line after the program; its last positional argument is the engine's address
 */
export async function servePlugin(
  plugin: ProviderPlugin,
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const log = new EngineLog(args.filter((arg) => !arg.startsWith("-")).at(-1));
  const cancellation = new AbortController();
  const running = new RunningCalls();
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MESSAGE_LIMIT,
    "grpc.max_send_message_length": MESSAGE_LIMIT,
  });
  server.addService(ResourceProviderService, implementation(plugin, { log, cancellation, running }));
  // A stray rejection must not take the operations of other resources with it.
  process.on("unhandledRejection", (reason) => {
    process.stderr.write(
      `unhandled rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`,
    );
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  endWithEngine(cancellation, running);
  process.stdout.write(`${port}\n`);
}

/** What all calls of one plugin share. */
interface Service {
  readonly log: EngineLog;
  readonly cancellation: AbortController;
  readonly running: RunningCalls;
}

/** Counts the calls that are being answered. */
class RunningCalls {
  private count = 0;
  private whenNone?: () => void;

  /** Counts one until `answer` is settled. */
  async during(answer: Promise<void>): Promise<void> {
    this.count++;
    try {
      await answer;
    } finally {
      this.count--;
      if (this.count === 0) this.whenNone?.();
    }
  }

  /** Calls `action` once no call runs: at once, or when the last one is answered. */
  onceNone(action: () => void): void {
    this.whenNone = action;
    if (this.count === 0) action();
  }
}

function implementation(plugin: ProviderPlugin, shared: Service): grpc.UntypedServiceImplementation {
  const service: grpc.UntypedServiceImplementation = {
    getPluginInfo: unary(shared, () => {
      const info = new PluginInfo();
      info.setVersion(plugin.version);
      return Promise.resolve(info);
    }),
    cancel: unary(shared, () => {
      shared.cancellation.abort(new Error("the operation was cancelled"));
      return Promise.resolve(new Empty());
    }),
    attach: unary(shared, (request: PluginAttach) => {
      shared.log.attach(request.getAddress());
      return Promise.resolve(new Empty());
    }),
    getMapping: unary(shared, () => Promise.resolve(new pb.GetMappingResponse())),
  };
  const calls = [
    "handshake",
    "getSchema",
    "checkConfig",
    "diffConfig",
    "configure",
    "invoke",
    "check",
    "diff",
    "create",
    "read",
    "update",
    "delete",
    "construct",
  ] as const;
  for (const name of calls) {
    const handler = plugin[name] as Handler<never, unknown> | undefined;
    service[name] =
      handler === undefined
        ? unimplemented(name)
        : unary(shared, (request, context) => handler.call(plugin, request as never, context));
  }
  return service;
}

function unary<Request, Response>(
  { log, cancellation, running }: Service,
  handler: Handler<Request, Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const own = new AbortController();
    const abort = (): void => own.abort(cancellation.signal.reason);
    if (cancellation.signal.aborted) abort();
    cancellation.signal.addEventListener("abort", abort, { once: true });
    call.on("cancelled", () => own.abort(new Error("the engine gave the call up")));
    const answer = async (): Promise<Response> => handler(call.request, { log, signal: own.signal });
    const answered = answer()
      // What the operation said comes before its answer: the engine may end the plugin right after it.
      .finally(() => log.flush())
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(toServiceError(error)),
      )
      .finally(() => cancellation.signal.removeEventListener("abort", abort))
      .catch((error: unknown) => void process.stderr.write(`answer not delivered: ${String(error)}\n`));
    void running.during(answered);
  };
}

function unimplemented(name: string): grpc.handleUnaryCall<unknown, unknown> {
  return (_call, callback) =>
    callback({ code: grpc.status.UNIMPLEMENTED, details: `${name} is not implemented by this plugin` });
}

/**
 * Aborts what runs, then ends the process: when the engine asks for it by a signal, and when the engine is gone, since one
 * that was killed cannot stop its plugins. The engine ends one plugin after another, so an idle one does not let it wait.
 */
function endWithEngine(cancellation: AbortController, running: RunningCalls): void {
  const end = (reason: string): void => {
    cancellation.abort(new Error(reason));
    setTimeout(() => process.exit(1), END_GRACE);
    running.onceNone(() => setImmediate(() => process.exit(1)));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => end(`the plugin received ${signal}`));
  }
  const parent = process.ppid;
  const check = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(check);
    end("the engine is gone");
  }, PARENT_CHECK_INTERVAL);
  check.unref();
}

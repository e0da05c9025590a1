import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** How a message is shown; `debug` only with `pulumi --debug`. */
export type Severity = "debug" | "info" | "warning" | "error";

const SEVERITIES: Record<Severity, LogSeverity> = {
  debug: LogSeverity.DEBUG,
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
};

/** Status lines that may wait for the engine: of a flood of them nobody sees more than the last. */
const BACKLOG_LIMIT = 1_000;

/**
 * Messages to the engine, shown with the resource they belong to. Messages of one plugin arrive in the order in which
 * they were given. A message that cannot be delivered is dropped: logging never fails an operation.
 */
export class EngineLog {
  private client: EngineClient | undefined;
  private readonly backlog: LogRequest[] = [];
  private sending: Promise<void> | undefined;

  /** @param address host:port of the engine; without it messages go to the plugin's stderr. */
  constructor(address: string | undefined) {
    this.attach(address);
  }

  /** Sends further messages to another engine. */
  attach(address: string | undefined): void {
    this.client =
      address === undefined ? undefined : new EngineClient(address, grpc.credentials.createInsecure());
  }

  /** A line that stays in the diagnostics of the run. */
  log(severity: Severity, message: string, urn = ""): void {
    this.enqueue(severity, message, urn, false);
  }

  /** A line in the status column of the resource, replaced by the next one; an empty message clears it. */
  status(message: string, urn = "", severity: Severity = "info"): void {
    this.enqueue(severity, message, urn, true);
  }

  /** Waits until everything given so far was delivered or dropped. */
  async flush(): Promise<void> {
    await this.sending;
  }

  private enqueue(severity: Severity, message: string, urn: string, ephemeral: boolean): void {
    if (this.client === undefined) {
      if (message !== "") process.stderr.write(`${severity}: ${message}\n`);
      return;
    }
    const request = new LogRequest();
    request.setSeverity(SEVERITIES[severity]);
    request.setMessage(message);
    request.setUrn(urn);
    request.setEphemeral(ephemeral);
    this.backlog.push(request);
    if (this.backlog.length > BACKLOG_LIMIT) {
      const oldest = this.backlog.findIndex((waiting) => waiting.getEphemeral());
      if (oldest >= 0) this.backlog.splice(oldest, 1);
    }
    this.sending ??= this.send(this.client);
  }

  private async send(client: EngineClient): Promise<void> {
    for (let request = this.backlog.shift(); request; request = this.backlog.shift()) {
      const line = request;
      await new Promise<void>((resolve) => {
        client.log(line, () => resolve());
      });
    }
    this.sending = undefined;
  }
}

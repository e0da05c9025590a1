import * as grpc from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { marshal } from "./properties";
import type { PropertyMap } from "./properties";

/**
 * The resource exists (or was changed), but did not come to life: the engine saves `state` and then fails the step, so
 * that the next run updates the resource where a plain error would create it once more.
 */
export class InitFailedError extends Error {
  /**
   * @param id identity of the resource
   * @param message why it is not alive
   * @param state outputs to save
   * @param reasons lines shown below the message; the message itself when empty
   * @param inputs inputs to save; only for `Read`
   */
  constructor(
    readonly id: string,
    message: string,
    readonly state: PropertyMap,
    readonly reasons: readonly string[] = [],
    readonly inputs?: PropertyMap,
  ) {
    super(message);
  }
}

/** The error as gRPC sends it; structured details travel in the trailer that the Go side reads. */
export function toServiceError(error: unknown): Partial<grpc.ServiceError> {
  if (!(error instanceof Error)) return { code: grpc.status.UNKNOWN, details: String(error) };
  if (!(error instanceof InitFailedError)) {
    const code = (error as Partial<grpc.ServiceError>).code;
    return {
      code: typeof code === "number" ? code : grpc.status.UNKNOWN,
      details: error.message,
      message: error.message,
    };
  }
  const detail = new ErrorResourceInitFailed();
  detail.setId(error.id);
  detail.setProperties(marshal(error.state));
  detail.setReasonsList(error.reasons.length > 0 ? [...error.reasons] : [error.message]);
  if (error.inputs !== undefined) detail.setInputs(marshal(error.inputs));
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(error.message);
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: error.message, message: error.message, metadata };
}

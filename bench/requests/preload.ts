/**
 * Loaded into every Node process of a measured run by `NODE_OPTIONS`, before the process's own code: writes a line for each
 * request that a server has answered. Each is written at once, so that a process that is killed loses none.
 */
import { subscribe } from "node:diagnostics_channel";
import { openSync, writeSync } from "node:fs";
import type { ClientRequest } from "node:http";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { folderVariable, isKubernetesPath, type RequestRecord, roleOf } from "./record";

const folder = process.env[folderVariable];
let file: number | undefined;

function write(server: string, method: string, path: string): void {
  if (!folder) return;
  const record: RequestRecord = {
    role: roleOf(process.argv),
    server,
    method,
    kubernetes: isKubernetesPath(path),
  };
  file ??= openSync(join(folder, `${process.pid}-${threadId}.jsonl`), "a");
  writeSync(file, `${JSON.stringify(record)}\n`);
}

// `node:http` and `node:https`: the kubernetes plugin.
subscribe("http.client.response.finish", (message) => {
  const { request } = message as { readonly request: ClientRequest };
  write(String(request.getHeader("host")), request.method, request.path);
});

// undici and the built-in fetch: the program and the lifecycle programs.
subscribe("undici:request:headers", (message) => {
  const { request } = message as {
    readonly request: { readonly origin: string | URL; readonly method: string; readonly path: string };
  };
  write(new URL(request.origin).host, request.method, request.path);
});

// undici's web sockets: what the gate runs inside of pods.
subscribe("undici:websocket:open", (message) => {
  const { websocket } = message as { readonly websocket: { readonly url: string } };
  const { host, pathname } = new URL(websocket.url);
  write(host, "GET", pathname);
});

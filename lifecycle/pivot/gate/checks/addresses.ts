import { describe, field, type KubeObject, text } from "../../../shared/kube/objects";
import type { GateFacts } from "../facts";
import { type Finding, refusal, warning } from "../findings";
import { ironicAddress, nodeAddresses } from "./room";

/** Something by which an object can name the source, which is about to go. */
interface SourceName {
  readonly name: string;
  readonly what: string;
}

/**
 * Objects that move and name the source: its API server, its nodes, its local registry. What they name is gone after the
 * teardown. When the source is the moved cluster itself, its addresses move with it, and only its registry counts.
 */
export function checkAddresses(facts: GateFacts): Finding[] {
  const names = namesOfSource(facts).map((each) => ({ ...each, pattern: wholeName(each.name) }));
  return facts.source.inventory.moving.flatMap((object) => {
    const strings = stringsOf(object);
    return [
      ...names.flatMap(({ name, what, pattern }) => {
        const found = strings.find(({ value }) => value.includes(name) && pattern.test(value));
        return found
          ? [
              (breaksHosts(found.path) ? refusal : warning)(
                describe(object),
                `names ${name} at ${found.path}: ${what}, which does not come along`,
                "let it name an address that stays",
              ),
            ]
          : [];
      }),
      ...assessLoopback(object, strings),
    ];
  });
}

function namesOfSource(facts: GateFacts): SourceName[] {
  const { source, scope } = facts;
  const registry = source.localRegistry
    ? [{ name: source.localRegistry, what: "the source's local registry" }]
    : [];
  if (scope.nodesOn === "source") {
    return registry;
  }
  const { host, hostname } = new URL(source.server);
  const server = [{ name: host, what: "the source's API server" }];
  if (!isLoopback(hostname) && hostname !== host) {
    server.push({ name: hostname, what: "the source's API server" });
  }
  const nodes = source.nodes.flatMap((node) =>
    [node.metadata.name, ...nodeAddresses(node)].map((name) => ({ name, what: "a node of the source" })),
  );
  const stays = ironicAddress(facts);
  const seen = new Set<string>();
  return [...server, ...nodes, ...registry].filter(
    ({ name }) => name !== stays && !seen.has(name) && seen.add(name),
  );
}

/** Matches a name that is not a part of a longer one: "10.0.0.1" is not in "10.0.0.12" nor in "110.0.0.1". */
function wholeName(name: string): RegExp {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.-])${escaped}(?![\\w-]|\\.\\w)`);
}

/** Fields without which a host cannot be adopted or deployed any more. */
function breaksHosts(path: string): boolean {
  return /(^|\.)(image|bmc|controlPlaneEndpoint)\./.test(path);
}

/** URLs of images and BMCs on a loopback address lead to another machine after the move. */
function assessLoopback(object: KubeObject, strings: readonly PathAndValue[]): Finding[] {
  return strings
    .filter(({ path, value }) => breaksHosts(path) && isLoopback(hostOf(value)))
    .map(({ path, value }) =>
      refusal(
        describe(object),
        `names ${hostOf(value)} at ${path}, which is another machine after the move`,
        "let it name an address that both clusters reach",
      ),
    );
}

function hostOf(value: string): string {
  return /^[\w+.-]+:\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^/:]+)/.exec(value)?.[1] ?? "";
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|::1)$/.test(host);
}

interface PathAndValue {
  readonly path: string;
  readonly value: string;
}

/** Every string of an object's content, with its path. Secrets are decoded for the search; no value of them is ever shown. */
function stringsOf(object: KubeObject): PathAndValue[] {
  const found: PathAndValue[] = [];
  const walk = (value: unknown, path: string) => {
    if (typeof value === "string") {
      found.push({ path, value });
    } else if (typeof value === "object" && value !== null) {
      Object.entries(value).forEach(([key, inner]) => walk(inner, path ? `${path}.${key}` : key));
    }
  };
  walk(object.spec, "spec");
  if (object.kind === "ConfigMap") {
    walk(field(object, "data"), "data");
  } else if (object.kind === "Secret") {
    const data = (field(object, "data") ?? {}) as Record<string, unknown>;
    Object.keys(data).forEach((key) =>
      walk(Buffer.from(text(data, key) ?? "", "base64").toString("utf8"), `data.${key}`),
    );
  }
  return found;
}

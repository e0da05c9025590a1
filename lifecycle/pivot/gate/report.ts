import { countsByKind } from "../../inventory/graph";
import { assessGate } from "./assess";
import { blindSpots } from "./blindSpots";
import type { GateFacts, GateScope } from "./facts";
import { type Finding, findingLine } from "./findings";
import { drawTree, type GraphNode, moveGraph, type Staying, stayingObjects } from "./tree";

/** What `npm run gate` says; its JSON output is this object. */
export interface GateReport {
  /** Whether a move would pass: there is no error. */
  readonly passes: boolean;
  readonly namespace: string;
  readonly clusterName: string;
  readonly occasion: GateScope["occasion"];
  /** URLs of the API servers; no target when there is one management cluster only. */
  readonly source: string;
  readonly target?: string;
  /** How the clusters were chosen, and what that means for the report. */
  readonly notes: readonly string[];
  readonly moves: {
    readonly total: number;
    readonly byKind: Readonly<Record<string, number>>;
    readonly graph: readonly GraphNode[];
  };
  readonly stays: readonly Staying[];
  readonly findings: readonly Finding[];
  /** What could not be looked at. */
  readonly notSeen: readonly string[];
  /** Seconds that reading and judging took. */
  readonly seconds: number;
}

/** Judges what was read and says what would move. */
export function makeReport(
  facts: GateFacts,
  context: { readonly notes: readonly string[]; readonly seconds: number },
): GateReport {
  const { scope, source, target, strangers } = facts;
  const { moving, objects } = source.inventory;
  const findings = assessGate(facts);
  return {
    passes: findings.every(({ severity }) => severity !== "error"),
    namespace: scope.namespace,
    clusterName: scope.clusterName,
    occasion: scope.occasion,
    source: source.server,
    ...(target ? { target: target.server } : {}),
    notes: context.notes,
    moves: { total: moving.length, byKind: countsByKind(moving), graph: moveGraph(moving) },
    stays: stayingObjects(objects, moving, strangers),
    findings,
    notSeen: blindSpots(facts),
    seconds: context.seconds,
  };
}

/** The report as text. */
export function reportText(report: GateReport): string {
  const { moves, stays, findings, notSeen } = report;
  const counts = Object.entries(moves.byKind).map(([kind, count]) => `${String(count).padStart(6)}  ${kind}`);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  return [
    `Cluster ${report.namespace}/${report.clusterName}`,
    `  source ${report.source}`,
    `  target ${report.target ?? "none"}`,
    ...report.notes.map((note) => `  ${note}`),
    "",
    `${plural(moves.total, "object moves", "objects move")}:`,
    ...drawTree(moves.graph).map((line) => `  ${line}`),
    "",
    ...counts,
    "",
    ...section(
      `${plural(stays.length, "object stays", "objects stay")} behind:`,
      stays.map(({ object, why }) => `${object}: ${why}`),
    ),
    ...section("Not seen:", notSeen),
    ...section(
      `${plural(errors, "error", "errors")}, ${plural(warnings, "warning", "warnings")}:`,
      findings.map(findingLine),
    ),
    report.passes
      ? `The gate passes (${report.seconds} s).`
      : `The gate refuses the move (${report.seconds} s).`,
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ""];
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

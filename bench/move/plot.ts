import type { MovePoint } from "./table";

/** The picture in pixels, and the room around the chart in it. */
const size = { width: 720, height: 440 } as const;
const margin = { left: 72, right: 24, top: 56, bottom: 56 } as const;
const ink = { text: "#24292f", grid: "#d0d7de", paper: "#ffffff" } as const;

type Measure = Exclude<keyof MovePoint, "hosts">;

/** The curves, told apart by colour, by the shape of their points and by their dashes. */
const curves: readonly { measure: Measure; name: string; colour: string; dashes: string }[] = [
  { measure: "pivot", name: "whole pivot", colour: "#bc4c00", dashes: "" },
  { measure: "move", name: "move step of pivot", colour: "#0969da", dashes: "6 4" },
  { measure: "bare", name: "bare clusterctl move", colour: "#57606a", dashes: "2 3" },
];

/**
 * The curves of seconds over hosts as an SVG picture, both axes logarithmic. Pure.
 *
 * @param points The smallest number of hosts first.
 * @throws RangeError when there is no point, or one that a logarithmic axis cannot show
 */
export function movePlot(points: readonly MovePoint[]): string {
  const seconds = points.flatMap(({ bare, move, pivot }) => [bare, move, pivot]);
  if (points.length === 0 || seconds.some((value) => !(value > 0))) {
    throw new RangeError("a logarithmic plot needs points of more than 0 seconds");
  }
  const hosts = points.map((point) => point.hosts);
  const x = logScale(
    Math.min(...hosts),
    Math.max(...hosts),
    margin.left + 16,
    size.width - margin.right - 16,
  );
  const ticks = decades(Math.min(...seconds), Math.max(...seconds));
  const [bottom, top] = [size.height - margin.bottom, margin.top];
  const y = logScale(ticks[0] ?? 1, ticks.at(-1) ?? 10, bottom, top);
  const [left, right] = [margin.left, size.width - margin.right];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="13">`,
    `<title>Seconds of a move by number of hosts</title>`,
    `<rect width="${size.width}" height="${size.height}" fill="${ink.paper}"/>`,
    ...ticks.flatMap((value) => [
      `<line x1="${left}" y1="${round(y(value))}" x2="${right}" y2="${round(y(value))}" stroke="${ink.grid}"/>`,
      label(left - 10, y(value) + 4, `${value}`, "end"),
    ]),
    ...hosts.flatMap((value) => [
      `<line x1="${round(x(value))}" y1="${bottom}" x2="${round(x(value))}" y2="${bottom + 5}" stroke="${ink.text}"/>`,
      label(x(value), bottom + 22, `${value}`, "middle"),
    ]),
    `<line x1="${left}" y1="${bottom}" x2="${right}" y2="${bottom}" stroke="${ink.text}"/>`,
    label((left + right) / 2, size.height - 12, "hosts", "middle"),
    label(left - 10, top - 30, "seconds", "end"),
    ...curves.flatMap((curve, index) => [
      ...legend(curve, left + 20 + index * 200, top - 34),
      ...drawn(curve, points, x, y),
    ]),
    "</svg>",
    "",
  ].join("\n");
}

/** Powers of ten from just below the lowest value to just above the highest. Pure. */
export function decades(lowest: number, highest: number): number[] {
  const first = Math.floor(Math.log10(lowest));
  const last = Math.max(first + 1, Math.ceil(Math.log10(highest)));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(`1e${first + index}`));
}

type Scale = (value: number) => number;

/** Maps `low` to `from` and `high` to `to`, equal ratios to equal distances; a range of one value to the middle. */
function logScale(low: number, high: number, from: number, to: number): Scale {
  return (value) =>
    low === high ? (from + to) / 2 : from + (Math.log(value / low) / Math.log(high / low)) * (to - from);
}

type Curve = (typeof curves)[number];

function drawn(curve: Curve, points: readonly MovePoint[], x: Scale, y: Scale): string[] {
  const places = points.map((point) => [x(point.hosts), y(point[curve.measure])] as const);
  const path = places.map(([px, py]) => `${round(px)},${round(py)}`).join(" ");
  return [
    `<polyline points="${path}" ${stroke(curve)}/>`,
    ...places.map(([px, py], index) =>
      marker(
        curve,
        px,
        py,
        `${curve.name}, ${points[index]?.hosts} hosts: ${round(points[index]?.[curve.measure] ?? 0)} s`,
      ),
    ),
  ];
}

function legend(curve: Curve, px: number, py: number): string[] {
  return [
    `<polyline points="${px},${py} ${px + 32},${py}" ${stroke(curve)}/>`,
    marker(curve, px + 16, py, curve.name),
    label(px + 40, py + 4, curve.name, "start"),
  ];
}

function stroke({ colour, dashes }: Curve): string {
  return `fill="none" stroke="${colour}" stroke-width="2"${dashes ? ` stroke-dasharray="${dashes}"` : ""}`;
}

/** A point: a square, a diamond or a disc. @param says Shown when the pointer rests on it. */
function marker({ measure, colour }: Curve, px: number, py: number, says: string): string {
  const at = `${round(px)} ${round(py)}`;
  const shapes: Readonly<Record<Measure, string>> = {
    pivot: `<rect x="${round(px - 5)}" y="${round(py - 5)}" width="10" height="10" fill="${colour}">`,
    move: `<rect x="${round(px - 4)}" y="${round(py - 4)}" width="8" height="8" fill="${colour}" transform="rotate(45 ${at})">`,
    bare: `<circle cx="${round(px)}" cy="${round(py)}" r="4" fill="${ink.paper}" stroke="${colour}" stroke-width="2">`,
  };
  const shape = shapes[measure];
  return `${shape}<title>${says}</title></${measure === "bare" ? "circle" : "rect"}>`;
}

function label(px: number, py: number, text: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${round(px)}" y="${round(py)}" fill="${ink.text}" text-anchor="${anchor}">${text}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

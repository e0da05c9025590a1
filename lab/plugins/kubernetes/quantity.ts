const SUFFIXES: Record<string, bigint | number> = {
  "": 0,
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_SUFFIXES = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/** Decimal places kept: Kubernetes rounds quantities up to nano. */
const SCALE = 9;

/**
 * A resource quantity (`100m`, `1Gi`, `2e3`) in units of 10⁻⁹, so that equal amounts written differently compare equal.
 * `undefined` when the text is not a quantity.
 */
export function parseQuantity(value: string | number): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?))$/.exec(
    String(value),
  );
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent, suffix = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  const digits = BigInt(`${whole}${fraction}`);
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  const power =
    SCALE -
    fraction.length +
    (exponent === undefined ? Number(binary < 0 ? (SUFFIXES[suffix] ?? 0) : 0) : Number(exponent));
  const factor = binary < 0 ? 1n : 1024n ** BigInt(binary + 1);
  const scaled =
    power >= 0 ? digits * factor * 10n ** BigInt(power) : (digits * factor) / 10n ** BigInt(-power);
  return sign === "-" ? -scaled : scaled;
}

/** True when both are quantities of the same amount. */
export function sameQuantity(a: unknown, b: unknown): boolean {
  if ((typeof a !== "string" && typeof a !== "number") || (typeof b !== "string" && typeof b !== "number"))
    return false;
  const left = parseQuantity(a);
  return left !== undefined && left === parseQuantity(b);
}

import { isHttpURL } from "../formats";
import { type ConfigProblem, problem } from "../problem";
import type { Check } from "./check";

/** Hexadecimal digits of a checksum of each type. */
const digits = { md5: 32, sha256: 64, sha512: 128 } as const;

/** The image's checksum is a URL, or digits in the number that its type has. */
export const checkImage: Check = ({ draft }): ConfigProblem[] => {
  const { checksum, checksumType } = draft.image ?? {};
  if (checksum === undefined || checksumType === undefined || isHttpURL(checksum)) return [];
  const fits =
    /^[0-9a-f]+$/i.test(checksum) &&
    (checksumType === "auto"
      ? Object.values(digits).some((length) => length === checksum.length)
      : digits[checksumType] === checksum.length);
  if (fits) return [];
  const form = checksumType === "auto" ? "32, 64 or 128" : String(digits[checksumType]);
  return [
    problem(
      ["image", "checksum"],
      checksum,
      `is neither a URL nor a ${checksumType === "auto" ? "" : `${checksumType} `}checksum`,
      `Write ${form} hexadecimal digits, or the URL of a checksum file.`,
    ),
  ];
};

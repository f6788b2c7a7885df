// Who somebody is, as a person reads it.

import type { Credentials } from "../aws/client-config.ts";
import { shortName } from "../aws/parameter-name.ts";
import { hang } from "../terminal/table.ts";
import { grantLines, HEAD, identityLines, type Line, refusalLines, userLines } from "./show.ts";
import type { Explanation } from "./steps.ts";

export interface Whoami {
  readonly explanation: Explanation;
  readonly credentials: Credentials;
  /** The mappings could not be read: nothing is known but the identity. */
  readonly isUnknown?: true;
}

/** `notAfter` of the mapping that counts. */
export function mappingEnd({ evaluations = [], parameter }: Explanation): string | undefined {
  const verdict = evaluations.find((evaluation) => evaluation.parameter === parameter)?.verdict;
  return verdict?.kind === "match" ? verdict.mapping.notAfter : undefined;
}

/** `columns` of the terminal; `undefined` for a pipe, where each thing is one line. */
export function showWhoami(
  { explanation, credentials, isUnknown }: Whoami,
  prefix: string,
  columns: number | undefined,
): string {
  const { identity, parameter, user, refusal } = explanation;
  const end = mappingEnd(explanation);
  const ends = [
    ...(end === undefined ? [] : [`${end}, by the mapping`]),
    ...(credentials.expiration === undefined
      ? []
      : [`${credentials.expiration.toISOString().slice(0, 19)}Z, by these AWS credentials`]),
  ];
  const lines: Line[] = [
    ...(identity === undefined ? [] : identityLines(identity, true)),
    ...(parameter === undefined ? [] : [["mapping", shortName(parameter, prefix)] as const]),
    ...(user === undefined ? [] : userLines(user)),
    ...ends.map((text, i): Line => [i === 0 ? "ends" : "", text]),
    ...(isUnknown ? [["verdict", "not known"] as const] : []),
    ...(isUnknown ? [] : refusal === undefined ? grantLines(user) : refusalLines(refusal)),
  ];
  return lines.map(([head, text]) => hang(head.padEnd(HEAD), text, columns)).join("");
}

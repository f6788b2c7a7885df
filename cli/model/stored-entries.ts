// All entries of the parameters that were read at one moment, for lint and for exports.

import { readParameter } from "./entry.ts";
import { type PlacedDenial, type PlacedMapping, placed } from "./entry-arns.ts";
import type { ReviewSettings, StoredParameters } from "./evaluation.ts";

/**
 * Parameters with the entries that are valid in them. An entry may have no effect: in an invalid
 * deny list, at a name that is not its ARN's, or after its end.
 */
export interface StoredEntries {
  readonly review: ReviewSettings;
  readonly parameters: StoredParameters;
  /** The valid mappings, in the order of their parameters. */
  readonly mappings: readonly PlacedMapping[];
  /** The valid denials, in the order of their lists. */
  readonly denials: readonly PlacedDenial[];
  /** The problems of each parameter that has some, as phrases for an operator. */
  readonly problems: ReadonlyMap<string, readonly string[]>;
}

export function storedEntries(parameters: StoredParameters, review: ReviewSettings): StoredEntries {
  const { prefix, partition } = review;
  const read = [...parameters].map(([parameter, stored]) => ({
    parameter,
    ...readParameter(prefix, parameter, stored, partition),
  }));
  const entries = read.flatMap((reading) =>
    reading.entries.map((entry) => placed(entry, reading.parameter, partition)),
  );
  const problems = new Map(
    read.flatMap((reading) =>
      reading.problems.length === 0 ? [] : [[reading.parameter, reading.problems] as const],
    ),
  );
  return {
    review,
    parameters,
    mappings: entries.filter((entry) => entry.kind !== "deny"),
    denials: entries.filter((entry) => entry.kind === "deny"),
    problems,
  };
}

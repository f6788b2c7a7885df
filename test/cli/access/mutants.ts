// Mutants of the comparison: each ignores one thing that decisions depend on, so the proof must fail.

import { registerHooks } from "node:module";

export interface Mutant {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  "without the session track": {
    file: "principals.ts",
    from: 'newTracks(iam, usesRawSessions ? [...sts, "assumed-role/*/*@*"] : sts, budget)',
    to: "newTracks(iam, [], budget)",
  },
  "without the sessions that differ by @": {
    file: "principals.ts",
    from: 'usesRawSessions ? [...sts, "assumed-role/*/*@*"] : sts',
    to: "sts",
  },
  "without the sessions that are named": {
    file: "principals.ts",
    from: 'place === "sso-session" ? strings : []',
    to: "[]",
  },
  "without the sessions that make an administrator": {
    file: "principals.ts",
    from: "...reservedSessions(templates)",
    to: "",
  },
  "without the path track": {
    file: "principals.ts",
    from: "newTracks(globs.iam, globs.iam, scope.budget)",
    to: "newTracks(globs.iam, [], scope.budget)",
  },
  "without paths": {
    file: "principals.ts",
    from: '[...withoutPath, ...tracks.text("first", "/", tracks.section("first", PATH, start))]',
    to: "withoutPath",
  },
  "without the times": { file: "compare-access.ts", from: "ends.filter((end) => end > context.now)", to: "[]" },
  "without the pins": { file: "compare-access.ts", from: "new Set(ids)", to: "new Set<string>()" },
  "without the other character": { file: "tracks.ts", from: "other: [...others].find(", to: "other: [].find(" },
  "without the principals that a literal names": {
    file: "principals.ts",
    from: "withLiterals(scope.names, globs.literals)",
    to: "scope.names",
  },
  "without accounts that are not named": {
    file: "compare-access.ts",
    from: "...otherAccounts(prefix, states, named, budget)",
    to: "",
  },
  "without a second spelling of federated users": {
    file: "principals.ts",
    from: "[...spellings, name, name.toUpperCase()]",
    to: "[name]",
  },
};

/** Changes one file when Node loads it. Throws if the mutant does not match the source. */
export function applyMutant({ file, from, to }: Mutant): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.endsWith(`/cli/access/${file}`)) return loaded;
      const source = String(loaded.source);
      if (source.split(from).length !== 2) throw new Error(`${file} must contain ${from} once`);
      return { ...loaded, source: source.replace(from, () => to) };
    },
  });
}

// `npm run audit`: fails if an advisory of the npm registry is about a package that ships, and
// exceptions.json does not except it. The bundles contain their dependencies, which npm lists as
// development packages, so `npm audit --omit=dev` would see none.

import { text } from "node:stream/consumers";
import { bundledPackages } from "../../build/assets.ts";
import lock from "../../package-lock.json" with { type: "json" };
import EXCEPTIONS from "./exceptions.json" with { type: "json" };

/**
 * The fields of `npm audit --json` that this file reads:
 * https://docs.npmjs.com/cli/v11/commands/npm-audit
 */
interface Report {
  readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>;
  readonly message?: string;
}

interface Vulnerability {
  /** Advisories, and names of packages through which others reach this one. */
  readonly via: readonly (
    | string
    | { readonly url: string; readonly title: string; readonly severity: string }
  )[];
  /** Folders in node_modules. */
  readonly nodes: readonly string[];
}

export interface Exception {
  /** `GHSA-...` */
  readonly advisory: string;
  readonly reason: string;
  /** The last day, as 2027-01-31: nothing is excepted forever. */
  readonly until: string;
}

export interface Ships {
  /** Each as `name version`. */
  readonly packages: ReadonlySet<string>;
  /** By folder in node_modules. */
  readonly versions: Readonly<Record<string, { readonly version?: string }>>;
}

/**
 * A line for each problem: an advisory of any severity without an exception, an exception that has
 * ended or has no advisory. Throws if the report has no result, as without a network.
 */
export function problems(
  report: Report,
  exceptions: readonly Exception[],
  ships: Ships,
  today: string,
): string[] {
  if (report.vulnerabilities === undefined)
    throw new Error(`npm audit has no result: ${report.message ?? "no reason"}`);
  const found = Object.entries(report.vulnerabilities).flatMap(([name, { via, nodes }]) => {
    const shipped = nodes
      .map((node) => `${name} ${ships.versions[node]?.version}`)
      .filter((path) => ships.packages.has(path));
    const advisories = via.filter((cause) => typeof cause !== "string");
    return shipped.flatMap((what) =>
      advisories.map(({ url, ...others }) => ({
        ...others,
        what,
        id: url.split("/").at(-1) ?? url,
      })),
    );
  });
  const valid = exceptions.filter(({ until }) => until >= today).map(({ advisory }) => advisory);
  return [
    ...found
      .filter(({ id }) => !valid.includes(id))
      .map(({ what, id, severity, title }) => `${what}: ${id} (${severity}) ${title}`),
    ...exceptions
      .filter(({ until }) => until < today)
      .map(({ advisory, until }) => `exceptions.json: ${advisory} has ended on ${until}`),
    ...exceptions
      .filter(({ advisory }) => found.every(({ id }) => id !== advisory))
      .map(({ advisory }) => `exceptions.json: ${advisory} excepts nothing: delete it`),
  ];
}

if (import.meta.main) {
  const ships = { packages: bundledPackages(), versions: lock.packages };
  const lines = problems(
    JSON.parse(await text(process.stdin)),
    EXCEPTIONS,
    ships,
    new Date().toISOString().slice(0, 10),
  );
  for (const line of lines) console.error(line);
  console.log(`${ships.packages.size} packages ship; ${lines.length} problems.`);
  if (lines.length > 0) process.exitCode = 1;
}

// Checks what a person must own for a release: the repository, the npm package, a run on AWS, and
// the entries of package managers.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Manifest } from "../infra/monitoring/alarms.ts";
import { INDEXES, manifest, projectOf } from "./manifests.ts";
import type { Checks } from "./publishable.ts";

/** Input of the checks. */
export interface World {
  readonly manifest: Manifest;
  readonly fetch: (url: string) => Promise<Response>;
  /** Returns npm's output. Rejects with its error. */
  readonly npm: (...args: readonly string[]) => Promise<string>;
  /** The texts of test/acceptance/reports. */
  readonly reports: readonly string[];
}

const NAME = "lambda-iam-authenticator";

/** Returns the checks in the order in which a person does their items. */
export function ownedChecks(world: World): Checks {
  const project = () => {
    const found = projectOf(world.manifest);
    if (found === undefined) throw new Error("It needs the project address.");
    return found;
  };
  const github = (path: string) => get(world, `https://api.github.com/repos/${project()}${path}`);
  const isListed = (file: string) => async () => {
    const [repository, path] = INDEXES[file]?.(project()) ?? [];
    const text = await get(world, `https://raw.githubusercontent.com/${repository}/HEAD/${path}`);
    const [url = ""] = /\S+\.tgz/.exec(manifest(file, project(), "")) ?? [];
    return text?.includes(url)
      ? undefined
      : `Copy ${file} of the release to ${path} in ${repository}.`;
  };
  return {
    "GitHub repository": async () => {
      if ((await github("")) !== undefined) return undefined;
      return `GitHub has no public repository ${project()}. npm accepts provenance only from public ones.`;
    },
    "environment release": async () => {
      if ((await github("/environments/release"))?.includes('"required_reviewers"'))
        return undefined;
      return `${project()} has no environment "release" with required reviewers. Add both in its settings.`;
    },
    "npm name": async () => {
      const maintainers = await world.npm("view", NAME, "maintainers").catch((error: Error) => {
        if (error.message.includes("E404")) return undefined;
        throw error;
      });
      if (maintainers === undefined)
        return `npm has no package ${NAME}. Publish an empty version 0.0.0 of it.`;
      const user = await world.npm("whoami");
      // One is printed as `name <mail>`, several as a list of these.
      const isOurs = maintainers.match(/[\w.-]+(?= <)/g)?.includes(user);
      return isOurs ? undefined : `${user} is not a maintainer of ${NAME} on npm.`;
    },
    "npm trust": async () => {
      const options = `--file release.yml --repo ${project()} --env release --allow-publish`;
      const trusted = await world.npm("trust", "list", NAME);
      const wanted = ["file: release.yml", `repository: ${project()}`, "environment: release"];
      if (wanted.every((line) => trusted.includes(line))) return undefined;
      return `npm does not trust the workflow. Run: npm trust github ${NAME} ${options}`;
    },
    "AWS account": () => {
      const lacks = world.reports
        .filter((report) => report.includes("\n- Place: AWS,"))
        .map(lackOf);
      if (lacks.includes(undefined)) return undefined;
      const found =
        lacks[0] === undefined
          ? "no report of a run on AWS"
          : `a report of a run on AWS that ${lacks[0]}`;
      return `test/acceptance/reports has ${found}. Run: npm run acceptance`;
    },
    "Homebrew tap": isListed("lambda-iam-authenticator.rb"),
    "Krew index": isListed("iam.yaml"),
    "aqua registry": isListed("aqua-registry.yaml"),
  };
}

/** Checks of test/acceptance that need no input of the operator, and the removal. */
const NEEDED_CHECKS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 14];

/**
 * Returns why this report of test/acceptance/report.ts is not enough for a release, as a phrase;
 * `undefined` if it is.
 */
function lackOf(report: string): string | undefined {
  const rows = [...report.matchAll(/^\| (\d+) .*\| ([a-z ]+) \|$/gm)].map(([, check, verdict]) => [
    Number(check),
    verdict,
  ]);
  const missing = NEEDED_CHECKS.filter(
    (needed) => !rows.some(([check, verdict]) => check === needed && verdict === "passed"),
  );
  if (rows.some(([, verdict]) => verdict === "failed")) return "has a failed row";
  if (/^- Result: .*interrupted/m.test(report)) return "was interrupted";
  if (!/^- Commit: [0-9a-f]+$/m.test(report)) return "has no clean commit";
  return missing.length === 0 ? undefined : `has no passed row of check ${missing.join(", ")}`;
}

/** Returns `undefined` if the page does not exist. */
async function get({ fetch }: World, url: string): Promise<string | undefined> {
  const { host } = new URL(url);
  const response = await fetch(url).catch(({ cause, message }: Error) => {
    throw new Error(`Cannot reach ${host}: ${cause instanceof Error ? cause.message : message}`);
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${host} answered with HTTP ${response.status}.`);
  return response.text();
}

/** Runs npm and returns its output. Throws its error code and reason. */
export async function npm(...args: readonly string[]): Promise<string> {
  const words = [...args, "--loglevel=error", "--fetch-retries=0"];
  try {
    return (await promisify(execFile)("npm", words, { timeout: 30_000 })).stdout.trim();
  } catch (error) {
    const { message, stderr, killed } = error as {
      message: string;
      stderr: string;
      killed: boolean;
    };
    const [code = killed ? "no answer in 30 s" : message, reason = ""] =
      stderr.match(/(?<=^npm error ).*$/gm) ?? [];
    throw new Error(`npm ${args[0]} fails: ${code} ${reason}`.trim());
  }
}

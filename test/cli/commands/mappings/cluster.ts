// A local Parameter Store for a test file, and the command that uses it.

import assert from "node:assert/strict";
import { SSM } from "@aws-sdk/client-ssm";
import { parse } from "yaml";
import { startParameterStore } from "../../../local-aws.ts";
import { settingsOf, settingsValue, type Variables } from "../../../stored-settings.ts";
import {
  type CliOptions,
  type CliResult,
  cli,
  useLocalAws,
  type Words,
  wordsOf,
} from "../../cli.ts";
import { useServer } from "../../fixtures.ts";

export const PREFIX = "/iam-authenticator/prod";

/** The destination in every plan of these tests. */
export const WHERE = `account 111122223333, region us-east-1, cluster prod (${PREFIX})`;

export type LocalCluster = Awaited<ReturnType<typeof storedCluster>>;

type Expected = string | RegExp;

function check(text: string, expected: Expected | undefined): void {
  if (typeof expected === "string") assert.equal(text, expected);
  else if (expected !== undefined) assert.match(text, expected);
}

/**
 * The command must exit with `code`, and its standard error must be, or match, `err`. Returns its
 * output.
 */
export async function exits<Result extends Pick<CliResult, "code" | "err"> & Partial<CliResult>>(
  run: Promise<Result>,
  code: number,
  err?: Expected,
  out?: Expected,
): Promise<Result> {
  const result = await run;
  assert.equal(result.code, code, result.err);
  check(result.err, err);
  check(result.out ?? "", out);
  return result;
}

/** The command must succeed, and its standard output must be, or match, `out`. */
export const prints = <Result extends CliResult>(
  run: Promise<Result>,
  out: Expected,
  err?: Expected,
) => exits(run, 0, err, out);

/** The command must report wrong usage, and print nothing to standard output. */
export const refuses = (run: Promise<CliResult>, err: Expected) => exits(run, 2, err, "");
const WRITES = ["set", "edit", "remove", "deny", "allow", "apply", "rollback"];

function fast(typed: Words): string[] {
  const [name = "", ...words] = wordsOf(typed);
  return [name, ...(WRITES.includes(name) ? ["--rate", "1000"] : []), ...words];
}

/** Parameters by full name, from JSON values by their names below a prefix. */
export const named = (
  values: Readonly<Record<string, unknown>>,
  prefix = PREFIX,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, JSON.stringify(value)]),
  );

/**
 * A cluster with only parameters; test/e2e/cluster.ts has one with a control plane. `more`: also
 * serves these Regions.
 */
export async function storedCluster(
  parameters: Readonly<Record<string, unknown>> = {},
  more: readonly string[] = [],
  options: Parameters<typeof startParameterStore>[0] = {},
) {
  // The stack writes it, so the cluster exists.
  const all = { ...settingsOf("prod"), ...named(parameters) };
  // After a write long ago, other commands need no wait for the function's caches.
  const store = await startParameterStore({
    ...{ parameters: all, now: () => Date.UTC(2020), ...options },
    servesRegion: (region) => ["us-east-1", ...more].includes(region),
  });
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url });
  const mappings = (words: Words, options?: CliOptions) =>
    cli(["mappings", ...fast(words), "-c", "prod"], options);
  return {
    store,
    /** Runs `iam-authenticator mappings <words> --cluster prod` without a rate limit. */
    mappings,
    value: (name: string) => readParameter(store, `${PREFIX}/${name}`),
    /** Writes a text as it is, and another value as JSON. */
    put(name: string, value: unknown): void {
      store.put(`${PREFIX}/${name}`, typeof value === "string" ? value : JSON.stringify(value));
    },
    /** Deploys the function of a cluster with these variables. */
    deploy: (variables: Variables, nodeLookup?: boolean) =>
      store.put(`${PREFIX}/settings/prod`, settingsValue(variables, nodeLookup)),
    /** "granted", or the code of the denial. */
    async verdict(arn: string): Promise<string> {
      const { out } = await cli(`explain ${arn} -c prod -o json`);
      return JSON.parse(out).refusal?.code ?? "granted";
    },
    close: () => store.close(),
  };
}

export async function readParameter(
  { url }: { readonly url: string },
  name: string,
): Promise<unknown> {
  const ssm = new SSM({ endpoint: url, region: "us-east-1" });
  const { Parameters = [] } = await ssm.getParameters({ Names: [name] });
  ssm.destroy();
  return Parameters[0]?.Value === undefined ? undefined : JSON.parse(Parameters[0].Value);
}

export async function importText(text: string, ...words: string[]) {
  const { code, out, err } = await cli(["mappings", "import", "-f", "-", ...words], {
    input: text,
  });
  return {
    code,
    err,
    lines: err.trimEnd().split("\n"),
    mappings: code === 2 ? [] : parse(out).mappings,
  };
}

export const useCluster = (
  parameters: Readonly<Record<string, unknown>> = {},
  scope: "each" | "all" = "each",
) => useServer(() => storedCluster(parameters), scope);

export const ADMIN = {
  "sso/111122223333/clusteradmin": { username: "admin:{SessionName}", groups: ["system:masters"] },
};
export const DEVELOPERS = "arn:aws:iam::111122223333:role/team/Developers";

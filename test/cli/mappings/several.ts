// Two local clusters, with a configuration file that has a context for each.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalIdentity } from "../../../local/identities.ts";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { type CliOptions, type CliResult, cli, useLocalAws } from "../cli.ts";
import { startStacks } from "../stacks.ts";

export const ACCOUNT = "111122223333";
/** Both contexts pin the account of the tests. */
const CONTEXTS = { prod: { account: ACCOUNT }, staging: { account: ACCOUNT, region: "us-east-1" } };

const operator = { arn: `arn:aws:iam::${ACCOUNT}:user/operator`, account: ACCOUNT, userId: "AIDALOCALOPERATORAAA" };
/** The keys of `useLocalAws`, and of a program that a test's profile runs. */
const OPERATORS: readonly LocalIdentity[] = [
  { name: "operator", accessKeyId: "AKIALOCALOPERATORAAA", secretAccessKey: "local/only", ...operator },
  { name: "process", accessKeyId: "AKIAFROMTHEPROCESS00", secretAccessKey: "x", ...operator },
];

export interface TwoClusters {
  readonly store: MemoryStore;
  /** The folder of the configuration file, and of the files that a test writes. */
  readonly home: string;
  /** Runs the command with the configuration file. */
  run(words: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Replaces the contexts. */
  configure(contexts: Readonly<Record<string, object>>): void;
  value(cluster: string, name: string): Promise<unknown>;
  /** Whether the function would grant access. */
  verdict(cluster: string, arn: string): Promise<string>;
  /** Fails each call of `operation` whose body contains `text`. `undefined` ends that. */
  fail(operation: string | undefined, text?: string): void;
  close(): Promise<void>;
}

export async function twoClusters(
  prod: Readonly<Record<string, unknown>>,
  staging: Readonly<Record<string, unknown>>,
): Promise<TwoClusters> {
  const named = Object.entries({ prod, staging }).flatMap(([cluster, parameters]) =>
    Object.entries(parameters).map(([name, value]) => [`/iam-authenticator/${cluster}/${name}`, JSON.stringify(value)]),
  );
  const store = await startParameterStore({ parameters: Object.fromEntries(named) });
  const stacks = await startStacks({ "IamAuthenticator-prod": {}, "IamAuthenticator-staging": {} });
  const sts = await startSts({ identities: OPERATORS });
  useLocalAws({
    AWS_ENDPOINT_URL_SSM: store.url,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ENDPOINT_URL_CLOUDFORMATION: stacks.url,
    AWS_MAX_ATTEMPTS: "1",
  });
  const home = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
  const folder = join(home, ".config", "iam-authenticator");
  mkdirSync(folder, { recursive: true });
  const configure = (contexts: Readonly<Record<string, object>>) =>
    writeFileSync(join(folder, "config.yaml"), JSON.stringify({ contexts }));
  configure(CONTEXTS);
  const run: TwoClusters["run"] = (words, { environment, ...options } = {}) =>
    cli(words, { ...options, environment: { HOME: home, ...environment } });
  return {
    store,
    home,
    run,
    configure,
    async value(cluster, name) {
      const { code, out } = await run(["mappings", "get", name, "-c", cluster, "-o", "json"]);
      return code === 0 ? JSON.parse(out).value : undefined;
    },
    async verdict(cluster, arn) {
      const { out } = await run(["explain", arn, "-c", cluster, "-o", "json"]);
      return JSON.parse(out).refusal?.code ?? "granted";
    },
    fail(operation, text = "") {
      store.fail(
        operation === undefined
          ? undefined
          : ({ headers, body }) =>
              headers["x-amz-target"] === `AmazonSSM.${operation}` && body.includes(text)
                ? { kind: "answer", status: 500, body: "{}" }
                : undefined,
      );
    },
    async close() {
      rmSync(home, { recursive: true });
      await Promise.all([store.close(), stacks.close(), sts.close()]);
    },
  };
}

// Two local clusters, with a configuration file that has a context for each.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "node:test";
import type { LocalServer } from "../../../local/http-server.ts";
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

type Parameters = Readonly<Record<string, unknown>>;

/** Starts both clusters for each test of a file, with these parameters. */
export function useTwoClusters(prod: Parameters, staging: Parameters) {
  let store: MemoryStore;
  let servers: LocalServer[];
  /** The folder of the configuration file, and of the files that a test writes. */
  let home: string;
  beforeEach(async () => {
    const named = Object.entries({ prod, staging }).flatMap(([cluster, parameters]) =>
      Object.entries(parameters).map(([name, value]) => [
        `/iam-authenticator/${cluster}/${name}`,
        JSON.stringify(value),
      ]),
    );
    store = await startParameterStore({ parameters: Object.fromEntries(named) });
    const stacks = await startStacks({ "IamAuthenticator-prod": {}, "IamAuthenticator-staging": {} });
    const sts = await startSts({ identities: OPERATORS });
    servers = [store, stacks, sts];
    useLocalAws({
      AWS_ENDPOINT_URL_SSM: store.url,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ENDPOINT_URL_CLOUDFORMATION: stacks.url,
      AWS_MAX_ATTEMPTS: "1",
    });
    home = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
    configure(CONTEXTS);
  });
  afterEach(async () => {
    rmSync(home, { recursive: true });
    await Promise.all(servers.map((server) => server.close()));
  });

  /** Replaces the contexts. */
  function configure(contexts: Readonly<Record<string, object>>): void {
    const folder = join(home, ".config", "iam-authenticator");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "config.yaml"), JSON.stringify({ contexts }));
  }
  /** Runs the command with the configuration file. */
  function run(words: readonly string[], { environment, ...options }: CliOptions = {}): Promise<CliResult> {
    return cli(words, { ...options, environment: { HOME: home, ...environment } });
  }
  return {
    get store() {
      return store;
    },
    get home() {
      return home;
    },
    configure,
    run,
    async value(cluster: string, name: string): Promise<unknown> {
      const { code, out } = await run(["mappings", "get", name, "-c", cluster, "-o", "json"]);
      return code === 0 ? JSON.parse(out).value : undefined;
    },
    /** Whether the function would grant access. */
    async verdict(cluster: string, arn: string): Promise<string> {
      const { out } = await run(["explain", arn, "-c", cluster, "-o", "json"]);
      return JSON.parse(out).refusal?.code ?? "granted";
    },
    /** Fails each call of `operation` whose body contains `text`. `undefined` ends that. */
    fail(operation: string | undefined, text = ""): void {
      store.fail(
        operation === undefined
          ? undefined
          : ({ headers, body }) =>
              headers["x-amz-target"] === `AmazonSSM.${operation}` && body.includes(text)
                ? { kind: "answer", status: 500, body: "{}" }
                : undefined,
      );
    },
  };
}

// Measures the CLI, an empty Node process, and other programs that create the same token.
// `npm run bench -- command [rounds]`; default 21 rounds.

import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { startHttpServer } from "../../local/aws/http-server.ts";
import { useFolder } from "../cli/fixtures.ts";
import { startParameterStore } from "../local-aws.ts";
import { markdown, median, ratioCell, takeTurns } from "./measure.ts";

const COMMAND = join(import.meta.dirname, "..", "..", "dist", "cli", "iam-authenticator.mjs");
const TOKEN = ["token", "-c", "prod"];
const ROLE = "arn:aws:iam::111122223333:role/Admin";
const ASSUMED = `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIALOCALASSUMEDAAAA</AccessKeyId>
<SecretAccessKey>local/assumed</SecretAccessKey><SessionToken>local</SessionToken>
<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
/** `goal`: the maximum ratio, if any. */
type Candidate = readonly [
  ...[name: string, program: string, words: readonly string[], goal?: number | undefined],
  variables?: Readonly<Record<string, string>>,
];

const rounds = Number(process.argv[3] ?? 21);
const [home, withContexts] = [useFolder(), useFolder()];
withContexts.configure("contexts:\n  live: { cluster: prod, region: eu-west-1 }\n");
const [store, sts] = [
  await startParameterStore({
    parameters: { "/iam-authenticator/prod/account/111122223333": "{}" },
  }),
  await startHttpServer(() => ({
    status: 200,
    headers: { "content-type": "text/xml" },
    body: ASSUMED,
  })),
];
try {
  const node = (
    name: string,
    words: readonly string[],
    goal?: number,
    variables = {},
  ): Candidate => {
    return [name, process.execPath, [COMMAND, ...words], goal, variables];
  };
  const services = { AWS_ENDPOINT_URL_STS: sts.url, AWS_ENDPOINT_URL_SSM: store.url };
  const candidates: readonly Candidate[] = [
    ["an empty Node", process.execPath, [home.write("empty.mjs", "")]],
    node("--version", ["--version"], 1.6),
    node("--help", ["--help"], 1.6),
    node("mappings set --help", ["mappings", "set", "--help"]),
    node("TAB, contexts", ["__complete", "clusters"], 1.6, { HOME: withContexts.path }),
    node("token, keys of the environment", TOKEN, 2.2),
    node("token, with a configuration file", TOKEN, undefined, { HOME: withContexts.path }),
    node(
      "token --cache, cached keys of a role",
      [...TOKEN, "--cache", "--role", ROLE],
      1.8,
      services,
    ),
    node("mappings list, local store", ["mappings", "list", "-c", "prod"], 3, services),
    ["aws-iam-authenticator token", "aws-iam-authenticator", ["token", "-i", "prod"]],
    ["aws eks get-token", "aws", ["eks", "get-token", "--cluster-name", "prod"]],
  ];
  const installed = candidates.filter(([, program]) => {
    return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
  });
  const taken = await takeTurns(installed, rounds, run);
  const rows = installed.map(([name, , , goal], column) => {
    const own = taken[column] ?? [];
    return [name, median(own).toFixed(0), ratioCell(own, taken[0] ?? []), goal?.toFixed(1) ?? ""];
  });
  console.log(markdown(["what", "ms", "ratio (quartiles)", "goal"], rows));
} finally {
  await Promise.all([store.close(), sts.close()]);
}

/** Milliseconds. Asynchronous, so that local services can respond. Rejects if the program fails. */
async function run([, program, words, , variables]: Candidate): Promise<number> {
  const env = {
    PATH: process.env["PATH"],
    HOME: home.path,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA",
    AWS_SECRET_ACCESS_KEY: "local/only",
    AWS_ACCOUNT_ID: "111122223333",
    AWS_EC2_METADATA_DISABLED: "true",
    ...variables,
  };
  const start = performance.now();
  await promisify(execFile)(program, words, { env });
  return performance.now() - start;
}

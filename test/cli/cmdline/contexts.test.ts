// The configuration file: its options, `contexts`, what takes precedence, and one message for each
// mistake.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { cli, useLocalAws } from "../cli.ts";
import { exits, prints } from "../commands/mappings/cluster.ts";
import { useFolder } from "../fixtures.ts";

const home = useFolder();

const CONFIG = `defaultContext: prod
contexts:
  prod: {cluster: prod-eu, region: eu-west-1, profile: ops}
  test: {region: us-west-2}
  a: {cluster: shared, region: eu-north-1, profile: other}
  b: {cluster: shared, region: us-west-2}
`;
async function signedWith(
  words: readonly string[],
  variables: Record<string, string> = {},
  environment = {},
) {
  const section = (name: string) =>
    `[${name}]\naws_access_key_id = AKIA${name.toUpperCase()}\naws_secret_access_key = x\n`;
  const profiles = ["default", "ops", "other"].map(section);
  useLocalAws({
    AWS_SHARED_CREDENTIALS_FILE: home.write("credentials", profiles.join("")),
    ...variables,
  });
  for (const name of ["AWS_REGION", "AWS_ACCESS_KEY_ID"])
    if (!(name in variables)) delete process.env[name];
  const options = { environment: { HOME: home.path, ...environment } };
  const { code, out, err } = await cli(
    ["kubeconfig", "client", ...words, "--server", "https://x"],
    options,
  );
  if (code !== 0) return err;
  const [, cluster] = /--cluster-name\n\s+- "?([\w-]+)/.exec(out) ?? [];
  const { out: token } = await cli(["token", ...words, "--token-only"], options);
  const url = Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString();
  const [, key, region] = /X-Amz-Credential=AKIA(\w+)%2F\d+%2F([\w-]+)%2F/.exec(url) ?? [];
  return `${cluster} ${region} ${key}`;
}

for (const [what, words, variables, expected] of [
  ["-c accepts a context's name", "-c prod", {}, "prod-eu eu-west-1 OPS"],
  ["-c accepts a cluster's id", "-c prod-eu", {}, "prod-eu eu-west-1 OPS"],
  ["the default context applies without -c", "", {}, "prod-eu eu-west-1 OPS"],
  [
    "a context without a cluster has the cluster of its name",
    "-c test",
    {},
    "test us-west-2 DEFAULT",
  ],
  [
    "a cluster without a context needs no file",
    "-c unknown --region us-east-1",
    {},
    "unknown us-east-1 DEFAULT",
  ],
  [
    "--region chooses between contexts of one cluster",
    "-c shared --region eu-north-1",
    {},
    "shared eu-north-1 OTHER",
  ],
  ["AWS_REGION overrides the file", "", { AWS_REGION: "us-east-2" }, "prod-eu us-east-2 OPS"],
  [
    "--region overrides AWS_REGION",
    "--region us-west-1",
    { AWS_REGION: "us-east-2" },
    "prod-eu us-west-1 OPS",
  ],
  [
    "CLUSTER_ID overrides the default context",
    "",
    { CLUSTER_ID: "test" },
    "test us-west-2 DEFAULT",
  ],
  ["AWS_PROFILE overrides the file", "", { AWS_PROFILE: "other" }, "prod-eu eu-west-1 OTHER"],
  [
    "--profile overrides AWS_PROFILE",
    "--profile default",
    { AWS_PROFILE: "other" },
    "prod-eu eu-west-1 DEFAULT",
  ],
  [
    "keys of the environment override the file",
    "",
    { AWS_ACCESS_KEY_ID: "AKIAENV" },
    "prod-eu eu-west-1 ENV",
  ],
] as const) {
  test(what, async () => {
    home.configure(CONFIG);
    assert.equal(await signedWith(words.split(" ").filter(Boolean), variables), expected);
  });
}

test("-c with a cluster of several contexts names them", async () => {
  const file = home.configure(CONFIG);
  const sentence = `${file} has several contexts for the cluster shared. Give one of them as --cluster: a, b.\n`;
  const options = { environment: { HOME: home.path } };
  await exits(cli("token -c shared", options), 2, sentence);
  const given = "kubeconfig client -c shared --server https://x";
  const ofOne = "--server is for one cluster. Give one of these as --cluster: a, b.\n";
  await exits(cli(given, options), 2, ofOne);
  home.configure("contexts: {}");
  assert.match(
    await signedWith([]),
    /^error: required option '-c, --cluster <id>' not specified: give it, or set CLU/,
  );
});

test("XDG_CONFIG_HOME overrides the folder if it is absolute, as its specification requires", async () => {
  home.configure(CONFIG);
  home.write(
    "xdg/iam-authenticator/config.yaml",
    "contexts: {prod: {cluster: elsewhere, region: eu-north-1}}",
  );
  const signed = (XDG_CONFIG_HOME: string) => signedWith(["-c", "prod"], {}, { XDG_CONFIG_HOME });
  assert.match(await signed(join(home.path, "xdg")), /^elsewhere /);
  assert.match(await signed("xdg"), /^prod-eu/);
});

const contexts = (...words: string[]) =>
  cli(["contexts", ...words], { environment: { HOME: home.path } });

test("without a configuration file, contexts prints where to write one, and exits with 0", async () => {
  const none = cli("contexts -o json", { environment: { HOME: join(home.path, "other") } });
  await prints(none, "[]\n", /^There are no contexts\. To define some, write \S+config\./);
  assert.match((await cli(["contexts"], { environment: {} })).err, /set HOME or XDG_CONFIG_HOME/);
});

test("contexts lists each context, and marks the default", async () => {
  const live = { cluster: "prod", region: "eu-west-1", profile: "ops" };
  home.configure({ defaultContext: "live", contexts: { live, staging: { prefix: "/elsewhere" } } });
  const rows =
    "*  live     prod     eu-west-1           ops\n   staging  staging                               /elsewhere\n";
  await prints(contexts(), `   NAME     CLUSTER  REGION     ACCOUNT  PROFILE  PREFIX\n${rows}`, "");
  await prints(contexts("--no-headers"), /^\* {2}live {5}prod {5}eu-west-1 {4}ops\n/);
  await prints(contexts("-o", "name"), "live\nstaging\n");
  assert.deepEqual(JSON.parse((await contexts("-o", "json")).out), [
    { name: "live", isDefault: true, ...live },
    { name: "staging", isDefault: false, cluster: "staging", prefix: "/elsewhere" },
  ]);
});

const KEYS = "cluster, region, profile, prefix, account, webhookKubeconfig.";
const ID = 'up to 100 letters, digits, "_", "." and "-", the first a letter or digit.';
for (const [text, problem] of [
  [
    "contexts:\n  prod:\n    clusterId: x",
    `line 3: unknown key clusterId (did you mean cluster?): the keys are ${KEYS}`,
  ],
  [
    "context: {}",
    "line 1: unknown key context (did you mean contexts?): the keys are defaultContext, contexts.",
  ],
  ["contexts: []", "line 1: contexts must be a map of context names to contexts."],
  ["contexts:\n  prod: x", `line 2: expected the keys ${KEYS}`],
  ["contexts:\n  prod:\n    region: 1", "line 3: region must be a non-empty string."],
  ["contexts:\n  a b: {}", `line 2: a context name must be ${ID}`],
  ["contexts:\n  a: {cluster: a b}", `line 2: cluster must be ${ID}`],
  [
    "defaultContext: b\ncontexts:\n  a: {}",
    "line 1: defaultContext must be one of the contexts: a.",
  ],
  ["- a", "line 1: expected the keys defaultContext, contexts."],
] as const) {
  test(`the file ${JSON.stringify(text)} is reported with its line and the expected value`, async () => {
    const file = home.configure(text);
    assert.equal(await signedWith(["-c", "prod"]), `${file}, ${problem}\n`);
    await exits(contexts(), 2, `${file}, ${problem}\n`);
    await exits(cli(["token", "--help"], { environment: { HOME: home.path } }), 0);
  });
}

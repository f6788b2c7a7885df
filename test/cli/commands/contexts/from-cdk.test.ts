// `contexts from-cdk`: the contexts are those of the list that the CDK app reads, and everything
// else in the file is kept.

import "../../../infra/quick-synth.ts";
import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { App } from "aws-cdk-lib";
import { readConfig } from "../../../../cli/cmdline/contexts.ts";
import { readClusters } from "../../../../infra/context/read-context.ts";
import { CLUSTERS } from "../../../infra/clusters.ts";
import { cli } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { exits, prints, refuses } from "../mappings/cluster.ts";

const { path: HOME, write, configure } = useFolder();
const FILE = join(HOME, ".config/iam-authenticator/config.yaml");
beforeEach(() => rmSync(FILE, { force: true }));

const A = {
  clusterId: "a",
  account: "111122223333",
  region: "eu-west-1",
  mappingPrefix: "/teams/a",
};
const PAIR = ["eu-west-1", "eu-central-1"].map((region) => ({ clusterId: "pair", region }));

const listFile = (clusters: unknown) =>
  write("cdk.json", JSON.stringify({ app: "x", context: { clusters } }));
const fromCdk = (clusters: unknown, words = "--yes", options = {}) =>
  cli(`contexts from-cdk ${listFile(clusters)} ${words}`, { environment: { HOME }, ...options });
const text = () => readFileSync(FILE, "utf8");

test("the contexts are those of the stacks that CDK deploys", async () => {
  const clusters = [
    ...CLUSTERS,
    ...PAIR,
    A,
    { ...A, clusterId: "b", mappingPrefix: "/iam-authenticator/b" },
  ];
  await exits(fromCdk(clusters), 0);
  const { contexts = assert.fail() } = (await readConfig({ HOME })) ?? {};
  const all = readClusters(new App({ context: { clusters } }));
  const deployed = all.map(({ clusterId, account, region, mappingPrefix }) => {
    const own = mappingPrefix === `/iam-authenticator/${clusterId}` ? undefined : mappingPrefix;
    return [clusterId, account, region, own];
  });
  const written = Array.from(contexts.values(), (context) => [
    context.cluster,
    context.account,
    context.region,
    context.prefix,
  ]);
  assert.deepEqual(written, deployed);
  const names = ["plain", "certified", "hidden.1", "pair-eu-west-1", "pair-eu-central-1", "a", "b"];
  assert.deepEqual([...contexts.keys()], names);
  await prints(fromCdk(clusters, ""), "0 to add, 0 to change, 7 unchanged.\n", "");
  await prints(cli("contexts list -o name", { environment: { HOME } }), `${names.join("\n")}\n`);
});

const BEFORE = `# Ours
defaultContext: live
contexts:
  live:
    # the oldest
    cluster: a
    region: eu-north-1 # moved
    profile: ops # by hand
    prefix: /old
  # not deployed by CDK
  other: {region: us-west-2}
  pair:
`;
const AFTER = `# Ours
defaultContext: live
contexts:
  live:
    # the oldest
    cluster: a
    region: eu-west-1 # moved
    profile: ops # by hand
    account: "111122223333"
  # not deployed by CDK
  other: {region: us-west-2}
  pair:
    region: eu-west-1
  new:
    cluster: new
`;
const LIST = [
  { ...A, mappingPrefix: undefined },
  { clusterId: "pair", region: "eu-west-1" },
  { clusterId: "new" },
];
const PLAN = `~ live, region eu-north-1 -> eu-west-1, account 111122223333, prefix /old -> (default)
~ pair, region eu-west-1
+ new, cluster new
1 to add, 2 to change, 0 unchanged.
Not in ${join(HOME, "cdk.json")}, and kept: other.
`;

test("it changes what the list says, and keeps other contexts, other keys, names and comments", async () => {
  configure(BEFORE);
  await prints(fromCdk(LIST, "--dry-run"), PLAN, "Dry run: nothing was written.\n");
  assert.equal(text(), BEFORE);
  await prints(fromCdk(LIST), PLAN, "");
  assert.equal(text(), AFTER);
});

const windows = (text: string) => text.replaceAll("\n", "\r\n");
for (const [how, before, after, list = [{ clusterId: "a" }, { clusterId: "12" }]] of [
  ["CRLF", windows(BEFORE), windows(AFTER), LIST],
  ["no line break at the end", "contexts:\n  a:", 'contexts:\n  a:\n  "12":\n    cluster: "12"\n'],
  [
    "JSON",
    '{"contexts":{"a":{"prefix":"/x","cluster":"a"},"12":{}}}',
    '{"contexts":{"a":{"cluster":"a"},"12":{}}}',
  ],
  [
    "one key",
    "contexts:\n  a: # ours\n    prefix: /x\n  12:\n",
    "contexts:\n  a: # ours\n    {}\n  12:\n",
  ],
  [
    "new keys for its last one",
    "contexts:\n  a:\n    prefix: /x # old\n",
    "contexts:\n  a:\n    region: us-west-2\n",
    [{ clusterId: "a", region: "us-west-2" }],
  ],
  [
    "an alias elsewhere",
    "contexts: {a: &a {}, b: *a}\n",
    'contexts: {a: &a {}, b: *a, "12":{"cluster":"12"}}\n',
  ],
] as const) {
  test(`a file with ${how} is written in its own way`, async () => {
    configure(before);
    await exits(fromCdk(list), 0);
    assert.equal(text(), after);
  });
}

test("it asks, and writes nothing without a yes", async () => {
  await exits(
    fromCdk([A], "", { interactive: true, input: "n\n" }),
    1,
    `Write ${FILE}? [y/N] Nothing was written.\n`,
  );
  await exits(fromCdk([A], ""), 2, /^Nothing was written\. Cannot ask for confirmation/);
  assert.ok(!existsSync(FILE));
  await exits(fromCdk([A], "", { interactive: true, input: "y\n" }), 0);
  assert.match(
    text(),
    /^contexts:\n {2}a:\n {4}cluster: a\n {4}region: eu-west-1\n {4}account: "111122223333"\n/,
  );
});

test("what is saved before the answer is kept, and the file is replaced", async () => {
  configure(BEFORE);
  const reader = openSync(FILE, "r");
  const onLog = () => configure(`${BEFORE}  saved: {region: eu-west-1}\n`);
  await exits(fromCdk(LIST, "", { interactive: true, input: "y\n", onLog }), 0);
  assert.match(text(), /\n {2}saved: \{region: eu-west-1\}\n {2}new:\n/);
  assert.doesNotMatch(readFileSync(reader, "utf8"), /new/);
  closeSync(reader);
});

test("the cluster of cdk.json without a list becomes a context", async () => {
  const file = write("cdk.json", JSON.stringify({ app: "x", context: { clusterId: "prod" } }));
  const added = "+ prod, cluster prod\n1 to add, 0 to change, 0 unchanged.\n";
  await prints(cli(`contexts from-cdk ${file} --yes`, { environment: { HOME } }), added, "");
  assert.equal(text(), "contexts:\n  prod:\n    cluster: prod\n");
});

test("the table has the account of each context", async () => {
  configure("contexts:\n  a: {region: eu-west-1, account: '111122223333'}\n");
  const expected = `  NAME  CLUSTER  REGION     ACCOUNT       PROFILE  PREFIX\n  a     a        eu-west-1  111122223333\n`;
  await prints(cli("contexts list", { environment: { HOME } }), expected);
});

test("standard input is a list, too, and a value cannot forge a line", async () => {
  const input = JSON.stringify({ context: { clusters: [{ ...A, mappingPrefix: "/x\n+ b" }] } });
  const forged = cli("contexts from-cdk - --dry-run", { environment: { HOME }, input });
  await refuses(forged, /^standard input, context\.clusters\[0\]: prefix must be [^\n]+\.\n$/);
});

for (const [what, clusters, message, before = ""] of [
  ["no list", undefined, / must be JSON with a list of clusters: \{"context": /],
  ["an empty list", [], / must be JSON with a list of clusters/],
  [
    "an entry without an id",
    [{}],
    /, context\.clusters\[0\]: clusterId must be up to 100 letters, /,
  ],
  [
    "an id with a space",
    [{ clusterId: "a b" }],
    /, context\.clusters\[0\]: clusterId must be up to 100 letters, /,
  ],
  [
    "a number as account",
    [A, { ...A, clusterId: "b", account: 1 }],
    /, context\.clusters\[1\]: put account in quotes/,
  ],
  [
    "an unquoted region",
    [{ ...A, region: 1 }],
    /, context\.clusters\[0\]: 1 is not an AWS region\.\n$/,
  ],
  [
    "an unknown region",
    [{ ...A, region: "eu-wset-1" }],
    /, context\.clusters\[0\]: "eu-wset-1" is not an AWS region\. Did you mean eu-west-1\?\n$/,
  ],
  [
    "one cluster twice",
    [A, A],
    /: "clusters" has the cluster a twice: two stacks of one cluster need two regions\.\n/,
  ],
  [
    "a taken name",
    [{ clusterId: "a" }],
    /^Two clusters need the context a\. Rename /,
    "contexts: {a: {cluster: b}}",
  ],
  [
    "an alias",
    [{ ...A, clusterId: "b" }],
    /cannot change safely\. Write aliases \(\*\) and \{\} out/,
    "contexts: {b: &b {}, c: *b}",
  ],
  [
    "a comment in {}",
    [{ clusterId: "a" }],
    /cannot change/,
    "contexts:\n  a: {prefix: /x, # why\n    profile: ops}",
  ],
  ["an invalid file", [A], /config\.yaml, line 1: unknown key context/, "context: {}"],
] as const) {
  test(`${what} is wrong usage, and the file is unchanged`, async () => {
    configure(before);
    await exits(fromCdk(clusters), 2, message);
    assert.equal(text(), before);
  });
}

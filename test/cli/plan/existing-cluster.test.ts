// A cluster exists where a parameter exists. Writes to any other need --new, and reads of it fail.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ec } from "../../functions/issuer/samples.ts";
import { answering, failing } from "../../local/aws/service-faults.ts";
import { startParameterStore } from "../../local-aws.ts";
import { type CliOptions, cli, useLocalAws } from "../cli.ts";
import { isPut } from "../commands/mappings/apply.ts";
import { exits } from "../commands/mappings/cluster.ts";
import { forbidden } from "../commands/mappings/forbidden.ts";
import { onlyGranted } from "../commands/mappings/permissions.ts";
import { useFolder, useServer } from "../fixtures.ts";

const ROLE = "arn:aws:iam::111122223333:role/Developers";

const folder = useFolder();
const parameters = {
  "/iam-authenticator/staging/callers": "[]",
  "/iam-authenticator/prod/pattern/any": "[]",
};
const store = useServer(() => startParameterStore({ parameters }), "each");
beforeEach(() => useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url }));

const input = JSON.stringify({ mappings: [{ arn: ROLE, username: "dev" }] });
const jwks = JSON.stringify({ keys: [ec("P-256").jwk] });
const WRITES: readonly (readonly [words: string, input?: string])[] = [
  [`mappings set ${ROLE} --username x`],
  ["mappings apply -f -", input],
  ["mappings deny jane@example.com"],
  ...["deny", "allow", "remove", "rollback"].map(
    (command) => [`mappings ${command} ${ROLE}`] as const,
  ),
  ["callers add control-plane"],
  ["irsa keys publish --jwks -", jwks],
];
const PLACE = "account 111122223333, region us-east-1. Check --cluster, --region and --profile.";
const ABSENT = `The cluster prodd has no parameter below /iam-authenticator/prodd in ${PLACE}`;

const set = (cluster: string, words: readonly string[] = ["-y"], options: CliOptions = {}) =>
  cli(["mappings", "set", ROLE, "--username", "x", "-c", cluster, ...words], options);
/** No stack has written its settings. */
const assumed = (id: string) =>
  `The function's settings are not in Parameter Store (/iam-authenticator/${id}/settings/${id}). Assumed: the default of each setting.\n`;
const isWritten = () => store.requests.some(isPut);

test("every command that writes rejects a cluster without parameters", async () => {
  for (const [words, text = ""] of WRITES) {
    await exits(
      cli(`${words} -c prodd -y`, { input: text }),
      1,
      `${ABSENT} To write to a new cluster, use --new.\n`,
    );
  }
  assert.ok(!isWritten());
});

test("commands that read a cluster without parameters print nothing, and exit with 1", async () => {
  const reads = [
    "mappings list",
    `mappings get ${ROLE}`,
    `explain ${ROLE}`,
    "callers list",
    "irsa keys list",
  ];
  const exports = ["mappings export", "mappings export --format aws-auth"];
  for (const words of [...reads, ...reads.map((read) => `${read} -o json`), ...exports]) {
    await exits(cli(`${words} -c prodd`), 1, `${ABSENT}\n`, "");
  }
  const both = ["-c", "prod", "-c", "prodd"];
  for (const words of [["diff"], ["list", "-o", "name"]]) {
    const { err } = await exits(cli(["mappings", ...words, ...both]), 1, undefined, "");
    assert.ok(err.endsWith(`prodd: ${ABSENT}\n`), err);
  }
});

test("with --account, the message names the account: the cluster may have parameters of others", async () => {
  const of =
    "The cluster staging has no parameter of account 444455556666 below /iam-authenticator/staging in";
  const words = "mappings list -c staging --account 444455556666";
  await exits(cli(words), 1, `${of} ${PLACE.replace("--cluster", "--account, --cluster")}\n`, "");
});

test("lint, diff with a file, and a dry run fail like the write, and --new allows the dry run", async () => {
  const dry = (words: string) => `mappings ${words} --dry-run`;
  for (const words of ["mappings lint", "mappings diff -f -"]) {
    await exits(cli(`${words} -c prodd`, { input }), 1, `${ABSENT}\n`, "");
  }
  for (const words of [
    "apply -f -",
    `set ${ROLE} --username x`,
    `deny ${ROLE}`,
    `remove ${ROLE}`,
  ].map(dry)) {
    await exits(
      cli(`${words} -c prodd`, { input }),
      1,
      `${ABSENT} To write to a new cluster, use --new.\n`,
      "",
    );
  }
  await exits(cli(`${dry("apply -f -")} --new -c prodd`, { input }), 0, undefined, /^1 to add, /m);
  assert.ok(!isWritten());
});

test("a prefix below which clusters are stored is not a cluster's, even with --new", async () => {
  const below = (prefix: string) =>
    new RegExp(
      `^${prefix} is not the prefix of a cluster: .* with /iam-authenticator/\\S+\\. Check --prefix\\.\n$`,
    );
  for (const [words, text = ""] of WRITES) {
    const typed = `${words} -c staging --prefix /iam-authenticator`;
    for (const more of ["-y", "-y --new"]) {
      await exits(cli(`${typed} ${more}`, { input: text }), 2, below("/iam-authenticator"), "");
    }
  }
  await exits(
    cli("mappings list -c staging --prefix /iam-authenticator"),
    2,
    below("/iam-authenticator"),
    "",
  );
  assert.ok(!isWritten());
  // A cluster's names may have one of these forms.
  for (const name of ["issuer/callers", "role/callers", "deny/any/callers"])
    store.put(`/clusters/${name}`, "[]");
  await exits(cli("mappings list -c staging --prefix /clusters"), 2, /with \/clusters\/\S+\./);
  store.put("/clusters/role/111122223333/x", "{}");
  await exits(cli("mappings list -c staging --prefix /clusters"), 0);
});

test("--new creates the cluster, and has no effect on one that exists", async () => {
  await exits(set("prodd", ["-y", "--new"]), 0);
  await exits(set("prodd"), 0);
  const wrote = "Wrote 1 parameter. The function reads the change within 30 s.\n";
  await exits(set("staging", ["-y", "--new"]), 0, `${assumed("staging")}${wrote}`);
});

test("one parameter of any kind is enough for a cluster", async () => {
  for (const cluster of ["prod", "staging"]) {
    await exits(set(cluster), 0);
    for (const words of [["callers"], ["irsa", "keys"]])
      await exits(cli([...words, "list", "-c", cluster]), 0);
  }
});

test("the suggestion is the nearest context, and is left out if no name is similar", async () => {
  folder.configure(
    "contexts: {production: {cluster: prod}, first: {cluster: second}, second: {cluster: prod}}",
  );
  const environment = { HOME: folder.path };
  await exits(
    set("producton", ["-y"], { environment }),
    1,
    /us-east-1\. Did you mean production\? Check --cluster/,
  );
  for (const name of ["else", "first"])
    await exits(set(name, ["-y"], { environment }), 1, /us-east-1\. Check --cluster/);
});

test("without the permission to check, the command warns and asks, or continues with --yes", async () => {
  store.fail(forbidden("GetParametersByPath"));
  const warning =
    "Cannot check whether the cluster prodd exists: no permission for ssm:GetParametersByPath.\n";
  const asked = await exits(
    set("prodd", [], { interactive: true, input: "n\n" }),
    1,
    /^Write 1 parameter in account/m,
  );
  assert.ok(asked.err.startsWith(warning), asked.err);
  await exits(cli(["explain", ROLE, "-c", "prodd"]), 1, `${warning}${assumed("prodd")}`);
});

test("a team with access to one account finds its cluster by the parameters that it may read", async () => {
  for (const [cluster, name] of [
    ["one", "user/111122223333/alice"],
    ["two", "deny/any"],
  ]) {
    store.put(`/iam-authenticator/${cluster}/${name}`, "[]");
    store.fail(onlyGranted(`/iam-authenticator/${cluster}`, "111122223333"));
    const words = ["-y", "--account", "111122223333", "--allow-weakening"];
    await exits(set(`${cluster}`, words), 0, /^(?![\s\S]*Cannot check)/);
  }
});

test("if AWS does not answer who owns what, nothing is written", async () => {
  const fault = answering(500, '{"__type":"InternalServerError"}');
  store.put(
    "/iam-authenticator/prod/role/111122223333/developers",
    JSON.stringify({ arn: ROLE, username: "y" }),
  );
  for (const [operation, cluster] of [
    ["GetParametersByPath", "prodd"],
    ["ListTagsForResource", "prod"],
  ] as const) {
    store.fail(failing(operation, fault));
    await exits(set(cluster), 3);
    assert.ok(!isWritten());
  }
});

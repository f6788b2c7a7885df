// Commands for several clusters: one plan, one question, failures by cluster, and what is skipped
// or refused.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { useFolder } from "../../fixtures.ts";
import { exits, prints } from "./cluster.ts";
import { ACCOUNT, useTwoClusters } from "./several.ts";

const MALLORY = `arn:aws:iam::${ACCOUNT}:user/mallory`;
const EVE = `arn:aws:iam::${ACCOUNT}:user/eve`;
const STORED = {
  [`sso/${ACCOUNT}/clusteradmin`]: { username: "admin:{SessionName}", groups: ["system:masters"] },
  [`user/${ACCOUNT}/mallory`]: { arn: MALLORY, username: "mallory" },
  [`user/${ACCOUNT}/eve`]: { arn: EVE, username: "eve" },
};
const clusters = useTwoClusters(STORED, STORED);
const folder = useFolder();
const FAST = ["--rate", "1000", "-y"];
const ALL = ["--all-contexts"];
const deny = (...words: string[]) => clusters.run(["mappings", "deny", MALLORY, ...FAST, ...words]);
const allow = (...words: string[]) =>
  clusters.run(["mappings", "allow", MALLORY, ...FAST, ...ALL, ...words]);
const verdicts = (arn: string) =>
  Promise.all(["prod", "staging"].map((cluster) => clusters.verdict(cluster, arn)));
const values = (name: string) =>
  Promise.all(["prod", "staging"].map((cluster) => clusters.value(cluster, name)));
const ofMallory = (words: string) => `mappings ${words} --all-contexts --rate 1000 -y`;
const SET_AND_REMOVE = [`set ${MALLORY} --username x`, `remove ${MALLORY}`].map(ofMallory);
const DENIED = "identity_denied";
const UNCHANGED = /Nothing was written, because not every cluster can be changed\.\n$/;

for (const which of [ALL, ["-c", "prod", "-c", "staging", "-c", "prod"]]) {
  test(`deny ${which.join(" ")} asks once, and denies only the identity in both`, async () => {
    const words = ["mappings", "deny", MALLORY, "--rate", "1000", ...which];
    const { out, err } = await exits(clusters.run(words, { interactive: true, input: "y\n" }), 0);
    assert.deepEqual(out.match(/cluster \w+ /g), ["cluster prod ", "cluster staging "]);
    assert.match(
      err,
      /^Write 2 parameters in 2 clusters: .*cluster prod \(.*\); .*cluster staging \(.*\)\? \[y\/N\]/m,
    );
    assert.equal(err.match(/\? \[y\/N\]/g)?.length, 1);
    assert.equal(out.match(/^\+ deny\//gm)?.length, 1);
    assert.match(
      err,
      /prod, staging: Wrote 1 parameter\. Access ends by \S+Z, with .*\.\n.*\nDenied in 2 of 2 clusters\.\n$/,
    );
    assert.deepEqual(await verdicts(MALLORY), [DENIED, DENIED]);
    assert.deepEqual(await verdicts(EVE), ["granted", "granted"]);
  });
}

for (const [operation, message] of Object.entries({
  GetParameters: /^prod: ./m,
  PutParameter: /^prod: Nothing w/m,
})) {
  test(`deny continues when ${operation} fails in one cluster, and prints what to repeat`, async () => {
    clusters.fail(operation, "/iam-authenticator/prod/");
    const { err } = await exits(deny(...ALL, "--description", "it's over"), 3, message);
    clusters.fail(undefined);
    assert.match(err, /^staging: Wrote 1 parameter\. /m);
    const command = `mappings deny ${MALLORY} --rate 1000 -y --all-contexts --description 'it'\\''s over'`;
    const last = `Denied in 1 of 2 clusters. Not denied in: prod (failed). Repeat: npx --no -- lambda-iam-authenticator ${command}\n`;
    assert.ok(err.endsWith(last), err);
    assert.deepEqual(await verdicts(MALLORY), ["granted", DENIED]);
  });
}

for (const [what, loosen] of Object.entries({
  allow: () => allow("--allow-weakening"),
  "a deny with an earlier end": () => deny("--for", "2h", ...ALL, "--allow-weakening"),
})) {
  test(`${what} needs every store, and stops at the first failed write`, async () => {
    await exits(deny(...ALL), 0);
    clusters.fail("GetParameters", "/iam-authenticator/staging/");
    const { err } = await exits(loosen(), 3, UNCHANGED);
    assert.match(err, /^staging: /m);
    clusters.fail("PutParameter", "/iam-authenticator/prod/");
    await exits(
      loosen(),
      3,
      /^prod: Nothing was written\..*\n.* in 0 of 2 clusters\. Not .*: prod \(failed\), staging \(not tried\)\. Repeat: /m,
    );
    clusters.fail(undefined);
    assert.deepEqual(await values(`deny/${ACCOUNT}`), Array(2).fill([{ arnLike: MALLORY }]));
  });
}

test("allow needs consent once for both clusters", async () => {
  await exits(deny(...ALL), 0);
  const refused =
    /^Refused, because it needs your consent: 2 denials lifted\.\n {2}mallory may log in again by 2 mappings, such as mallory\n/m;
  await exits(allow(), 1, refused);
  await exits(allow("--allow-weakening"), 0);
  assert.deepEqual(await verdicts(MALLORY), ["granted", "granted"]);
  await exits(deny("-c", "prod"), 0);
  await exits(allow("--allow-weakening"), 0, /^staging: No denial names \S+mallory\.$/m);
  await exits(allow("--allow-weakening"), 1);
});

test("a context of another account than STS reports is refused before anything is read", async () => {
  const other = "444455556666";
  clusters.configure({ prod: { account: ACCOUNT }, other: { account: other, cluster: "staging" } });
  const message = `The context of cluster staging requires account ${other}, but the credentials are of account ${ACCOUNT}\\. `;
  await exits(clusters.run(["mappings", "lint", ...ALL]), 2, new RegExp(`^other: ${message}`, "m"));
  const before = { ...process.env };
  process.env["AWS_ACCOUNT_ID"] = other;
  await exits(deny("-c", "other"), 2, new RegExp(`^${message}`));
  Object.assign(process.env, before, { AWS_SECRET_ACCESS_KEY: "wrong" });
  await exits(deny("-c", "other"), 3, /^AWS rejects the signature/);
  Object.assign(process.env, before);
  clusters.configure({});
  assert.equal(await clusters.verdict("staging", MALLORY), "granted");
});

test("contexts of another partition than the ARN's are skipped by name", async () => {
  clusters.configure({ prod: {}, china: { cluster: "staging", region: "cn-north-1" } });
  await exits(
    deny(...ALL),
    0,
    /^china: Skipped: region cn-north-1 is in partition aws-cn, not aws\.$/m,
  );
  assert.deepEqual(await verdicts(MALLORY), [DENIED, "granted"]);
  for (const words of SET_AND_REMOVE)
    await exits(clusters.run(`${words} --allow-weakening`), 0, /^china: Skipped: /m);
  const gov = clusters.run(
    `mappings deny ${MALLORY.replace("arn:aws:", "arn:aws-us-gov:")} --all-contexts -y`,
  );
  await exits(gov, 2, /^No cluster is in partition aws-us-gov\. Nothing was written\.$/m);
});

test("each context's region applies, and contradictory options are refused", async () => {
  clusters.configure({ prod: { region: "eu-west-1" }, staging: { region: "us-west-2" } });
  const { out } = await deny(...ALL, "--dry-run");
  const regions = ["region eu-west-1, cluster prod", "region us-west-2, cluster staging"];
  assert.deepEqual(out.match(/region [\w-]+, cluster \w+/g), regions);
  for (const [words, sentence] of [
    [
      [...ALL, "--region", "eu-west-1"],
      /^--region eu-west-1 contradicts the context staging, whose region is us-w/m,
    ],
    [
      [...ALL, "--prefix", "/x"],
      /^--prefix is for one cluster, but 2 were given\. Set prefix in each context/m,
    ],
    [[...ALL, "--new"], /option '--all-contexts' cannot be used with option '--new'/],
    [[...ALL, "-c", "prod"], /^Give either --cluster or --all-contexts\.$/m],
    [["-c", "prod", "-c", "a b"], /argument 'a b' is invalid\. It must be up to 100 letters/],
  ] as const) {
    await exits(deny(...words), 2, sentence);
  }
  clusters.configure({});
  const named =
    "--all-contexts requires a configuration file with contexts. Without one, use -c <cluster>.\n";
  await exits(deny(...ALL), 2, named);
});

test("the lines of the documentation for a colleague who left work as pasted", async () => {
  clusters.configure({ "my-cluster": { cluster: "prod" }, other: { cluster: "staging" } });
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/access.md"), "utf8");
  const lines =
    page.match(/(?<=^npx --no -- lambda-iam-authenticator )mappings deny jane@.*?(?=$| +#)/gm) ??
    [];
  const answer = { interactive: true, input: "y\n" };
  const outcomes = [];
  for (const line of lines)
    outcomes.push((await exits(clusters.run(line, answer), 0)).err.split("\n").at(-2));
  const starts = outcomes.map((line) => line?.slice(0, 26));
  assert.deepEqual(starts, ["Goes on: open requests (wa", "Denied in 2 of 2 clusters."]);
});

test("Ctrl-C while the clusters are read writes nothing", async () => {
  const stop = new AbortController();
  clusters.store.fail(() => {
    stop.abort();
    return { kind: "silent" };
  });
  const words = ["mappings", "deny", MALLORY, ...FAST, ...ALL];
  await exits(clusters.run(words, { interrupted: stop.signal }), 130, "Nothing was written.\n");
});

test("apply, set and remove need both clusters to be readable", async () => {
  const file = folder.write("m.yaml", `mappings: [{arn: "${MALLORY}", username: changed}]`);
  const apply = ["mappings", "apply", "-f", file, ...ALL, ...FAST];
  const diff = (...words: string[]) =>
    clusters.run(["mappings", "diff", "-f", file, ...ALL, ...words]);
  clusters.fail("GetParametersByPath", "/iam-authenticator/staging");
  await exits(clusters.run(apply), 3, UNCHANGED);
  clusters.fail("GetParameters", "/iam-authenticator/staging/");
  for (const words of SET_AND_REMOVE) await exits(clusters.run(words), 3, UNCHANGED);
  clusters.fail(undefined);
  assert.equal((await exits(diff(), 1)).out.match(/username: mallory -> changed/g)?.length, 2);
  const [one, two, ...others] = JSON.parse((await exits(diff("-o", "json"), 1)).out);
  assert.deepEqual([one.changes.length, two.changes.length, others], [1, 1, []]);
  await exits(clusters.run(apply), 0);
  assert.deepEqual(
    await values(`user/${ACCOUNT}/mallory`),
    Array(2).fill({ arn: MALLORY, username: "changed" }),
  );
  await exits(diff(), 0);
});

test("list and lint name the cluster of each item, and continue when one cannot be read", async () => {
  await exits(deny("-c", "staging"), 0);
  const list = (words: string, command = "list") => clusters.run(`mappings ${command} ${words}`);
  const clustersOf = (text: string) => [
    ...new Set(JSON.parse(text).map((item: { cluster?: string }) => item.cluster)),
  ];
  const { out } = await list("--all-contexts");
  assert.match(
    out,
    /^CLUSTER +KIND +ACCOUNT [\s\S]*^staging +deny +111122223333 +\S+mallory +DENIED$/m,
  );
  assert.doesNotMatch(out, /^prod +deny /m);
  assert.deepEqual(clustersOf((await list("--all-contexts -o json")).out), ["prod", "staging"]);
  await prints(list("--all-contexts -o name"), /^prod user\/111122223333\/eve$/m);
  assert.deepEqual(clustersOf((await list("-c prod -o json")).out), [undefined]);
  clusters.fail("GetParametersByPath", "/iam-authenticator/prod");
  for (const command of ["list", "lint"]) {
    const half = await exits(list("--all-contexts -o json", command), 3, /^prod: /m);
    assert.deepEqual(clustersOf(half.out), ["staging"]);
  }
});

test("diff of two clusters shows what only one has and what differs, without the prefix", async () => {
  const diff = (...words: string[]) =>
    clusters.run(["mappings", "diff", "-c", "staging", "-c", "prod", ...words]);
  await prints(diff(), /\n0 only in the first, 0 only in the second, 0 different, 3 equal\.\n$/);
  await exits(deny("-c", "prod"), 0);
  for (const words of [`remove ${EVE}`, `set ${MALLORY} --username m --allow-weakening`]) {
    await exits(clusters.run(`mappings ${words} -c prod -y --rate 1000`), 0);
  }
  const { out } = await exits(diff(), 1);
  const [head = "", ...lines] = out.trimEnd().split("\n");
  assert.match(
    head,
    /^From account \d+, region us-east-1, cluster staging \(.*\), to account \d+, .* cluster prod \(/,
  );
  assert.deepEqual(lines, [
    ...[`+ deny/${ACCOUNT}`, `    ${MALLORY}`, `- user/${ACCOUNT}/eve`, "    eve"],
    ...[`~ user/${ACCOUNT}/mallory`, "    username: mallory -> m"],
    "1 only in the first, 1 only in the second, 1 different, 1 equal.",
  ]);
  const { from, to, changes, unchanged } = JSON.parse((await exits(diff("-o", "json"), 1)).out);
  assert.match(
    `${from} ${to} ${unchanged} ${changes.length}`,
    /cluster staging .* cluster prod .* 1 3$/,
  );
  await exits(clusters.run("mappings diff -c prod"), 2);
  await exits(diff("--prune"), 2);
});

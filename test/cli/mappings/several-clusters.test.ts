// Commands for several clusters: one plan, one question, failures by cluster, and what is skipped or refused.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { exits } from "./cluster.ts";
import { ACCOUNT, type TwoClusters, twoClusters } from "./several.ts";

const ADMIN = { username: "admin:{SessionName}", groups: ["system:masters"] };
const MALLORY = `arn:aws:iam::${ACCOUNT}:user/mallory`;
const EVE = `arn:aws:iam::${ACCOUNT}:user/eve`;
const STORED = {
  [`sso/${ACCOUNT}/clusteradmin`]: ADMIN,
  [`user/${ACCOUNT}/mallory`]: { arn: MALLORY, username: "mallory" },
  [`user/${ACCOUNT}/eve`]: { arn: EVE, username: "eve" },
};
const DENY = ["mappings", "deny", MALLORY, "--rate", "1000"];
const ALLOW = ["mappings", "allow", MALLORY, "--rate", "1000"];

let clusters: TwoClusters;
beforeEach(async () => {
  clusters = await twoClusters(STORED, STORED);
});
afterEach(() => clusters.close());

const verdicts = async (arn: string) => [await clusters.verdict("prod", arn), await clusters.verdict("staging", arn)];

for (const which of [
  ["--all-contexts"],
  ["-c", "prod", "-c", "staging"],
  ["-c", "prod", "-c", "staging", "-c", "prod"],
]) {
  test(`deny ${which.join(" ")} shows both plans, asks once, and denies only the identity in both`, async () => {
    const { out, err } = await exits(clusters.run([...DENY, ...which], { interactive: true, input: "y\n" }), 0);
    assert.deepEqual(out.match(/cluster \w+ /g), ["cluster prod ", "cluster staging "]);
    assert.deepEqual(err.match(/\? \[y\/N\]/g)?.length, 1);
    assert.match(
      err,
      /^Write 2 parameters in 2 clusters: .*cluster prod \(.*\); .*cluster staging \(.*\)\? \[y\/N\] /m,
    );
    assert.match(err, /prod: Wrote 1 parameter\. .*so access ends by \S+Z\.$/m);
    assert.match(err, /^staging: Wrote 1 parameter\. /m);
    assert.deepEqual(await verdicts(MALLORY), ["identity_denied", "identity_denied"]);
    assert.deepEqual(await verdicts(EVE), ["granted", "granted"]);
  });
}

test("a no, and --dry-run, write to no cluster", async () => {
  const no = await clusters.run([...DENY, "--all-contexts"], { interactive: true, input: "n\n" });
  assert.deepEqual([no.code, no.err.endsWith("Nothing was written.\n")], [1, true]);
  assert.equal((await clusters.run([...DENY, "--all-contexts", "--dry-run"])).code, 0);
  assert.deepEqual(await verdicts(MALLORY), ["granted", "granted"]);
});

test("deny continues when one cluster cannot be read, and exits with the worst code", async () => {
  clusters.fail("GetParameters", "/iam-authenticator/prod/");
  const { code, err } = await clusters.run([...DENY, "--all-contexts", "-y"]);
  clusters.fail(undefined);
  assert.equal(code, 3);
  assert.match(err, /^prod: .+$/m);
  assert.match(err, /^staging: Wrote 1 parameter\. /m);
  assert.deepEqual(await verdicts(MALLORY), ["granted", "identity_denied"]);
});

test("deny continues when one cluster cannot be written", async () => {
  clusters.fail("PutParameter", "/iam-authenticator/prod/");
  const { code, err } = await clusters.run([...DENY, "--all-contexts", "-y"]);
  clusters.fail(undefined);
  assert.equal(code, 3);
  assert.match(err, /^prod: Nothing was written\./m);
  assert.deepEqual(await verdicts(MALLORY), ["granted", "identity_denied"]);
});

test("allow needs every store, stops at the first failed write, and names the clusters that it did not reach", async () => {
  await clusters.run([...DENY, "--all-contexts", "-y"]);
  const allow = [...ALLOW, "--all-contexts", "-y", "--allow-weakening"];
  clusters.fail("GetParameters", "/iam-authenticator/staging/");
  await exits(
    clusters.run(allow),
    3,
    /^staging: .*\nNothing was written, because not every cluster can be changed\.\n$/m,
  );
  clusters.fail("PutParameter", "/iam-authenticator/prod/");
  await exits(clusters.run(allow), 3, /^prod: Nothing was written\..*\nNot written: staging\.\n$/m);
  clusters.fail(undefined);
  assert.deepEqual(await verdicts(MALLORY), ["identity_denied", "identity_denied"]);
  await exits(
    clusters.run([...ALLOW, "--all-contexts", "-y"]),
    1,
    /^Refused, because it needs your consent: 2 denials lifted\.\n {2}user\/mallory is no longer denied/m,
  );
  assert.equal((await clusters.run(allow)).code, 0);
  assert.deepEqual(await verdicts(MALLORY), ["granted", "granted"]);
});

test("a deny that loosens writes nothing if one cluster cannot be read, and stops at a failed write", async () => {
  await clusters.run([...DENY, "--all-contexts", "-y"]);
  clusters.fail("GetParameters", "/iam-authenticator/staging/");
  const sooner = await clusters.run([...DENY, "--for", "2h", "--all-contexts", "-y", "--allow-weakening"]);
  clusters.fail(undefined);
  assert.equal(sooner.code, 3);
  assert.match(sooner.err, /Nothing was written, because not every cluster can be changed\.\n$/);
  clusters.fail("PutParameter", "/iam-authenticator/prod/");
  const stopped = await clusters.run([...DENY, "--for", "2h", "--all-contexts", "-y", "--allow-weakening"]);
  clusters.fail(undefined);
  assert.match(stopped.err, /^Not written: staging\.$/m);
  assert.deepEqual(await clusters.value("staging", `deny/${ACCOUNT}`), [{ arnLike: MALLORY }]);
  assert.deepEqual(await clusters.value("prod", `deny/${ACCOUNT}`), [{ arnLike: MALLORY }]);
});

test("allow skips a cluster without the denial by name, and fails if no cluster has it", async () => {
  await clusters.run([...DENY, "-c", "prod", "-y"]);
  const allow = [...ALLOW, "--all-contexts", "-y", "--allow-weakening"];
  await exits(clusters.run(allow), 0, /^staging: No denial names \S+mallory\.$/m);
  assert.equal((await clusters.run(allow)).code, 1);
});

test("a context of another account is refused before anything is read", async () => {
  clusters.configure({ prod: { account: ACCOUNT }, other: { account: "444455556666", cluster: "staging" } });
  await exits(
    clusters.run(["mappings", "lint", "--all-contexts"]),
    2,
    /^other: The context of cluster staging requires account 444455556666, but the credentials are of account 111122223333\. /m,
  );
  await exits(
    clusters.run([...DENY, "-c", "other", "-y"]),
    2,
    /^The context of cluster staging requires account 444455556666, but /,
  );
  clusters.configure({});
  assert.equal(await clusters.verdict("staging", MALLORY), "granted");
});

test("one store named twice is written once, and contexts of another partition are skipped by name", async () => {
  clusters.configure({
    prod: {},
    same: { cluster: "prod", region: "us-east-1" },
    china: { cluster: "staging", region: "cn-north-1" },
  });
  const { out, err } = await exits(
    clusters.run([...DENY, "--all-contexts", "-y"]),
    0,
    /^same: Skipped: it is the same store as prod\.$/m,
  );
  assert.match(err, /^china: Skipped: region cn-north-1 is in partition aws-cn, not aws\.$/m);
  assert.equal(out.match(/^Plan for /gm)?.length, 1);
  assert.deepEqual(await verdicts(MALLORY), ["identity_denied", "granted"]);
  await exits(
    clusters.run([...["mappings", "deny", MALLORY.replace("arn:aws:", "arn:aws-us-gov:"), "--all-contexts", "-y"]]),
    2,
    /^No cluster is in partition aws-us-gov\. Nothing was written\.$/m,
  );
});

test("each context's region applies, and options that contradict a context or suit one cluster are refused", async () => {
  clusters.configure({ prod: { region: "eu-west-1" }, staging: { region: "us-west-2" } });
  const { out } = await clusters.run([...DENY, "--all-contexts", "--dry-run"]);
  assert.deepEqual(out.match(/region [\w-]+, cluster \w+/g), [
    "region eu-west-1, cluster prod",
    "region us-west-2, cluster staging",
  ]);
  for (const [words, sentence] of [
    [
      ["--all-contexts", "--region", "eu-west-1"],
      /^--region eu-west-1 contradicts the context staging, whose region is us-west-2\.$/m,
    ],
    [
      ["--all-contexts", "--prefix", "/x"],
      /^--prefix is for one cluster, but 2 were given\. Set prefix in each context/m,
    ],
    [["--all-contexts", "--new"], /option '--all-contexts' cannot be used with option '--new'/],
    [["--all-contexts", "-c", "prod"], /^Give either --cluster or --all-contexts\.$/m],
    [["-c", "prod", "-c", "a b"], /argument 'a b' is invalid\. It must be up to 100 letters/],
  ] as const) {
    await exits(clusters.run([...DENY, ...words, "-y"]), 2, sentence);
  }
  const single = await clusters.run(["mappings", "set", MALLORY, "--username", "m", "-c", "prod", "-c", "staging"]);
  assert.match(single.err, /--cluster is already 'prod'\. Give one cluster\./);
  clusters.configure({});
  await exits(
    clusters.run([...DENY, "--all-contexts"]),
    2,
    "--all-contexts requires a configuration file with contexts.\n",
  );
});

test("the account of a context is compared with what STS answers, not with AWS_ACCOUNT_ID", async () => {
  clusters.configure({ other: { account: "444455556666", cluster: "staging" } });
  process.env["AWS_ACCOUNT_ID"] = "444455556666";
  const { code, err } = await clusters.run([...DENY, "-c", "other", "-y"]);
  process.env["AWS_ACCOUNT_ID"] = ACCOUNT;
  assert.equal(code, 2);
  assert.match(
    err,
    /^The context of cluster staging requires account 444455556666, but the credentials are of account 111122223333\. /,
  );
});

test("contexts of one profile share its credentials, so that it asks only once", async () => {
  const [config, calls] = [join(clusters.home, "aws-config"), join(clusters.home, "calls")];
  const keys = { Version: 1, AccessKeyId: "AKIAFROMTHEPROCESS00", SecretAccessKey: "x", AccountId: ACCOUNT };
  writeFileSync(join(clusters.home, "keys.json"), JSON.stringify(keys));
  const print = `echo called >> ${calls}; cat ${join(clusters.home, "keys.json")}`;
  writeFileSync(config, `[profile ops]\ncredential_process = sh -c "${print}"\n`);
  clusters.configure({
    prod: { profile: "ops", region: "us-east-1", account: ACCOUNT },
    staging: { profile: "ops", region: "us-west-2", account: ACCOUNT },
  });
  const before = process.env["AWS_CONFIG_FILE"];
  process.env["AWS_CONFIG_FILE"] = config;
  const { code, err } = await clusters.run([...DENY, "--all-contexts", "-y"]);
  process.env["AWS_CONFIG_FILE"] = before;
  assert.equal(code, 0, err);
  assert.equal(readFileSync(calls, "utf8"), "called\n");
});

test("Ctrl-C between two clusters keeps the first change, and names the cluster that was not written", async () => {
  const stop = new AbortController();
  await exits(
    clusters.run([...DENY, "--all-contexts", "-y"], {
      interrupted: stop.signal,
      onLog: (text) => text.startsWith("prod: Wrote") && stop.abort(),
    }),
    130,
    /^staging: Interrupted\.\nstaging: Nothing was written\. Run the same command again\.\n/m,
  );
  assert.deepEqual(await verdicts(MALLORY), ["identity_denied", "granted"]);
});

test("apply writes one file to both clusters, and needs both to be readable", async () => {
  const file = join(clusters.home, "m.yaml");
  writeFileSync(file, `mappings: [{arn: "${MALLORY}", username: changed}]`);
  const apply = ["mappings", "apply", "-f", file, "--all-contexts", "-y", "--rate", "1000"];
  clusters.fail("GetParametersByPath", "/iam-authenticator/staging");
  await exits(
    clusters.run(apply),
    3,
    /^staging: .*\nNothing was written, because not every cluster can be changed\.\n$/m,
  );
  clusters.fail(undefined);
  const diff = await clusters.run(["mappings", "diff", "-f", file, "--all-contexts"]);
  assert.deepEqual([diff.code, diff.out.match(/username: mallory -> changed/g)?.length], [1, 2]);
  const json = await clusters.run(["mappings", "diff", "-f", file, "--all-contexts", "-o", "json"]);
  const plans: { destination: string; changes: object[] }[] = JSON.parse(json.out);
  assert.deepEqual([json.code, plans.map(({ changes }) => changes.length)], [1, [1, 1]]);
  assert.equal((await clusters.run(apply)).code, 0);
  for (const cluster of ["prod", "staging"]) {
    assert.deepEqual(await clusters.value(cluster, `user/${ACCOUNT}/mallory`), { arn: MALLORY, username: "changed" });
    assert.deepEqual(await clusters.value(cluster, `user/${ACCOUNT}/eve`), { arn: EVE, username: "eve" });
  }
  assert.equal((await clusters.run(["mappings", "diff", "-f", file, "--all-contexts"])).code, 0);
});

test("list and lint name the cluster of each item, go on past a failure, and stay unchanged for one cluster", async () => {
  await clusters.run([...DENY, "-c", "staging", "-y"]);
  const both = await clusters.run(["mappings", "list", "--all-contexts"]);
  assert.match(both.out, /^CLUSTER +KIND +ACCOUNT /);
  await exits(clusters.run(["mappings", "list", "--all-contexts", "--watch"]), 2, "--watch requires one cluster.\n");
  assert.match(both.out, /^staging +deny +111122223333 +\S+mallory +DENIED$/m);
  assert.doesNotMatch(both.out, /^prod +deny /m);
  const json = JSON.parse((await clusters.run(["mappings", "list", "--all-contexts", "-o", "json"])).out);
  assert.deepEqual([...new Set(json.map(({ cluster }: { cluster: string }) => cluster))], ["prod", "staging"]);
  const names = await clusters.run(["mappings", "list", "--all-contexts", "-o", "name"]);
  assert.match(names.out, /^prod user\/111122223333\/eve$/m);
  const one = await clusters.run(["mappings", "list", "-c", "prod", "-o", "json"]);
  assert.ok(JSON.parse(one.out).every((item: object) => !("cluster" in item)));
  clusters.fail("GetParametersByPath", "/iam-authenticator/prod");
  const half = await clusters.run(["mappings", "list", "--all-contexts", "-o", "json"]);
  const lint = await clusters.run(["mappings", "lint", "--all-contexts", "-o", "json"]);
  clusters.fail(undefined);
  assert.equal(half.code, 3);
  assert.match(half.err, /^prod: /m);
  assert.ok(JSON.parse(half.out).every(({ cluster }: { cluster: string }) => cluster === "staging"));
  assert.equal(lint.code, 3);
  assert.ok(JSON.parse(lint.out).every(({ cluster }: { cluster: string }) => cluster === "staging"));
});

test("diff of two clusters shows what only one has and what differs, without the prefix", async () => {
  const diff = (...words: string[]) => clusters.run(["mappings", "diff", ...words]);
  const equal = await diff("-c", "staging", "-c", "prod");
  assert.deepEqual(
    [equal.code, equal.out.split("\n")[1]],
    [0, "0 only in the first, 0 only in the second, 0 different, 3 equal."],
  );
  await clusters.run([...DENY, "-c", "prod", "-y"]);
  await clusters.run(["mappings", "remove", EVE, "-c", "prod", "-y", "--rate", "1000"]);
  await clusters.run([
    "mappings",
    "set",
    MALLORY,
    "--username",
    "m",
    "-c",
    "prod",
    "-y",
    "--allow-weakening",
    "--rate",
    "1000",
  ]);
  const { out } = await exits(diff("-c", "staging", "-c", "prod"), 1);
  assert.match(
    out,
    /^From account \d+, region us-east-1, cluster staging \(.*\), to account \d+, .* cluster prod \(.*\):\n/,
  );
  assert.match(out, /^\+ deny\/111122223333\n {4}\S+mallory\n/m);
  assert.match(out, /^- user\/111122223333\/eve\n {4}eve\n/m);
  assert.match(out, /^~ user\/111122223333\/mallory\n {4}username: mallory -> m\n/m);
  assert.match(out, /\n1 only in the first, 1 only in the second, 1 different, 1 equal\.\n$/);
  const json = await diff("-c", "staging", "-c", "prod", "-o", "json");
  const { from, to, changes, unchanged } = JSON.parse(json.out);
  assert.deepEqual([json.code, unchanged], [1, 1]);
  assert.match(`${from} ${to}`, /cluster staging .* cluster prod /);
  assert.deepEqual(changes.map(({ action, name }: { action: string; name: string }) => `${action} ${name}`).sort(), [
    `add deny/${ACCOUNT}`,
    `change user/${ACCOUNT}/mallory`,
    `remove user/${ACCOUNT}/eve`,
  ]);
  for (const words of [
    ["-c", "prod"],
    ["-c", "prod", "-c", "staging", "--prune"],
  ]) {
    assert.equal((await diff(...words)).code, 2, words.join(" "));
  }
});

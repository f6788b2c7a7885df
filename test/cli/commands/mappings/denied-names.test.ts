// Stored denials by name: every command that reads denials reads them, and none of them skips one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { cli } from "../../cli.ts";
import { ADMIN, exits, PREFIX, prints, useCluster } from "./cluster.ts";

const A = "111122223333";
const NOW = Date.UTC(2026, 10, 25);
const JANE = { name: "jane@example.com", description: "left" };
const MALLORY = { arnLike: `arn:aws:iam::${A}:user/mallory` };
const alice = (groups: readonly string[]) => ({
  arn: `arn:aws:iam::${A}:user/ops/alice`,
  username: "alice",
  groups,
});
const cluster = useCluster(ADMIN);
const run = (words: string, options: object = {}) =>
  cluster.mappings(words, { now: NOW, ...options });
const withDenials = (words: string, deny: readonly object[]) =>
  run(`${words} -f -`, { input: JSON.stringify({ mappings: [], deny }) });

test("apply writes a name once, to the list of any account or of one", async () => {
  const deny = [JANE, { name: "joe", account: A }, MALLORY];
  await prints(withDenials("apply -y", deny), /\n {4}name: jane@example\.com description: left\n/);
  const lists = [[JANE], [MALLORY, { name: "joe" }]];
  const stored = async () => [await cluster.value("deny/any"), await cluster.value(`deny/${A}`)];
  const sorted = async () =>
    (await stored()).map((list) => (list as object[]).toSorted((a) => ("arnLike" in a ? -1 : 1)));
  assert.deepEqual(await sorted(), lists);
  await prints(withDenials("apply -y", deny), /\n0 to add, 0 to change, 0 to remove, 2 unchanged/);
  await prints(withDenials("diff", deny), /\n0 to add, 0 to change, 0 to remove, 2 unchanged/);
  await prints(withDenials("apply -y", [{ ...JANE, name: "JANE@example.com" }]), /1 to change/);
  assert.deepEqual(await cluster.value("deny/any"), [{ ...JANE, name: "JANE@example.com" }]);
  const twice = await exits(withDenials("apply -y", [JANE, { name: "Jane@Example.com" }]), 2);
  assert.match(twice.err, /deny\/any: 2 denials of jane@example\.com: /);
});

test("a file with an invalid name is refused, and a later file overrides an earlier one", async () => {
  for (const [denial, problem] of [
    [{ name: "j" }, /line 1 \(j\): name must be a name of 2 to 64 characters/],
    [
      { name: "jane", account: 111122223333 },
      /line 1 \(jane\): account must be a text: put it in quotes/,
    ],
    [{ ...MALLORY, account: A }, /: arnLike contains the account: remove account/],
    [{ ...MALLORY, name: "mallory" }, /: has both arnLike and name: keep one/],
  ] as const) {
    await exits(withDenials("apply -y", [denial]), 2, problem);
  }
});

test("--prune keeps a name that the files do not have, names it, and --prune-denials removes it", async () => {
  cluster.put("deny/any", [JANE, { name: "joe" }]);
  const admin = { permissionSet: "ClusterAdmin", account: A, ...ADMIN[`sso/${A}/clusteradmin`] };
  const input = JSON.stringify({ mappings: [admin], deny: [JANE] });
  const kept = await exits(run("apply -y --prune -f -", { input }), 0);
  assert.match(
    kept.out,
    /\n1 denial is not in the files and is kept; --prune-denials removes it: joe\.\n$/,
  );
  await exits(
    run("apply -y --prune-denials -f -", { input }),
    1,
    /1 denial lifted[\s\S]*joe is no longer denied by deny\/any/,
  );
  await exits(run("apply -y --prune-denials --allow-weakening -f -", { input }), 0);
  assert.deepEqual(await cluster.value("deny/any"), [JANE]);
});

test("export writes names with their account, and apply of the export changes nothing", async () => {
  cluster.put("deny/any", [JANE]);
  cluster.put(`deny/${A}`, [{ name: "joe" }, MALLORY]);
  const { out } = await prints(run("export"), /\ndeny:\n/);
  assert.deepEqual(parse(out).deny, [{ name: "joe", account: A }, MALLORY, JANE]);
  await prints(
    run("diff --prune-denials -f -", { input: out }),
    /\n0 to add, 0 to change, 0 to remove, 3 unchanged/,
  );
});

test("export --format aws-auth leaves out a user who is denied by name", async () => {
  cluster.put(`user/${A}/alice`, alice(["system:masters"]));
  cluster.put(`user/${A}/bob`, { arn: `arn:aws:iam::${A}:user/bob`, username: "bob" });
  cluster.put(`role/${A}/ci`, { arn: `arn:aws:iam::${A}:role/ci`, username: "ci" });
  for (const list of [`deny/${A}`, "deny/any"]) {
    cluster.put(list, [{ name: "ALICE" }]);
    const { out, err } = await exits(run("export --format aws-auth"), 1);
    assert.match(
      err,
      /^Skipped arn:aws:iam::111122223333:user\/ops\/alice: it would grant access to identities that deny\//m,
    );
    // A session of that name may be one of this role.
    assert.match(
      err,
      /^Skipped arn:aws:iam::111122223333:role\/ci: it would grant access to identities that ALICE denies\.$/m,
    );
    assert.match(err, /^Skipped ALICE: aws-auth has no denials\.$/m);
    const { mapUsers, mapRoles } = parse(out).data;
    assert.deepEqual(
      [parse(mapUsers).map(({ username }: { username: string }) => username), mapRoles],
      [["bob"], undefined],
    );
    cluster.put(list, [{ name: "alice", notAfter: "2020-01-01T00:00:00Z" }]);
    assert.match((await run("export --format aws-auth")).out, /user\/ops\/alice/);
    cluster.put(list, []);
  }
});

test("list, get and explain show the name, and history and rollback restore it", async () => {
  cluster.put(`user/${A}/alice`, alice(["g"]));
  await prints(withDenials("apply -y", [{ name: "alice", account: A }]), /1 to add/);
  await prints(run("list"), /\ndeny +111122223333 +alice +DENIED\n/);
  await prints(run(`get deny/${A} -o json`), /"name": "alice"/);
  const explained = await cli(`explain arn:aws:iam::${A}:user/alice -c prod`);
  assert.match(explained.out + explained.err, /deny\/111122223333: denies/);
  assert.equal(await cluster.verdict(`arn:aws:iam::${A}:user/alice`), "identity_denied");
  const removed = await exits(run(`remove deny/${A} -y --allow-weakening`), 0);
  assert.match(
    removed.out + removed.err,
    /To write it again: .* mappings deny -c prod alice --account 111122223333/,
  );
  await prints(run(`history deny/${A}`), /\[\{"name":"alice"\}\]/);
  await exits(run(`rollback deny/${A} -y`), 0);
  assert.deepEqual(await cluster.value(`deny/${A}`), [{ name: "alice" }]);
});

test("apply and rollback write a new name where patterns are needed only with --force", async () => {
  const BESIDE = { JWT_ISSUERS: `${A}=https://x.tokens.sts.global.api.aws` };
  const SIGNED =
    /^Refused: deny\/any would deny jane@example\.com by name\. The function accepts AWS-signed tokens, which contain no session: a name denies all of them for every role\.$/im;
  const UNKNOWN =
    /^Refused: deny\/any would deny jane@example\.com by name\. The settings of a function that reads it are not known: .* denies every identity that the list covers, .*\.$/im;
  const cases: readonly (readonly [prepare: () => void, err: RegExp])[] = [
    [() => cluster.deploy(BESIDE), SIGNED],
    [() => cluster.deploy({ ...BESIDE, TOKENS: "jwt" }), SIGNED],
    [() => cluster.store.remove(`${PREFIX}/settings/prod`), UNKNOWN],
    [() => cluster.store.put(`${PREFIX}/settings/other`, "{"), UNKNOWN],
  ];
  // An administrator with other tokens, so that the lockout check has nothing to refuse.
  cluster.put(`user/${A}/root`, {
    ...alice(["system:masters"]),
    arn: `arn:aws:iam::${A}:user/root`,
  });
  for (const [prepare, err] of cases) {
    cluster.deploy({});
    prepare();
    for (const more of ["-y", "--dry-run"]) {
      const refused = await exits(withDenials(`apply ${more}`, [JANE, MALLORY]), 1, err);
      assert.match(
        refused.err,
        /Deny ARNs instead, as mappings deny <name> does there, or use --force\.\n$/,
      );
    }
    assert.equal(await cluster.value("deny/any"), undefined);
    await exits(withDenials("apply -y", [MALLORY]), 0);
    await exits(withDenials("apply -y --force", [JANE]), 0);
    // The name is stored: another end or description adds none.
    await exits(
      withDenials("apply -y", [{ ...JANE, name: "JANE@example.com", description: "x" }]),
      0,
    );
    // A denial that has ended denies no identity, so its name is a new one.
    cluster.put("deny/any", [{ ...JANE, notAfter: "2020-01-01T00:00:00Z" }]);
    await exits(withDenials("apply -y", [JANE]), 1, err);
    cluster.put("deny/any", [JANE]);
    cluster.put("deny/any", []);
    await exits(run("rollback deny/any -y"), 1, err);
    assert.deepEqual(await cluster.value("deny/any"), []);
    cluster.store.remove(`${PREFIX}/deny/any`);
  }
});

test("allow removes the name and the patterns that deny this name alone", async () => {
  const session = { arnLike: `arn:aws:sts::${A}:assumed-role/*/jane@example.com` };
  cluster.put(`deny/${A}`, [{ name: "Jane@example.com" }, session, MALLORY]);
  cluster.put("deny/any", [JANE]);
  const ofAccount = await exits(
    run(`allow jane@example.com --account ${A} -y --allow-weakening`),
    0,
  );
  assert.match(
    ofAccount.err,
    /jane@example\.com is still denied by deny\/any, in every account\. To allow it there, leave out --account\./,
  );
  assert.deepEqual(
    [await cluster.value(`deny/${A}`), await cluster.value("deny/any")],
    [[MALLORY], [JANE]],
  );
  await exits(run("allow JANE@example.com -y"), 1, /1 denial lifted/);
  await exits(run("allow JANE@example.com -y --allow-weakening"), 0);
  assert.deepEqual(await cluster.value("deny/any"), []);
});

test("a mapping of a denied user is marked, and makes no administrator", async () => {
  cluster.put("deny/any", [{ name: "alice" }]);
  const file = JSON.stringify({ mappings: [alice(["g"])] });
  await exits(
    run("apply -y -f -", { input: file }),
    1,
    /alice gets alice \(g\) by user\/111122223333\/alice: deny\/any may deny it/,
  );
  cluster.put("deny/any", []);
  cluster.put(`sso/${A}/clusteradmin`, { username: "x" });
  cluster.put(`user/${A}/alice`, alice(["system:masters"]));
  await exits(
    withDenials("apply -y", [{ name: "Alice" }]),
    1,
    /no administrator would surely remain/,
  );
  await exits(withDenials("apply -y", [{ name: "bob" }]), 0);
});

test("lint names a name beside AWS-signed tokens", async () => {
  cluster.put("deny/any", [JANE]);
  assert.doesNotMatch((await run("lint")).out, /AWS-signed/);
  cluster.deploy({ JWT_ISSUERS: `${A}=https://x.tokens.sts.global.api.aws`, TOKENS: "jwt" });
  const { out } = await run("lint");
  assert.match(
    out,
    /the denial of jane@example\.com denies all AWS-signed tokens of every role, which contain no session/,
  );
});

const ended = (name: string) => ({ name, notAfter: "2026-11-24T23:58:00Z" });

test("each write of a deny list drops the denials that ended more than 60 s before", async () => {
  const justEnded = { name: "now", notAfter: "2026-11-24T23:59:30Z" };
  cluster.put("deny/any", [ended("old"), justEnded, JANE]);
  const { out } = await exits(withDenials("apply -y", [{ name: "new" }]), 0);
  assert.match(out, /\n {4}- name: old notAfter: \S+\n {4}\+ name: new\n/);
  assert.doesNotMatch(out, /!/);
  assert.deepEqual(await cluster.value("deny/any"), [justEnded, JANE, { name: "new" }]);
  assert.match((await run("history deny/any")).out, /^2 .*\n1 /m);
});

test("an ended denial in a file counts as absent", async () => {
  cluster.put("deny/any", [JANE]);
  const deny = [JANE, ended("old")];
  for (const words of ["apply -y", "diff"]) {
    const { err } = await prints(
      withDenials(words, deny),
      /\n0 to add, 0 to change, 0 to remove, 1 unchanged/,
    );
    assert.match(err, /Warning: The denial of old ended on 2026-11-24T23:58:00Z\./);
  }
  await prints(withDenials("apply -y", [ended("old"), { name: "new", account: A }]), /1 to add/);
  assert.deepEqual(
    [await cluster.value("deny/any"), await cluster.value(`deny/${A}`)],
    [[JANE], [{ name: "new" }]],
  );
});

test("an ended denial can be removed by hand, and rollback names those that it leaves out", async () => {
  cluster.put("deny/any", [ended("old"), JANE]);
  await exits(run("allow old -y"), 0);
  assert.deepEqual(await cluster.value("deny/any"), [JANE]);
  await exits(run("allow jane@example.com -y --allow-weakening"), 0);
  const back = await exits(
    run("rollback deny/any --to 1 -y"),
    0,
    /Left out, because they have ended: old\./,
  );
  assert.match(back.out, /\+ name: jane@example\.com/);
  assert.deepEqual(await cluster.value("deny/any"), [JANE]);
});

test("lint warns from 3072 bytes on, and a list that is full names the ways out", async () => {
  const full = (bytes: number) => {
    const text = JSON.stringify([{ name: "jane", description: "" }]);
    return [{ name: "jane", description: "x".repeat(bytes - text.length) }];
  };
  cluster.put("deny/any", full(3_071));
  assert.doesNotMatch((await run("lint")).out, /bytes/);
  cluster.put("deny/any", full(3_072));
  assert.match(
    (await run("lint")).out,
    /deny\/any.*the list has 3072 of 4096 bytes: remove denials that are no longer needed/,
  );
  cluster.put(
    "deny/any",
    Array.from({ length: 215 }, (_, i) => ({ name: `jane${100 + i}` })),
  );
  await exits(
    withDenials("apply -y", [{ name: "new" }]),
    1,
    /bytes, but a parameter holds at most 4096\. Nothing was written\.\nRemove denials/,
  );
});

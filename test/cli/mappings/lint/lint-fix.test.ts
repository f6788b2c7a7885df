// lint --fix: rewrites only stored values that earlier releases accepted, with the same meaning.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { formerProblemsIn, problemsIn } from "../../../../functions/authenticator/stored-problems.ts";
import { ADMIN, type LocalCluster, PREFIX, storedCluster } from "../cluster.ts";

const A = "111122223333";
const ROLE = `arn:aws:iam::${A}:role/Dev`;
const HASH = "0".repeat(64);

/** Values with their meaning in an earlier release. */
const STRICTER: Readonly<Record<string, readonly [value: string, fixed: unknown]>> = {
  [`role/${A}/dev`]: [
    `{"arn":"${ROLE}","deny":true,"username":"old","deny":false,"username":"dev"}`,
    { arn: ROLE, deny: false, username: "dev" },
  ],
  [`pattern/${A}`]: [
    `[{"arnLike":"arn:aws:iam::${A}:role/a*","username":"a"},{"arnLike":"${ROLE}","username":"b","arnLike":"arn:aws:iam::${A}:role/b*"}]`,
    [
      { arnLike: `arn:aws:iam::${A}:role/a*`, username: "a" },
      { arnLike: `arn:aws:iam::${A}:role/b*`, username: "b" },
    ],
  ],
  [`deny/${A}`]: [
    `[{"arnLike":"arn:aws:iam::${A}:user/x"},{"arnLike":"arn:aws:iam::444455556666:user/x"},{"arnLike":"arn:aws:iam::${A}:user/y","arnLike":"arn:aws:iam::${A}:user/z"}]`,
    [{ arnLike: `arn:aws:iam::${A}:user/x` }, { arnLike: `arn:aws:iam::${A}:user/z` }],
  ],
  "deny/any": ['[{"arnLike":"arn:aws-cn:iam::*:role/x"}]', []],
  callers: [`[{"name":"a","sha256":"${"1".repeat(64)}","sha256":"${HASH}"}]`, [{ name: "a", sha256: HASH }]],
};

let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster({ ...ADMIN, [`account/${A}`]: {} });
  for (const [name, [value]] of Object.entries(STRICTER)) cluster.store.put(`${PREFIX}/${name}`, value);
});
afterEach(() => cluster.store.close());

/** As text, to keep repeated keys. */
async function stored(name: string): Promise<string> {
  const credentials = { accessKeyId: "AKIALOCALTESTAAAAAAA", secretAccessKey: "local/only" };
  const ssm = new SSMClient({ region: "us-east-1", endpoint: cluster.store.url, credentials });
  return (await ssm.send(new GetParameterCommand({ Name: `${PREFIX}/${name}` }))).Parameter?.Value ?? "";
}
const fix = (...words: string[]) => cluster.mappings(["lint", "--fix", ...words]);

test("lint reports each of these values", async () => {
  const { code, out } = await cluster.mappings(["lint", "-o", "json", "--fail", "error"]);
  const errors = JSON.parse(out).filter(({ level }: { level: string }) => level === "error");
  assert.equal(code, 1);
  const names = new Set(errors.map(({ where }: { where: string }) => where));
  assert.deepEqual(names, new Set(Object.keys(STRICTER)));
});

test("--fix rewrites each value with its earlier meaning and keeps all other parameters", async () => {
  const before = await stored(`account/${A}`);
  const { code, out, err } = await fix("-y", "--allow-weakening");
  assert.equal(code, 0, err);
  assert.match(out, /5 to change/);
  for (const [name, [value, fixed]] of Object.entries(STRICTER)) {
    assert.deepEqual(JSON.parse(await stored(name)), fixed, name);
    const [kind = "", account = ""] = name.split("/");
    const parameter = { kind, account, secure: false };
    const formerly = formerProblemsIn({ ...parameter, value });
    assert.ok(Array.isArray(formerly) && formerly.every((problem) => problem === undefined), name);
    const now = problemsIn({ ...parameter, value: await stored(name) }, "aws");
    assert.ok(Array.isArray(now) && now.every((problem) => problem === undefined), name);
  }
  assert.equal(await stored(`account/${A}`), before);
  assert.match(
    err,
    /^role\/111122223333\/dev: the mapping keeps the last value of each repeated key \(repeated key "deny"/m,
  );
  assert.match(err, /^deny\/111122223333: entry 2 is removed: it never denied an identity \(.*can never match/m);
  const again = await fix("-y");
  assert.deepEqual([again.code, again.err], [0, "Nothing to fix.\n"]);
});

test("fixes that grant access require --allow-weakening, and --dry-run or a declined question writes nothing", async () => {
  const all = () => Promise.all(Object.keys(STRICTER).map(stored));
  const before = await all();
  const refused = await fix("-y");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /add --allow-weakening/);
  const dry = await fix("--dry-run");
  assert.equal(dry.code, 0, dry.err);
  assert.match(dry.out, /5 to change/);
  assert.equal((await cluster.mappings(["lint", "--fix"], { input: "n\n" })).code, 2);
  assert.deepEqual(await all(), before);
});

test("a list with another invalid entry is reported and not changed", async () => {
  const list = `[{"arnLike":"${ROLE}","username":"a","username":"b"},{"arnLike":"${ROLE}","username":"a","note":1,"note":2}]`;
  cluster.store.put(`${PREFIX}/pattern/any`, list);
  const { code, err } = await fix("-y", "--allow-weakening");
  assert.equal(code, 1);
  assert.match(
    err,
    /^pattern\/any cannot be fixed while entry 2 is invalid: unknown key "note".*Fix or remove that entry first\.$/m,
  );
  assert.match(err, /\n1 not fixed\.\n$/);
  assert.equal(await stored("pattern/any"), list);
  assert.deepEqual(JSON.parse(await stored("deny/any")), []);
});

test("with --account, --fix reads and writes only that account's values", async () => {
  cluster.store.put(`${PREFIX}/account/444455556666`, '{"username":"a","username":"b"}');
  const { code, err } = await fix("-y", "--allow-weakening", "--account", A);
  assert.equal(code, 0, err);
  assert.deepEqual(JSON.parse(await stored(`role/${A}/dev`)), { arn: ROLE, deny: false, username: "dev" });
  assert.equal(await stored("account/444455556666"), '{"username":"a","username":"b"}');
  assert.equal(await stored("callers"), STRICTER["callers"]?.[0]);
});

test("--fix rejects --file, and options for writing require --fix", async () => {
  assert.match((await fix("-f", "-")).err, /^--fix changes stored values: omit --file\.\n/);
  for (const option of ["--yes", "--dry-run", "--force", "--allow-weakening"]) {
    const { code, err } = await cluster.mappings(["lint", option]);
    assert.deepEqual([code, /require --fix/.test(err)], [2, true], option);
  }
});

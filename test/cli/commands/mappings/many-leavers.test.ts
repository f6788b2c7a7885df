// What commands say about many denied people: one line each, and who keeps access by mappings that
// patterns do not cover.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../../cli.ts";
import { exits, PREFIX, useCluster } from "./cluster.ts";

const A = "111122223333";
const arn = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const role = (name: string) => ({
  [`role/${A}/${name}`]: { arn: arn(name), username: `${name}:{SessionName}` },
});
const cluster = useCluster({
  [`sso/${A}/clusteradmin`]: { username: "admin:{SessionName}", groups: ["system:masters"] },
  ...role("ci"),
  ...role("dev"),
});
const person = (index: number) => `p${index}@example.com`;
const session = (of: string, who: string) => ({
  arnLike: `arn:aws:sts::${A}:assumed-role/${of}/${who}`,
});
const LEAVERS = Array.from({ length: 40 }, (_, index) => person(index));
/** The lines about denials. */
const lines = (text: string) => text.split("\n").filter((line) => /denied|denials?\b/i.test(line));
const set = (name: string, more = "") =>
  cluster.mappings(`set ${arn(name)} --username '${name}:{SessionName}' -y ${more}`);

test("set of a role has one line for 40 denied names", async () => {
  cluster.put(
    "deny/any",
    LEAVERS.map((name) => ({ name })),
  );
  const order: string[] = [];
  const { err } = await exits(
    cluster.mappings(`set ${arn("dev")} --description x -y --allow-weakening`, {
      onPrint: () => void order.push("plan"),
      onLog: (text: string) => void (text.includes("Some sessions") && order.push("line")),
    }),
    0,
  );
  assert.deepEqual(lines(err), [
    `Some sessions of ${arn("dev")} are denied by deny/any (p0@example.com, p1@example.com, p2@example.com, and 37 more). To remove a denial: mappings allow.`,
  ]);
  assert.equal(order.at(-1), "line");
  // A name covers each mapping, so that no other line is needed, and lint has none.
  assert.doesNotMatch((await cluster.mappings("lint")).out, /denied-elsewhere/);
});

test("commands name in one line the people whom patterns deny in other roles", async () => {
  cluster.put(
    `deny/${A}`,
    LEAVERS.slice(0, 30).map((who) => session("ci", who)),
  );
  const ELSEWHERE = (where: string) =>
    `Denied in other roles of the account, but not in ${where}: p0@example.com, p1@example.com, p2@example.com and 27 more. To deny a person there too: mappings deny <name>.`;
  assert.deepEqual(lines((await exits(set("new"), 0)).err), [ELSEWHERE(`role/${A}/new`)]);
  assert.deepEqual(lines((await exits(set("new"), 0)).err), [ELSEWHERE(`role/${A}/new`)]);
  const mappings = ["a", "b"].map((name) => ({ arn: arn(name), username: name }));
  const applied = await exits(
    cluster.mappings("apply -y -f -", { input: JSON.stringify({ mappings }) }),
    0,
  );
  assert.deepEqual(lines(applied.err), [ELSEWHERE(`role/${A}/a, role/${A}/b`)]);
  const lint = await cluster.mappings("lint");
  assert.equal(lint.code, 0);
  assert.deepEqual(
    lint.out.match(/^info +denied-elsewhere .*$/gm)?.map((line) => line.replace(/ +/g, " ")),
    [
      `info denied-elsewhere role/${A}/a 5 findings, the first: not denied here, but in other roles of the account: p0@example.com, p1@example.com, p2@example.com, and 27 more. For all: -o json`,
    ],
  );
  // What covers the person ends the line: a denial by name, or of all roles.
  for (const denial of [
    LEAVERS.slice(0, 30).map((name) => ({ name })),
    [{ arnLike: `arn:aws:sts::${A}:assumed-role/*/p*` }],
  ]) {
    cluster.put("deny/any", denial);
    assert.ok(!(await set("new")).err.includes("other roles"));
    assert.doesNotMatch((await cluster.mappings("lint")).out, /denied-elsewhere/);
  }
  cluster.put("deny/any", []);
  cluster.put(`deny/${A}`, [{ ...session("ci", person(0)), notAfter: "2020-01-01T00:00:00Z" }]);
  assert.ok(!(await set("new")).err.includes("other roles"));
});

test("a denied session of an account or pattern mapping counts", async () => {
  cluster.put(`deny/${A}`, [session("ci", person(0))]);
  cluster.put(`account/${A}`, {});
  cluster.put("pattern/any", [{ arnLike: "arn:aws:iam::*:role/ops-*", username: "o" }]);
  const { err } = await exits(
    cluster.mappings(`set account/${A} --description x -y --allow-weakening`),
    0,
  );
  assert.match(err, new RegExp(`^Some identities of account/${A} are denied by deny/${A} `, "m"));
  const { out } = await cluster.mappings("lint -o json");
  const found = JSON.parse(out).filter(({ rule }: { rule: string }) => rule === "denied-elsewhere");
  assert.deepEqual(found.map(({ where }: { where: string }) => where).sort(), [
    `account/${A}`,
    "pattern/any",
    `role/${A}/dev`,
    `sso/${A}/clusteradmin`,
  ]);
});

test("lint prints one line for a rule with many findings, each error, and with -o json all", async () => {
  cluster.put(
    "deny/any",
    LEAVERS.slice(0, 26).map((name) => ({ name })),
  );
  for (const name of ["a", "b", "c", "d"]) cluster.put(`role/${A}/${name}`, "{");
  cluster.deploy({ JWT_ISSUERS: `${A}=https://x.tokens.sts.global.api.aws` });
  const { out } = await cluster.mappings("lint");
  const short = out.match(/^\w+ +no-signed-token .*$/gm) ?? [];
  assert.equal(short.length, 1, out);
  assert.match(
    short[0] ?? "",
    /deny\/any +\d\d findings, the first: .*p0@example\.com .* For all: -o json$/,
  );
  assert.equal(out.match(/^error +invalid .*$/gm)?.length, 4);
  const all = JSON.parse((await cluster.mappings("lint -o json")).out);
  const ofNames = all.filter(({ message }: { message: string }) => /denial of p\d/.test(message));
  assert.equal(ofNames.length, 26);
});

test("allow of a person has one line with a mark", async () => {
  const who = "bob@example.com";
  cluster.put(`deny/${A}`, [
    ...["ci", "dev", "AWSReservedSSO_clusteradmin_????????????????"].map((of) => session(of, who)),
  ]);
  for (const denials of [undefined, [{ name: who }]]) {
    if (denials !== undefined) {
      cluster.put(`deny/${A}`, []);
      cluster.put("deny/any", denials);
    }
    const { out, err } = await exits(cluster.mappings(`allow ${who} --dry-run`), 0);
    const marks = `${out}${err}`.match(/^ +! .*$/gm);
    assert.deepEqual(marks, [
      "    ! bob@example.com may log in again by 3 mappings, 1 of an administrator, such as admin:{SessionName} (system:masters)",
    ]);
    assert.match(out, /\n! Needs your consent: \d denials? lifted\.\n$/);
    await exits(cluster.mappings(`allow ${who} -y`), 1, /^Refused/);
  }
  await exits(cluster.mappings(`allow ${who} -y --allow-weakening`), 0);
  assert.deepEqual(await cluster.value("deny/any"), []);
});

test("who was an administrator before is not called a new one: the mark names what is new", async () => {
  const admin = `set sso/${A}/ClusterAdmin`;
  for (const [words, mark, consent] of [
    [
      `${admin} --add-group on-call`,
      "it was an administrator before; new: in on-call",
      "1 change of an administrator",
    ],
    [
      `${admin} --username a:{SessionName}`,
      "it was an administrator before; new: the username a:{SessionName}",
      "1 change of an administrator",
    ],
    [
      `${admin} --session jane@example.com --add-group on-call --for 2h`,
      "it was an administrator before; new: in on-call",
      "1 change of an administrator",
    ],
    [
      `set ${arn("ci")} --add-group system:masters`,
      "system:masters makes an administrator",
      "1 new administrator",
    ],
  ] as const) {
    const { out } = await exits(cluster.mappings(`${words} --dry-run`), 0);
    assert.ok(out.includes(mark), out);
    assert.ok(out.endsWith(`\n! Needs your consent: ${consent}.\n`), out);
  }
});

test("export for aws-auth says how many mappings are left out for leavers", async () => {
  for (const name of ["a", "b", "c"])
    cluster.put(`role/${A}/${name}`, { arn: arn(name), username: name });
  const { code, err } = await cluster.mappings("export --format aws-auth");
  assert.ok(!err.includes("left out"), `${code}${err}`);
  cluster.put("deny/any", [{ name: "bob@example.com" }]);
  const left = await exits(cluster.mappings("export --format aws-auth"), 1);
  assert.match(
    left.err,
    /^5 of 5 mappings are left out, because a person who is denied by name may have a session of each, and aws-auth has no denials: \S+, .*\. Denied by name: bob@example\.com\.$/m,
  );
  assert.match(
    left.err,
    /^Instead, end the access of these people in AWS: .* Then allow each .*export again\.$/m,
  );
  assert.doesNotMatch(left.err, /^Skipped \S+role\//m);
});

test("the shell's TOKENS does not stop a denial where the function's settings are stored", async () => {
  const { code, err } = await cli("mappings deny jane@example.com -c prod -y --rate 1000", {
    environment: { TOKENS: "jwt" },
  });
  assert.equal(code, 0, err);
  assert.ok(cluster.store.requests.length > 0, PREFIX);
});

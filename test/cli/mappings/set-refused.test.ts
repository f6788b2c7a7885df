// `mappings set`: each mapping and option that it refuses, with the reason.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ADMIN, DEVELOPERS, exits, useCluster } from "./cluster.ts";

const A = "111122223333";
const SET = `sso/${A}/Developers`;
const LIST = `sso-session/${A}/developers`;
const ALICE = `arn:aws:iam::${A}:user/alice`;
const ENDED = { arn: ALICE, username: "a", notAfter: "2020-01-01T00:00:00Z" };
const cluster = useCluster({ ...ADMIN, [`user/${A}/alice`]: ENDED }, "all");
const LATER = "2099-01-01T00:00:00Z";
const role = (...words: string[]) => [DEVELOPERS, "--username", "x", ...words];
const named = (session: string) => [SET, "--session", session];
const jane = (...words: string[]) => [...named("jane"), "--username", "x", ...words];
const BY_SESSION = ["--username", "{SessionName}"];
const invalid = (problem: string, name = `role/${A}/developers`) => `${name} would be invalid: ${problem}`;

const REFUSED: readonly (readonly [what: string, words: readonly string[], message: string | RegExp])[] = [
  ["a name without a kind", ["Developers", "--username", "x"], /^Developers /],
  ["an unknown placeholder", [DEVELOPERS, "--username", "dev:{Sesion}"], invalid("username")],
  ["a control character", [DEVELOPERS, "--username", "a\u001b"], invalid('username "a\\u001b" has a control char')],
  ["a user's id for a role", role("--principal-id", "AIDAX"), invalid("principalId")],
  ["an end that is not a time", role("--until", "tomorrow"), invalid("--until must be a time like")],
  ["an end in the past", role("--until", "2020-01-01T00:00:00Z"), /^--until 20\S+Z is in the past: the .*Nothing /],
  ["a duration in words", role("--for", "2 hours"), /It must be a duration such as 30m, 2h or 3d\./],
  ["two ends", role("--for", "2h", "--until", LATER), /'--until <time>' cannot be used with .*--for/],
  ["two ends with the former option", role("--for", "2h", "--not-after", LATER), /'--not-after <time>' cannot be /],
  ["a session name for a user", [ALICE, ...BY_SESSION, "--unset", "notAfter"], /^user\/\S+: \{SessionName\} has no v/],
  ["a session name for a pattern of users", [`${ALICE}*`, ...BY_SESSION], /^pattern\/.*has no value for a user/],
  ["a group that the session name sets", role("--group", "{SessionName}"), /^role\/.*anyone who assumes the role cho/],
  ["several groups in one --group", role("--group", "a,b"), /'a,b' is invalid\. Repeat the option for each group\./],
  ["several groups in one --add-group", role("--add-group", "a,b"), /Repeat the option for each group\./],
  ["an unknown key of --unset", role("--unset", "user"), /It must be one of username, groups, principalId, notAfter/],
  ["an unknown access level", role("--access", "viewer"), /Allowed choices are cluster-admin, admin, edit, view, adm/],
  ["--namespace without --access", role("--namespace", "a"), "--namespace requires --access.\n"],
  ["--access with --group", role("--access", "view", "--group", "x"), /cannot be used with option '--group <name>'/],
  ["two namespaces in one option", role("--access", "view", "-n", "a,b"), /It must be a namespace/],
  ["a pattern that never matches", [`arn:aws:iam::${A}:role/a/b-*`, "--username", "x"], /: arnLike .* never match: /],
  ["a deny list", ["deny/any", "--username", "x"], /^deny\/any is a deny list: change it with mappings deny/],
  ["a session name with a space", [...named("a b"), "--username", "x"], invalid("session must be ", LIST)],
  ["a session name of 65 characters", [...named("x".repeat(65)), "--username", "x"], invalid("session must be ", LIST)],
  ["a pin of a session", jane("--principal-id", "AROA1"), invalid('unknown key "principalId"', LIST)],
  ["a new session without a username", [...named("jane"), "--group", "g"], invalid("a mapping requires", LIST)],
  ["a list without session", [LIST, "--username", "x"], `${LIST} is a list. Name one session: ${SET.toLowerCase()} `],
  ["a session as a part of the name", [`${LIST}/jane`, "--username", "x"], "developers/jane is not the name of a per"],
];
for (const [what, words, message] of REFUSED) {
  test(`set refuses ${what}`, async () => {
    const { err } = await exits(cluster.mappings(["set", ...words, "-y", "--allow-weakening"]), 2);
    if (typeof message === "string") assert.ok(err.startsWith(message), err);
    else assert.match(err, message);
  });
}
after(() => {
  const targets = cluster.store.requests.map(({ headers }) => headers["x-amz-target"]);
  assert.ok(!targets.includes("AmazonSSM.PutParameter"));
});

const OTHERS = [DEVELOPERS, `role/${A}/developers`, `user/${A}/alice`, `account/${A}`, `pattern/${A}`, `deny/${A}`];
test("--session of another principal is refused by every command, since its caller chooses the name", async () => {
  for (const who of OTHERS) {
    for (const command of ["set --username x", "get", "remove", "rollback"]) {
      const message =
        /^--session requires a permission set \(sso\/<account>\/.*Only IAM Identity Center sets the session name\. /;
      await exits(cluster.mappings(`${command} ${who} --session jane`), 2, message);
    }
  }
});

const GROUPS = ["group/111122223333/developers", "arn:aws:iam::111122223333:group/developers"];
test("every command refuses an IAM group, and names what to map instead", async () => {
  const message =
    /STS does not report a user's groups\. Map a permission set \(sso\/<account>\/<set>\), a role, or each user\.\n$/;
  for (const command of ["set --username x", "deny", "get", "remove"]) {
    for (const who of GROUPS) await exits(cluster.mappings(`${command} ${who}`), 2, message);
  }
});

test("set accepts what lint warns of, and changes another key of a mapping that has ended", async () => {
  await exits(cluster.mappings(["set", DEVELOPERS, "--username", "{SessionName}", "--dry-run"]), 0);
  await exits(cluster.mappings(["set", ALICE, "--description", "gone", "--dry-run"]), 0);
});

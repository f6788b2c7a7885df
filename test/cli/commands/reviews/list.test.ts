// Output of `reviews list` in a pipe, a terminal, JSON and YAML.

import assert from "node:assert/strict";
import { test } from "node:test";
import { supposeIdentity } from "../../../../cli/model/evaluation.ts";
import { denial, fault, httpError } from "../../../../functions/errors.ts";
import { exits, prints } from "../mappings/cluster.ts";
import { lineOf, MINUTE, NOW, otherLines, useLoggedCluster } from "./services.ts";

const SESSION = "arn:aws:sts::111122223333:assumed-role/Developers/bob";
const EXPLAIN = `npx --no -- lambda-iam-authenticator explain -c prod ${SESSION}`;
const PREFIX = "/iam-authenticator/prod";
const unmapped = denial(
  "identity_unmapped",
  "no mapping for arn:aws:iam::111122223333:role/Developers; tried /a /b",
);
const alice = { arn: "arn:aws:iam::111122223333:user/alice", outcome: "granted" } as const;
const user = {
  user: { username: "alice", groups: ["dev"] },
  parameter: `${PREFIX}/user/111122223333/alice`,
};

const cluster = useLoggedCluster([
  lineOf({ ...alice, time: NOW - 90 * MINUTE, record: user }),
  ...otherLines(NOW - 50 * MINUTE),
  lineOf({ ...alice, time: NOW - 40 * MINUTE, record: user }),
  lineOf({ time: NOW - 30 * MINUTE, outcome: "denied", arn: SESSION, error: unmapped }),
  lineOf({ ...alice, time: NOW - 20 * MINUTE, record: user }),
  lineOf({
    time: NOW - 10 * MINUTE,
    outcome: "denied",
    error: denial("token_expired", "the token is 16 min old"),
  }),
  lineOf({ time: NOW - 5 * MINUTE, outcome: "denied", arn: SESSION, error: unmapped }),
  lineOf({ time: NOW - 4 * MINUTE, outcome: "not_ours" }),
  lineOf({
    time: NOW - 3 * MINUTE,
    outcome: "fault",
    error: fault("parameters_unavailable", "no answer"),
  }),
  lineOf({
    time: NOW - 2 * MINUTE,
    outcome: "caller_refused",
    error: httpError("caller_refused", "unknown token"),
  }),
]);

test("a pipe gets one row per group, oldest first, with all columns", async () => {
  const { out } = await exits(cluster.reviews([]), 0, "");
  const kubeconfig =
    "compare the bearer token or client certificate in the webhook's kubeconfig with: ";
  assert.deepEqual(out.trimEnd().replaceAll(/ {2,}/g, " | ").split("\n"), [
    "TIME | COUNT | OUTCOME | REASON | WHO | AS | PARAMETER | WHY",
    `2026-11-24T16:10:00Z | 2 | granted | ${alice.arn} | alice | user/111122223333/alice`,
    "2026-11-24T16:20:00Z | 1 | denied | token_expired | make a new token, and check the clock of the machine that made this one",
    `2026-11-24T16:25:00Z | 2 | denied | identity_unmapped | ${SESSION} | ${EXPLAIN}`,
    "2026-11-24T16:26:00Z | 1 | not_ours",
    "2026-11-24T16:27:00Z | 1 | fault | parameters_unavailable | check ssm:GetParameters on the mappings, and the network to Parameter Store",
    `2026-11-24T16:28:00Z | 1 | caller_refused | caller_refused | ${kubeconfig}npx --no -- lambda-iam-authenticator callers list -c prod`,
  ]);
  assert.equal(
    (await cluster.reviews(["--no-headers"])).out.split(" ", 1)[0],
    "2026-11-24T16:10:00Z",
  );
  for (const words of ["list", "ls"]) assert.equal((await cluster.reviews(words)).out, out);
});

test("a terminal of 80 columns gets one line per group, with complete ARNs", async () => {
  const lines = `2026-11-24T16:20:00Z  denied  token_expired
    the token is 16 min old
    to do: make a new token, and check the clock of the machine that made this
    one
2026-11-24T16:25:00Z  denied  identity_unmapped
    2 times since 2026-11-24T16:00:00Z
    ${SESSION}
    npx --no -- lambda-iam-authenticator explain -c prod \\
    ${SESSION}
`;
  await prints(cluster.reviews("--outcome denied", { columns: 80 }), lines);
});

test("JSON contains every field; --each prints one line or JSON object per review", async () => {
  const [time, first] = ["2026-11-24T16:25:00.000Z", "2026-11-24T16:00:00.000Z"];
  const item = {
    ...{
      count: 2,
      first,
      time,
      outcome: "denied",
      reason: "identity_unmapped",
      message: unmapped.message,
    },
    ...{
      arn: SESSION,
      canonicalArn: "arn:aws:iam::111122223333:role/Developers",
      accountId: "111122223333",
    },
    ...{
      principalId: "AROASUPPOSED",
      sessionName: "bob",
      accessKeyId: "ASIASUPPOSED",
      requestId: "request-1",
    },
    explain: EXPLAIN,
  };
  assert.deepEqual(JSON.parse((await cluster.reviews(["-o", "json", "--who", SESSION])).out), [
    item,
  ]);
  const each = `--each --who ${SESSION}`;
  const line = (time: string) => `${time}\tdenied\tidentity_unmapped\t${SESSION}\t\t\t${EXPLAIN}\n`;
  await prints(cluster.reviews(each), line("2026-11-24T16:00:00Z") + line("2026-11-24T16:25:00Z"));
  const { out } = await cluster.reviews(`${each} -o json`);
  assert.deepEqual(out.match(/(?<="time":")[^"]*/g), [first, time]);
});

test("--since and --until accept durations, days and times", async () => {
  for (const [words, count] of [
    ["", 2],
    ["--since 2h", 3],
    ["--since 30m", 1],
    ["--since 2h --until 30m", 2],
    ["--since 2026-11-24T15:45:00Z --until 2026-11-24T16:00:00Z", 1],
    ["--since 2026-11-24", 3],
    ["--since 2026-11-23 --until 2026-11-24", undefined],
  ] as const) {
    const { out } = await cluster.reviews(`${words} --who alice -o json`);
    assert.equal(JSON.parse(out)[0]?.count, count, words);
  }
});

test("--since refuses another text, and a time after --until", async () => {
  for (const since of ["yesterday", "1", "-1h", "2026-02-30", "2026-02-30T00:00:00Z", "1y"]) {
    await exits(
      cluster.reviews(["--since", since]),
      2,
      /It must be a duration such as 15m, 1h or 2d, a day such/,
    );
  }
  await exits(
    cluster.reviews(["--since", "1h", "--until", "2h"]),
    2,
    "--until must not be before --since.\n",
  );
});

test("--who matches an ARN or a name in any case, a username and an id", async () => {
  const arn = "arn:aws:iam::111122223333:user/team/zoe";
  const federated = "arn:aws:sts::111122223333:federated-user/fed";
  const identity = {
    ...(supposeIdentity("arn:aws:sts::111122223333:assumed-role/Keys/x-y-z") ?? assert.fail()),
    accessKeyId: "AKIAEXAMPLE123456",
    principalId: "AROAEXAMPLE123456",
  };
  const added = [
    lineOf({ arn, outcome: "granted", time: NOW, record: { user: { username: "z", groups: [] } } }),
    lineOf({ arn: federated, outcome: "denied", time: NOW }),
    lineOf({ outcome: "denied", time: NOW, record: { identity } }),
  ];
  cluster.events.push(...added);
  for (const [who, count] of [
    ["arn:aws:iam::111122223333:role/Developers", 2],
    ["arn:aws:iam::111122223333:role/team/Developers", 2],
    ["arn:aws:iam::111122223333:role/developers", 2],
    ["ARN:aws:iam::111122223333:ROLE/DEVELOPERS", 2],
    ["arn:aws:iam::111122223333:role/Developer", 0],
    ["arn:aws:iam::444455556666:role/Developers", 0],
    [SESSION.toUpperCase().replace("ARN:AWS:STS", "arn:aws:sts"), 2],
    ["BOB", 2],
    ["arn:aws:iam::111122223333:user/ZOE", 1],
    ["arn:aws:iam::111122223333:user/other/zoe", 1],
    ["z", 1],
    ["Z", 0],
    ["fed", 1],
    ["arn:aws:sts::111122223333:federated-user/fed", 1],
    ["arn:aws:sts::111122223333:federated-user/Fed", 0],
    ["AKIAEXAMPLE123456", 1],
    ["AKIAEXAMPLE123457", 0],
    ["AROAEXAMPLE123456", 1],
    [SESSION, 2],
    [`${SESSION}by`, 0],
    ["bob", 2],
    ["zoe", 1],
    ["team", 0],
    ["Developers", 0],
    ["alice", 2],
    ["ali", 0],
  ] as const) {
    const { out } = await cluster.reviews(["--who", who, "--each"]);
    assert.equal(out.split("\n").length - 1, count, who);
  }
  cluster.events.splice(-added.length);
});

test("without matches, it prints a message to standard error and an empty list as JSON", async () => {
  const message =
    /^No matching reviews since 2026-11-24T15:30:00Z in IamAuthenticator-prod-AuthenticatorLog\S+\. --who matches only complete ARNs, usernames, ids of keys, and names of IAM users, federated users and sessions\.\n$/;
  await prints(cluster.reviews("--who eve -o json"), "[]\n", message);
  await prints(cluster.reviews("--who eve"), "");
});

test("without any review, it names why kube-apiserver sends none, and not if a filter hides some", async () => {
  const events = cluster.events.splice(0);
  const hint = /If users tried to log in, kube-apiserver may not have loaded .*the last flag wins/;
  for (const [filter, hints] of [
    ["", true],
    ["--since 1m", true],
    ["--outcome denied", false],
    ["--group developers", false],
    ["--who eve", false],
  ] as const) {
    const { out, err } = await cluster.reviews(filter);
    assert.equal(out, "");
    assert.match(err, /^No matching reviews since /);
    assert.equal(hint.test(err), hints, filter);
  }
  cluster.events.push(...events);
  assert.doesNotMatch((await cluster.reviews("")).err, hint);
});

test("the explain command contains the operator's options and the role's id", async () => {
  const error = denial("mapping_mismatch", "its principalId is AROAOTHER");
  cluster.events.push(lineOf({ time: NOW - 1000, outcome: "denied", arn: SESSION, error }));
  const options = "--prefix /kube/auth --region us-east-1";
  const { out } = await cluster.reviews(`--since 1m ${options} -o json`);
  const command = `npx --no -- lambda-iam-authenticator explain -c prod ${options} --principal-id AROASUPPOSED ${SESSION}`;
  assert.equal(JSON.parse(out)[0].explain, command);
  cluster.events.pop();
});

test("text from the log moves no cursor and runs in no shell", async () => {
  const hostile = "\u001b[2J\u202e\u0007evil\nline";
  const arn = "arn:aws:iam::111122223333:user/$(reboot);'x/eve";
  const message = JSON.stringify({
    ...{
      outcome: "denied",
      reason: hostile,
      message: hostile,
      arn,
      canonicalArn: arn,
      parameter: hostile,
    },
    // The command to copy would contain the id.
    ...{ username: 7, groups: "none", principalId: "AROAX\n2026-11-24T16:00:00Z  granted" },
  });
  cluster.events.push({ timestamp: NOW - 500, message });
  for (const options of [{}, { columns: 80 }]) {
    const { out } = await cluster.reviews("--since 1m", options);
    assert.doesNotMatch(out.replaceAll(/[\t\n]/g, ""), /[\p{Cc}\u202e]/u);
    assert.match(out, / 'arn:aws:iam::111122223333:user\/\$\(reboot\);'\\''x\/eve'\n/);
    assert.doesNotMatch(out, /^2026\S+ {2}granted/m);
  }
  const { out } = await cluster.reviews("--since 1m -o json");
  assert.equal(out.includes("\u001b"), false);
  const [{ reason, username, groups }] = JSON.parse(out);
  assert.deepEqual([reason, username, groups], [hostile, undefined, undefined]);
  cluster.events.pop();
});

test("logins of one role with different groups are not equal", async () => {
  const arn = "arn:aws:iam::111122223333:role/Staff";
  const parameter = `${PREFIX}/role/111122223333/staff`;
  const logged = (team: string, minutes: number) => {
    const record = { user: { username: "staff", groups: ["staff", `team:${team}`] }, parameter };
    return lineOf({ time: NOW - minutes * MINUTE, outcome: "granted", arn, record });
  };
  const added = [logged("payments", 3), logged("search", 2), logged("payments", 1)];
  cluster.events.push(...added);
  const { out } = await exits(cluster.reviews(`--who ${arn} -o json`), 0, "");
  cluster.events.splice(-added.length);
  const rows = JSON.parse(out).map(({ count, groups }: Record<string, unknown>) => [count, groups]);
  assert.deepEqual(rows, [
    [1, ["staff", "team:search"]],
    [2, ["staff", "team:payments"]],
  ]);
});

test("-o csv has the columns of the table, and the groups; --each has a line for each review", async () => {
  const { out } = await exits(cluster.reviews("-o csv"), 0, "");
  const [headers, first, ...others] = out.trimEnd().split("\n");
  assert.equal(headers, "time,first,count,outcome,reason,who,as,parameter,why,groups");
  assert.equal(
    first,
    `2026-11-24T16:10:00Z,2026-11-24T15:50:00Z,2,granted,,${alice.arn},alice,user/111122223333/alice,,dev`,
  );
  assert.equal(others.length, 5);
  const each = (await cluster.reviews("-o csv --each --no-headers")).out.trimEnd().split("\n");
  assert.equal(each.length, 8);
  assert.equal(
    each[0],
    `2026-11-24T15:50:00Z,granted,,${alice.arn},alice,user/111122223333/alice,,dev`,
  );
});

test("--limit prints the newest lines, and says that there are more", async () => {
  const more = "These are the newest 2 of 6 lines. For more, raise --limit.\n";
  const { out } = await exits(cluster.reviews("--limit 2 --no-headers"), 0, more);
  assert.deepEqual(
    out.split("\n").map((line) => line.slice(11, 16)),
    ["16:27", "16:28", ""],
  );
  const each = await exits(cluster.reviews("--limit 3 --each -o json"), 0, /^These are .* 3 of 8 /);
  assert.equal(each.out.trimEnd().split("\n").length, 3);
  await exits(cluster.reviews("--limit 100"), 0, "");
  await exits(cluster.reviews("--limit 0"), 2, /It must be a positive integer\./);
  await exits(
    cluster.reviews("--limit 1 --follow"),
    2,
    /cannot be used with option '-f, --follow'/,
  );
});

test("a check by doctor is marked, and not counted with logins", async () => {
  const record = { unverifiedProbe: true };
  cluster.events.push(
    lineOf({ ...alice, time: NOW - 2000, record: { ...user, ...record } }),
    lineOf({
      time: NOW - 1000,
      outcome: "caller_refused",
      error: httpError("caller_refused", "unknown token"),
      record,
    }),
  );
  const { out } = await exits(cluster.reviews("--no-headers"), 0, "");
  const marked = out.split("\n").filter((line) => / calls itself a check by doctor$/.test(line));
  assert.deepEqual(
    marked.map((line) => line.split(/ {2,}/).slice(1, 3)),
    [
      ["1", "granted"],
      ["1", "caller_refused"],
    ],
  );
  const narrow = await cluster.reviews("--since 1m", { columns: 80 });
  assert.match(narrow.out, /^ {4}calls itself a check by doctor$/m);
  const [probe] = JSON.parse((await cluster.reviews("--since 1m -o json")).out);
  assert.equal(probe.unverifiedProbe, true);
  cluster.events.splice(-2);
});

test("a --since in the future is refused", async () => {
  await exits(
    cluster.reviews("--since 2026-11-24T17:00:00Z"),
    2,
    "--since 2026-11-24T17:00:00Z is in the future.\n",
  );
});

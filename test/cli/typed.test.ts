// Mistakes of users, and the sentence that each of them gets: what is wrong, what was expected, and
// what to type.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { chmodSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { programName } from "../../cli/cmdline/spelling.ts";
import { fileFailure } from "../../cli/io/files.ts";
import { type CliOptions, cli, endpoints } from "./cli.ts";
import { ADMIN, exits, useCluster } from "./commands/mappings/cluster.ts";
import { prepare, useFolder, useServer } from "./fixtures.ts";
import { startStacks } from "./stacks.ts";

const ROLE = "arn:aws:iam::111122223333:role/Developers";
const SET_ROLE = "arn:aws:iam::111122223333:role/AWSReservedSSO_Dev_0123456789abcdef";
const MALLORY = "arn:aws:iam::111122223333:user/mallory";
const SSO = `sso_account_id = 111122223333
sso_role_name = Admin
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start
`;
const AWS_CONFIG = `[profile signed-out]\n${SSO}
[profile expired]\n${SSO.replace("/start", "/expired")}
[profile chained]\nrole_arn = ${ROLE}\nsource_profile = expired
[profile sourceless]\nrole_arn = ${ROLE}
`;

const { path: home, write } = useFolder();
const STORED = {
  ...ADMIN,
  "role/111122223333/developers": {
    arn: ROLE,
    username: "dev:{SessionName}",
    groups: ["developers"],
  },
  "role/111122223333/nodes": {
    arn: ROLE.replace("Developers", "nodes"),
    username: "n:{EC2PrivateDNSName}",
  },
  "role/111122223333/pinned": {
    arn: ROLE.replace("Developers", "Pinned"),
    username: "p",
    principalId: "AROAPIN",
  },
  "sso-session/111122223333/developers": [{ session: "jane@example.com", username: "lead:jane" }],
  callers: [
    { name: "control-plane", sha256: "0".repeat(64) },
    { name: "other", sha256: "1".repeat(64) },
  ],
  "user/111122223333/mallory": { arn: MALLORY, username: "mallory", groups: ["developers"] },
  "deny/111122223333": [{ arnLike: "arn:aws:iam::111122223333:user/mal*" }],
};
const cluster = useCluster(STORED, "all");
const stacks = useServer(() => startStacks({ "IamAuthenticator-prod": {} }));
prepare(() => {
  const key = hash("sha1", "https://example.awsapps.com/expired", "hex");
  write(
    `.aws/sso/cache/${key}.json`,
    JSON.stringify({ accessToken: "a", expiresAt: "2020-01-01T00:00:00Z" }),
  );
  const urls = endpoints({ CLOUDFORMATION: stacks });
  const variables = {
    HOME: home,
    CLUSTER_ID: "prod",
    AWS_CONFIG_FILE: write("aws-config", AWS_CONFIG),
  };
  Object.assign(process.env, variables, urls);
});

const type = (typed: string, { environment, ...options }: CliOptions = {}) =>
  cli(typed, { ...options, environment: { HOME: home, ...environment } });

const entry = (more: string) => `mappings:\n  - {arn: "${ROLE}", username: dev, ${more}}\n`;
const apply = "mappings apply -f - --dry-run";
const NPX = "npx --no -- lambda-iam-authenticator";
const ACCOUNT_ONLY =
  '"111122223333" is an account. For every identity of it, use account/111122223333.\n';
const LISTS = "A mapping file has the lists mappings: and deny:.";

for (const [typed, message, input] of [
  [
    apply,
    /, line 2, column 14: .*: put it in quotes, as "\{Session/,
    "mappings:\n- username: {{SessionName}}\n",
  ],
  [
    apply,
    `standard input is a list. ${LISTS} Write mappings: above its entries.\n`,
    "- username: dev\n",
  ],
  [
    apply,
    "standard input is a ConfigMap, not a mapping file: convert it with mappings import.\n",
    "kind: ConfigMap\n",
  ],
  [
    apply,
    `standard input is empty. ${LISTS} For a file without entries, write: mappings: []\n`,
    "# none\n",
  ],
  [
    apply,
    /^standard input has no list at the top level\. .* write: mappings: \[\]\n$/,
    "mappings:\n",
  ],
  [
    apply,
    /permissionSet requires its account: add account: "1111/,
    "mappings: [{permissionSet: D, username: d}]",
  ],
  [
    apply,
    /notAfter must be a time like .*": 2026-02-30 does not exist\n/,
    entry("notAfter: 2026-02-30T00:00:00Z"),
  ],
  [
    "mappings set arn:aws:iam::111122223333:role/New",
    /: a mapping requires a username\. Add --username, such as --us/,
  ],
  [
    `mappings set ${ROLE} --username --yes`,
    /missing: '--yes' is another option\. If it .*, write --username=--yes\n/,
  ],
  [
    `mappings set ${ROLE} --group sytem:masters --dry-run`,
    /\n {4}warning: group sytem:masters: did you mean system:m/,
  ],
  [
    `mappings set ${SET_ROLE} --username d --dry-run`,
    /^AWSReserved\S+ is a permission set's .* use sso\/\d+\/Dev as/m,
  ],
  [
    `mappings set ${ROLE} --remove-group develpers --dry-run`,
    /^role\/\S+ has no group develpers to remove\.\nNothing was written\.\n$/,
  ],
  [
    "mappings get sso/111122223333/AWSReservedSSO_Dev_0123456789abcdef",
    /is not the name of .* Use sso\/\d+\/Dev\.\n$/,
  ],
  [`mappings apply ${join(home, "mappings.yaml")} --dry-run`, /\n1 to add, 0 to change/],
  ["mappings apply", "Give a mapping file, such as -f mappings.yaml.\n"],
  ["explain jane@example.com", /^session +\S+\/pinned +granted, only to AROAPIN +p$/m],
  [
    `explain ${ROLE} --session-name 'jane doe'`,
    /^--session-name must be letters, digits or \S+ without spaces/,
  ],
  [`explain ${ROLE} --token-file x`, "Give one of: an ARN, a name, --token-file.\n"],
  [
    "explain jane@example.com --jwt",
    /^--session-name, --principal-id and --jwt require an ARN, not jane/,
  ],
  [
    "explain Developers",
    '"Developers" is role/111122223333/developers. To explain it, give that name, or its ARN.\n',
  ],
  ["explain mallory", /^user +user\/111122223333\/mallory +denied by deny\/111122223333$/m],
  [
    "explain sso/111122223333/ClusterAdmin",
    /^ +sso\/111122223333\/clusteradmin: matches {2}<- applies$/m,
  ],
  [
    `explain ${MALLORY}`,
    /\nverdict {3}denied, identity_denied\n[\s\S]* mappings allow -c prod '\S+:user\/mal\*'\n$/,
  ],
  [
    `explain ${ROLE.replace("Developers", "Pinned")}`,
    /: mismatch, its principalId is AROAPIN; to check it, add --/,
  ],
  [
    "mappings list --region us-east-1 --profile signed-out",
    / Run: aws sso login --profile signed-out\n$/,
  ],
  ["mappings list --region us-east-1 --profile chained", /Run: aws sso login --profile expired\n$/],
  [
    "mappings list --region us-east-1 --profile sourceless",
    /"sourceless" has role_arn, .* Add .*: source_profile = </,
  ],
  [
    "mappings edit",
    /^mappings edit needs a terminal\. .*: npx --no -- \S+ mappings export -c prod > \S+, then npx/,
  ],
  ["irsa status", "error: unknown command 'status'\n(Did you mean doctor?)\n"],
  [
    "mappings deny ASIALOCALBOBAAAAAAAA",
    /^ASIALOCALBOBAAAAAAAA is the id of an access key\. To find .*:\n {2}\S.* --who ASIALOCALBOBAAAAAAAA\n$/,
  ],
  ["mappings deny 111122223333", ACCOUNT_ONLY],
  ["explain 111122223333", ACCOUNT_ONLY],
  [
    "mappings set Developers",
    '"Developers" is only a name. Add its kind and account, such as role/111122223333/Developers, or use an ARN.\n',
  ],
  ...["mappings set", "mappings get", "mappings deny", "mappings allow", "explain"].flatMap(
    (command) => [
      [`${command} ' ${ROLE}'`, `" ${ROLE}" begins with a space: remove it.\n`] as const,
      [`${command} '${ROLE} '`, `"${ROLE} " ends with a space: remove it.\n`] as const,
      [
        `${command} ARN:aws:iam::111122223333:role/x`,
        '"ARN:aws:iam::111122223333:role/x" must begin with arn: in lower case.\n',
      ] as const,
      [
        `${command} \u201c${ROLE}\u201d`,
        `"\u201c${ROLE}\u201d" contains curly quotes: use straight ones.\n`,
      ] as const,
    ],
  ),
  [`mappings set '"${ROLE}"'`, `""${ROLE}"" has quotes in its value: remove one pair.\n`],
  [
    "mappings get role/Developers",
    '"role/Developers" has no account of 12 digits before its name.\n',
  ],
  [
    "mappings deny user/11112222333/x",
    '"user/11112222333/x" has no account of 12 digits before its name.\n',
  ],
  ["mappings deny jane,joe", /^"jane,joe" contains a comma: give one name\. /],
  [
    `callers add x --arn ${ROLE},${ROLE}`,
    /'\S+' is invalid\. It must be an IAM role's or user's ARN, such as /,
  ],
  [
    "mappings set sso/111122223333/ClusterAdmn --add-group x",
    /: a mapping requires a username\. .* Did you mean sso\/111122223333\/clusteradmin\?\n$/,
  ],
  [
    "mappings set role/111122223333/Develpers --add-group x",
    /^role\/111122223333\/develpers has no mapping yet\. Did you mean role\/111122223333\/developers\? To add/,
  ],
  [
    "mappings get role/111122223333/ClusterAdmin",
    "role/111122223333/clusteradmin does not exist. Did you mean sso/111122223333/clusteradmin?\n",
  ],
  [
    "irsa frobnicate",
    "error: unknown command 'frobnicate'\nCommands: keys, flags, policy, trust-policy, doctor\n",
  ],
  ...["get", "history", "remove", "rollback"].map(
    (command) =>
      [
        `mappings ${command} sso/111122223333/ClusterAdmn`,
        /^sso\/\S+clusteradmn (?:does not exist|has no earlier version).* Did you mean sso\/111122223333\/clusteradmin\?$/m,
      ] as const,
  ),
  ["mappings get user/111122223333/bob", "user/111122223333/bob does not exist.\n"],
  [
    "mappings get sso/111122223333/Developers --session jnae@example.com",
    "sso-session/111122223333/developers has no session jnae@example.com. Did you mean jane@example.com?\n",
  ],
  [
    "mappings remove sso/111122223333/Developers --session jnae@example.com",
    /^sso-session\/111122223333\/developers has no session jnae\S+ Did you mean jane@example\.com\?\n/,
  ],
  [
    "callers remove contrl-plane",
    "Caller contrl-plane not found. Did you mean control-plane? To see all callers, run callers list.\n",
  ],
  [
    apply,
    /unknown key "usernmae" \(did you mean username\?\): the keys are /,
    `mappings: [{arn: "${ROLE}", usernmae: x}]`,
  ],
  [apply, /unknown key mapings \(did you mean mappings\?\)\. A/, "mapings: []"],
  ["mappings block x", "error: unknown command 'block'\n(Did you mean deny?)\n"],
  ["mappings grant x", "error: unknown command 'grant'\n(Did you mean set?)\n"],
  ["mappings undeny x", "error: unknown command 'undeny'\n(Did you mean allow?)\n"],
  ["undeny x", "error: unknown command 'undeny'\n(Did you mean mappings allow?)\n"],
  [
    "mappings deny Developers",
    /^"Developers" is role\S+developers\. To deny the role, give its ARN\. For a per/,
  ],
  [
    "mappings deny clusteradmin",
    /^"clusteradmin" is sso\/111122223333\/clusteradmin\. .*, add --person\.\n$/,
  ],
  ["mappings deny Developers --person --dry-run", /^ {4}It matches 3 roles, 1 permission set\.$/m],
  ["mappings deny mallory --dry-run", /^ {4}It matches 3 roles, 1 user, 1 permission set\.$/m],
  [
    "mappings deny iam-authenticator",
    /^iam-authenticator is the name of every session of iam-authenticator token --role: this /,
  ],
  ["contexts from-cdk 'iam-authenticator token'", /^Cannot read iam-authenticator token: /],
  [
    `mappings deny ${ROLE} --person`,
    `--person requires a name, such as jane@example.com, not ${ROLE}.\n`,
  ],
  [
    "mappings list --group developers",
    /^user +\S+ +mallory +mallory +developers +DENIED by deny\/111122223333$/m,
  ],
] as const) {
  test(`an answer says what to type: ${typed.replace(home, "")} ${input?.trim() ?? ""}`, async () => {
    write("mappings.yaml", "mappings: [{account: '444455556666'}]");
    const { out, err } = await type(typed, input === undefined ? {} : { input });
    if (typeof message === "string") assert.equal(err === "" ? out : err, message);
    else assert.ok(message.test(err) || message.test(out), `${out}${err}`);
  });
}

test("edit suggests the mapping that was meant", async () => {
  const editing = type("mappings edit sso/111122223333/ClusterAdmn", { interactive: true });
  await exits(
    editing,
    1,
    "sso/111122223333/clusteradmn does not exist: add it with mappings set. Did you mean sso/111122223333/clusteradmin?\n",
  );
});

test("a name that is a role's in one cluster denies no session in another", async () => {
  cluster.store.put(
    "/iam-authenticator/other/role/111122223333/shared",
    JSON.stringify({ arn: ROLE, username: "x" }),
  );
  await exits(
    type("mappings deny Developers -c prod -c other -y --rate 1000"),
    2,
    /^"Developers" is /,
  );
  assert.equal(
    cluster.store.requests.filter(({ headers }) => /Put/.test(`${headers["x-amz-target"]}`)).length,
    0,
  );
});

test("explain and lint report mappings of nodes if the function does not look up nodes", async () => {
  const nodes = "explain arn:aws:iam::111122223333:role/nodes";
  cluster.deploy({}, false);
  const sentence =
    'the function cannot look up nodes, so each review fails. Set "nodes": true for the cluster, and deploy';
  assert.match((await type(nodes)).out, new RegExp(`^verdict   fault: ${sentence}$`, "m"));
  assert.match(
    (await type("mappings lint")).out,
    new RegExp(`^warning  no-nodes .* ${sentence}$`, "m"),
  );
  for (const change of [
    () => cluster.deploy({}),
    () => cluster.store.remove("/iam-authenticator/prod/settings/prod"),
  ]) {
    change();
    const { out } = await type(nodes);
    assert.match(
      out,
      /^verdict {3}granted, if EC2 confirms the instance(?:, if the function has no ACCOUNTS, .*)?$/m,
    );
    assert.doesNotMatch((await type("mappings lint")).out, /no-nodes/);
  }
});

test("a folder that cannot be written is reported with another way", async () => {
  const environment = { HOME: "/dev/null" };
  const installed = await type("completion bash --install", { environment });
  assert.match(
    installed.err,
    /^Cannot write \/dev\/null\/\S+: there is no such folder\. .*, omit --install\.\n$/,
  );
  Object.assign(process.env, {
    AWS_SESSION_TOKEN: "t",
    AWS_CREDENTIAL_EXPIRATION: "2099-01-01T00:00:00Z",
  });
  const uncached =
    /^Not cached: Cannot write \/dev\/null\/\S+: .* set XDG_CACHE_HOME\. .* omit --cache\.\n$/;
  await exits(type("token --cache", { environment }), 0, uncached);
  for (const name of ["AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"]) delete process.env[name];
  const readOnly = Object.assign(new Error(), { code: "EROFS" });
  assert.equal(
    fileFailure("write", "/x", readOnly).message,
    "Cannot write /x: the file system is read-only.",
  );
});

test("commands in messages and help have the name that the user's shell finds", async () => {
  const [installed = "", ofPackage = ""] = ["bin", "node_modules/.bin"].map((name) => {
    const file = write(`${name}/iam-authenticator`, "");
    chmodSync(file, 0o755);
    return dirname(file);
  });
  for (const [environment, name] of [
    [{ PATH: installed }, "iam-authenticator"],
    [{ PATH: `${ofPackage}:${installed}` }, "iam-authenticator"],
    [{ PATH: ofPackage }, NPX],
    [{ PATH: "" }, NPX],
    [{}, NPX],
    [{ PATH: installed, npm_command: "exec" }, NPX],
  ] as const) {
    const { out: help } = await type("mappings set --help", { environment });
    assert.ok(help.startsWith(`Usage: ${name} mappings set [options] <who>\n`), help);
    assert.ok(help.includes(`\n  ${name} mappings set -c prod `), help);
    const unmapped = "arn:aws:iam::111122223333:role/New";
    const { out } = await type(`explain ${unmapped} --region us-east-1`, { environment });
    assert.ok(
      out.includes(`: ${name} mappings set -c prod --region us-east-1 ${unmapped} --username`),
      out,
    );
    const setting = type(`mappings set ${ROLE} --username x --access view --dry-run`, {
      environment,
    });
    await exits(setting, 0, new RegExp(`Print them with: ${name} rbac\\n`));
  }
  assert.equal(programName({ PATH: installed }, "/home/jane/.krew/bin/kubectl-iam"), "kubectl iam");
  assert.equal(programName({}, "/home/jane/.krew/bin/kubectl-aws_iam"), "kubectl aws-iam");
});

test("an empty CLUSTER_ID is unset, and kubeconfig webhook reads CLUSTER_ID", async () => {
  const before = process.env["CLUSTER_ID"];
  process.env["CLUSTER_ID"] = "";
  await exits(
    type("mappings list"),
    2,
    /^error: required option '-c, --cluster <id>' not specified/,
  );
  process.env["CLUSTER_ID"] = "absent";
  await exits(type("kubeconfig webhook --no-token"), 2, / the stack IamAuthenticator-absent\. /);
  const endpoint = "--endpoint https://auth.example.com";
  await exits(type(`kubeconfig webhook --no-token ${endpoint}`), 0);
  process.env["CLUSTER_ID"] = before;
});

test("explain of a token for another host names AWS_ENDPOINT_URL_STS", async () => {
  const token = (url: string) => `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
  const sentence =
    /^AWS_ENDPOINT_URL_STS is set, so aws eks get-token signs for another host\. Unset it/m;
  for (const [sts, url] of [
    ["http://127.0.0.1:9", "http://127.0.0.1:9/?Action=GetCallerIdentity"],
    ["https://x.example.com", "https://x.example.com/?Action=GetCallerIdentity"],
  ] as const) {
    process.env["AWS_ENDPOINT_URL_STS"] = sts;
    const explain = (environment: Readonly<Record<string, string>>) =>
      type("explain --token-file -", { input: token(url), environment });
    await exits(explain({ AWS_ENDPOINT_URL_STS: sts }), 1, sentence);
    delete process.env["AWS_ENDPOINT_URL_STS"];
    const { err } = await explain({});
    assert.doesNotMatch(err, /AWS_ENDPOINT/);
  }
});

// `explain` of AWS-signed tokens, and of a node's token, which EC2 and IAM prove as in the
// function.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mintToken } from "../../../../local/identities.ts";
import { TOKEN_ISSUERS } from "../../../../local/sandbox-files.ts";
import { keyVariables } from "../../../aws-variables.ts";
import { localIdentity, startQueryServices, startSts } from "../../../local-aws.ts";
import { cli, endpoints } from "../../cli.ts";
import { prepare, useServer } from "../../fixtures.ts";
import { exits, prints, useCluster } from "../mappings/cluster.ts";

const HOME = "111122223333";
const ROLE = `arn:aws:iam::${HOME}:role/Developers`;
const ADMIN = `arn:aws:iam::${HOME}:role/Admin`;
const TAGGED = `arn:aws:iam::${HOME}:role/Tagged`;
const NODE_ROLE = `arn:aws:iam::${HOME}:role/ClusterNode`;
const INSTANCE = {
  instanceId: "i-0123456789abcdef0",
  state: "running",
  ownerId: HOME,
  privateDnsName: "ip-10-0-0-1.ec2.internal",
  instanceProfileArn: `arn:aws:iam::${HOME}:instance-profile/nodes`,
} as const;
const PROFILE = {
  name: "nodes",
  arn: INSTANCE.instanceProfileArn,
  account: HOME,
  roles: [{ roleName: "ClusterNode", roleId: "AROALOCALCLUSTERNODEA", arn: NODE_ROLE }],
};

const NODES = {
  arn: NODE_ROLE,
  username: "system:node:{EC2PrivateDNSName}",
  groups: ["system:nodes"],
};
const MAPPINGS = {
  [`role/${HOME}/developers`]: { arn: ROLE, username: "dev", groups: ["g"] },
  [`role/${HOME}/admin`]: { arn: ADMIN, username: "admin:{SessionName}" },
  [`role/${HOME}/clusternode`]: NODES,
  [`role/${HOME}/tagged`]: {
    arn: TAGGED,
    username: "dev",
    groups: ["g", "team:{PrincipalTag:team}"],
  },
  [`sso/${HOME}/staff`]: {
    username: "sso:{PrincipalTag:email}",
    groups: ["team:{PrincipalTag:team}", "staff"],
  },
};
const cluster = useCluster(MAPPINGS, "all");
const ec2 = useServer(() => startQueryServices({ instances: [INSTANCE], profiles: [PROFILE] }));
const sts = useServer(() => startSts({ signedTokens: { issuers: TOKEN_ISSUERS } }));
let token: string;
prepare(async () => {
  Object.assign(process.env, {
    ...endpoints({ STS: sts, EC2: ec2, IAM: ec2 }),
    ...keyVariables(localIdentity("bob")),
  });
  token = (await cli("token -c prod --jwt --token-only")).out;
});

const JWT_ISSUERS = `${HOME}=${TOKEN_ISSUERS.get(HOME)}`;
const explain = (words: readonly string[], options = {}) =>
  cli(["explain", "-c", "prod", ...words], options);
const environment = () => ({ JWT_KEYS_ENDPOINT: sts.url, AWS_ENDPOINT_URL_STS: sts.url });
const explainToken = (
  input: string,
  variables: Readonly<Record<string, string>>,
  ...words: string[]
) => {
  cluster.deploy(variables);
  return explain(["--token-file", "-", ...words], { input, environment: environment() });
};

test("a token is verified with its issuer's keys, and explained without its signature", async () => {
  const { out } = await exits(explainToken(token, { JWT_ISSUERS }), 0);
  assert.match(out, new RegExp(`^token     ok, signed by ${TOKEN_ISSUERS.get(HOME)}, ends 20`));
  assert.match(out, /\nuser {6}dev\ngroups {4}g\nverdict {3}granted\n$/);
  const json = await explainToken(token, { JWT_ISSUERS }, "-o", "json");
  assert.equal(json.out.includes(token.trim().split(".")[2] ?? "-"), false);
  assert.equal(JSON.parse(json.out).token.issuer, TOKEN_ISSUERS.get(HOME));
});

test("a token of another cluster, or of an unlisted issuer, is refused with the reason", async () => {
  const other = (await cli(["token", "-c", "other", "--jwt", "--token-only"])).out;
  for (const [input, variables, verdict] of [
    [other, { JWT_ISSUERS }, /denied, token_claim_refused/],
    [
      token,
      { JWT_ISSUERS: "444455556666=https://x.tokens.sts.global.api.aws" },
      /denied, token_issuer_refused/,
    ],
    [token, {}, /not_ours[\s\S]*the function has no JWT_ISSUERS/],
  ] as const) {
    assert.match((await exits(explainToken(input, variables), 1)).out, verdict);
  }
});

test("--jwt explains an ARN as its AWS-signed token is reviewed", async () => {
  cluster.deploy({ JWT_ISSUERS });
  const granted = await explain([ROLE, "--jwt"]);
  assert.deepEqual([granted.code, granted.out.includes("principal")], [0, false]);
  await exits(explain([ADMIN]), 0);
  await exits(explain([ADMIN, "--jwt"]), 1, undefined, /denied, token_lacks_session/);
});

test("--jwt shows the groups that a tag gives, and a username with tags", async () => {
  cluster.deploy({ JWT_ISSUERS });
  const groups =
    /\nuser {6}dev\ngroups {4}g\n {10}with the tag team: team:<value>\nverdict {3}granted\n$/;
  await prints(explain([TAGGED, "--jwt"]), groups);
  const username =
    /\nuser {6}sso:<value>\ngroups {4}staff\n {10}with the tag team: team:<value>\nverdict {3}granted, if the token has \{PrincipalTag:email\}\n$/;
  await prints(explain([`sso/${HOME}/staff`, "--jwt"]), username);
  const { out } = await explain([`sso/${HOME}/staff`, "--jwt", "-o", "json"]);
  assert.partialDeepStrictEqual(JSON.parse(out), {
    granted: true,
    user: { username: "sso:<value>", groups: ["staff"] },
    condition: "the token has {PrincipalTag:email}",
  });
  for (const who of [TAGGED, `sso/${HOME}/staff`])
    await exits(
      explain([who]),
      1,
      undefined,
      /denied, token_lacks_claims[\s\S]*\nto do {5}use a token with the claim \(.*token .*--jwt/,
    );
});

test("--jwt is refused where a token cannot contain what is asked", async () => {
  const message =
    /AWS-signed tokens are for roles and users, not for arn:aws:iam::111122223333:root/;
  await exits(explain([`arn:aws:iam::${HOME}:root`, "--jwt"]), 2, message);
  for (const more of ["--session-name=a", "--principal-id=AROAEXAMPLE123456789X"]) {
    await exits(explain([ROLE, "--jwt", more]), 2, /cannot be used with option/);
  }
});

async function explainNode(...words: string[]) {
  const input = await mintToken({
    identity: localIdentity("node"),
    clusterId: "prod",
    region: "us-east-1",
  });
  return explainToken(input, {}, ...words);
}

test("only a running instance with this role gets its node name", async () => {
  const granted =
    /\nuser {6}system:node:ip-10-0-0-1\.ec2\.internal\ngroups {4}system:nodes\nverdict {3}granted\n$/;
  await prints(explainNode(), granted);
  ec2.instances.splice(0, 1, { ...INSTANCE, state: "stopped" });
  const denied =
    /\nverdict {3}denied, node_not_verified\nreason .* is not running.*\nto do {5}check that the inst/;
  await exits(explainNode(), 1, "", denied);
  ec2.fail({ kind: "reset" });
  await exits(
    explainNode(),
    3,
    /^instances_unavailable: no answer from EC2 or IAM \(ECONNRESET\)\.\n$/,
    "",
  );
});

test("for an ARN, EC2 is not called, the placeholder stays, and the verdict says so", async () => {
  ec2.instances.splice(0, 1, INSTANCE);
  ec2.fail(undefined);
  const asked = ec2.requests.length;
  const { out } = await exits(explain([NODE_ROLE]), 0);
  assert.equal(ec2.requests.length, asked);
  assert.match(out, /\nuser {6}system:node:\{EC2PrivateDNSName\}\n/);
  assert.match(
    out,
    /\nverdict {3}granted, if EC2 confirms the instance\n {10}EC2 was not called: only a node's own /,
  );
  assert.equal(JSON.parse((await explain([NODE_ROLE, "-o", "json"])).out).instanceProven, false);
  assert.equal(JSON.parse((await explainNode("-o", "json")).out).instanceProven, undefined);
});

test("a session that is not an instance's is denied", async () => {
  const session = (name: string) => `arn:aws:sts::${HOME}:assumed-role/ClusterNode/${name}`;
  const denied =
    /\nverdict {3}denied, node_not_verified\nreason .* the session name is not an instance id/;
  for (const words of [[session("jane")], [NODE_ROLE, "--session-name", "jane"]])
    await exits(explain(words), 1, "", denied);
  await exits(explain([session(INSTANCE.instanceId)]), 0);
  assert.match((await exits(explain([NODE_ROLE]), 0)).out, /assumed-role\/ClusterNode\/i-0+\n/);
});

test("a review that the function cannot answer is a fault, with exit code 1", async () => {
  cluster.deploy({}, false);
  const fault = /\nverdict {3}fault: the function cannot look up nodes, so each review fails\. /;
  await exits(explain([NODE_ROLE]), 1, "", fault);
  const input = await mintToken({
    identity: localIdentity("node"),
    clusterId: "prod",
    region: "us-east-1",
  });
  const explaining = (...more: string[]) =>
    explain(["--token-file", "-", ...more], { input, environment: environment() });
  await exits(explaining(), 1, "", fault);
  const { out } = await exits(explaining("-o", "json"), 1);
  assert.deepEqual([JSON.parse(out).granted, JSON.parse(out).isWithoutNodes], [false, true]);
  cluster.deploy({});
});

// `explain` of AWS-signed tokens: of a token, and of an ARN with --jwt.

import assert from "node:assert/strict";
import { test } from "node:test";
import { localIdentity } from "../../../local/identities.ts";
import { TOKEN_ISSUERS } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { keyVariables } from "../../aws-variables.ts";
import { cli } from "../cli.ts";
import { exits, useCluster } from "../mappings/cluster.ts";
import { prepare, useServer } from "../use-server.ts";

const HOME = "111122223333";
const ROLE = `arn:aws:iam::${HOME}:role/Developers`;
const MAPPINGS = {
  [`role/${HOME}/developers`]: { arn: ROLE, username: "dev", groups: ["g"] },
  [`role/${HOME}/admin`]: { arn: `arn:aws:iam::${HOME}:role/Admin`, username: "admin:{SessionName}" },
};
useCluster(MAPPINGS, "all");
const sts = useServer(() => startSts({ signedTokens: { issuers: TOKEN_ISSUERS } }));
let token: string;
prepare(async () => {
  Object.assign(process.env, { AWS_ENDPOINT_URL_STS: sts.url, ...keyVariables(localIdentity("bob")) });
  token = (await cli("token -c prod --jwt --token-only")).out;
});

const JWT_ISSUERS = `${HOME}=${TOKEN_ISSUERS.get(HOME)}`;
const explain = (words: readonly string[], options = {}) => cli(["explain", "-c", "prod", ...words], options);
const explainToken = (input: string, environment: Readonly<Record<string, string>>, ...words: string[]) =>
  explain(["--token-file", "-", ...words], { input, environment: { JWT_KEYS_ENDPOINT: sts.url, ...environment } });

test("a token is verified with its issuer's keys, and explained without its signature", async () => {
  const { out } = await exits(explainToken(token, { JWT_ISSUERS }), 0);
  assert.match(out, new RegExp(`^token     ok, signed by ${TOKEN_ISSUERS.get(HOME)}, ends 20`));
  assert.match(out, /\nuser {6}dev\ngroups {4}g\nverdict {3}granted\n$/);
  const json = await explainToken(token, { JWT_ISSUERS }, "-o", "json");
  assert.equal(json.out.includes(token.trim().split(".")[2] ?? "-"), false);
  assert.equal(JSON.parse(json.out).token.issuer, TOKEN_ISSUERS.get(HOME));
});

test("a token of another cluster, and one whose issuer is not listed, are refused with the reason", async () => {
  const other = (await cli(["token", "-c", "other", "--jwt", "--token-only"])).out;
  const unlisted = { JWT_ISSUERS: "444455556666=https://x.tokens.sts.global.api.aws" };
  for (const [input, environment, verdict] of [
    [other, { JWT_ISSUERS }, /denied, token_claim_refused/],
    [token, unlisted, /denied, token_issuer_refused/],
    [token, {}, /not_ours[\s\S]*set JWT_ISSUERS/],
  ] as const) {
    assert.match((await exits(explainToken(input, environment), 1)).out, verdict);
  }
});

test("--jwt explains an ARN as its AWS-signed token is reviewed", async () => {
  const granted = await explain([ROLE, "--jwt"]);
  assert.deepEqual([granted.code, granted.out.includes("principal")], [0, false]);
  const admin = `arn:aws:iam::${HOME}:role/Admin`;
  await exits(explain([admin]), 0);
  assert.match((await exits(explain([admin, "--jwt"]), 1)).out, /denied, token_lacks_session/);
});

test("--jwt is refused for principals without such tokens, and with options for what tokens do not contain", async () => {
  const message = /AWS-signed tokens are for roles and users, not for arn:aws:iam::111122223333:root/;
  await exits(explain([`arn:aws:iam::${HOME}:root`, "--jwt"]), 2, message);
  for (const more of ["--session-name=a", "--principal-id=AROA1"]) {
    await exits(explain([ROLE, "--jwt", more]), 2, /cannot be used with option/);
  }
});

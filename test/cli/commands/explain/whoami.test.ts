// `whoami`: the identity from STS, the user from the mappings, and their expiry.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { startHttpServer } from "../../../../local/aws/http-server.ts";
import { renderResult } from "../../../../local/aws/protocols.ts";
import { TOKEN_ISSUERS } from "../../../../local/sandbox-files.ts";
import { keyVariables } from "../../../aws-variables.ts";
import { localIdentity, startSts } from "../../../local-aws.ts";
import { cli } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { exits, PREFIX, prints, useCluster } from "../mappings/cluster.ts";
import { forbidden } from "../mappings/forbidden.ts";

const BOB = "arn:aws:sts::111122223333:assumed-role/Developers/bob@example.com";
const ROLE = "arn:aws:iam::111122223333:role/Developers";
const NAME = "role/111122223333/developers";
const CLUSTER = `cluster   prod, ${PREFIX} in region us-east-1\n`;
const IDENTITY = `${CLUSTER}identity  ${BOB}\n          mapped as ${ROLE}\n          principal AROALOCALDEVELOPERSAA\n`;
const USER = { username: "dev:{SessionName}", groups: ["developers"] };
const { write } = useFolder();
const cluster = useCluster(
  { [NAME]: { arn: ROLE, ...USER, notAfter: "2099-12-31T00:00:00Z" } },
  "all",
);
const sts = useServer(() => startSts({ signedTokens: { issuers: TOKEN_ISSUERS } }));
beforeEach(() => {
  process.env["AWS_ENDPOINT_URL_STS"] = sts.url;
  cluster.store.fail(undefined);
  be("bob");
});

const be = (name: string) =>
  Object.assign(process.env, { AWS_SESSION_TOKEN: "", ...keyVariables(localIdentity(name)) });

const whoami = (words: readonly string[] = [], options = {}) =>
  cli(["whoami", "-c", "prod", ...words], options);

test("it prints the ARN, the canonical ARN, the mapping, the user and the expiry", async () => {
  process.env["AWS_CREDENTIAL_EXPIRATION"] = "2099-01-01T12:00:00Z";
  const lines = `${IDENTITY}mapping   role/111122223333/developers
user      dev:bob-example.com
groups    developers
ends      2099-12-31T00:00:00Z, by the mapping
          2099-01-01T12:00:00Z, by these AWS credentials
verdict   granted
`;
  await prints(whoami(), lines, "");
  delete process.env["AWS_CREDENTIAL_EXPIRATION"];
});

test("an unmapped identity gets exit code 1, the reason and advice", async () => {
  be("alice");
  const alice = "arn:aws:iam::111122223333:user/engineering/alice";
  const reason = `^verdict   denied, identity_unmapped\nreason    no mapping for ${alice}\nto do     ask an operator to run: `;
  const cluster = new RegExp(
    `^${CLUSTER} {10}whoami cannot know whether this cluster exists\nidentity  `,
  );
  await exits(whoami(), 1, "", cluster);
  const advice = `${reason}npx --no -- \\S+ mappings set -c prod ${alice} --username <name> `;
  await exits(whoami(), 1, "", new RegExp(advice, "m"));
});

test("the advice about a denial is for an operator, who has other profiles", async () => {
  const denied = "arn:aws:sts::111122223333:assumed-role/Developers/bob@example.com";
  cluster.put("deny/111122223333", [{ arnLike: denied }]);
  process.env["AWS_CONFIG_FILE"] = write("config", "[profile bob]\nregion = us-east-1\n");
  process.env["AWS_SHARED_CREDENTIALS_FILE"] = write(
    "credentials",
    `[bob]\naws_access_key_id = ${process.env["AWS_ACCESS_KEY_ID"]}\naws_secret_access_key = ${process.env["AWS_SECRET_ACCESS_KEY"]}\naws_session_token = ${process.env["AWS_SESSION_TOKEN"]}\n`,
  );
  const { out } = await exits(whoami(["--profile", "bob"]), 1);
  cluster.store.remove(`${PREFIX}/deny/111122223333`);
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
    process.env[name] = "/dev/null";
  assert.match(
    out,
    /\nto do {5}ask an operator to run: npx --no -- \S+ mappings allow -c prod arn:/,
  );
  assert.doesNotMatch(out, /--profile/);
});

test("JSON has the same data", async () => {
  const { identity, ...rest } = JSON.parse((await whoami(["-o", "json"])).out);
  assert.deepEqual([identity.arn, identity.canonicalArn], [BOB, ROLE]);
  const user = { username: "dev:bob-example.com", groups: ["developers"] };
  const ends = { mapping: "2099-12-31T00:00:00Z" };
  assert.deepEqual(rest, { granted: true, parameter: `${PREFIX}/${NAME}`, user, ends });
});

test("without permission to read mappings, it prints the identity, and exits with 3", async () => {
  cluster.store.fail(forbidden("GetParameters"));
  const missing = `No permission to read the mappings: ssm:GetParameters on parameter${PREFIX}/*.`;
  const advice =
    "Ask an operator with this permission to run: npx --no -- lambda-iam-authenticator explain -c prod";
  await exits(whoami(), 3, `${missing} ${advice} ${BOB}\n`, `${IDENTITY}verdict   not known\n`);
  const elsewhere = ["--prefix", "/elsewhere", "--region", "us-west-2"];
  await exits(
    whoami(elsewhere),
    3,
    new RegExp(` explain -c prod ${elsewhere.join(" ")} ${BOB}\\n$`),
  );
  const { identity, granted } = JSON.parse((await whoami(["-o", "json"])).out);
  assert.deepEqual([identity.arn, granted], [BOB, undefined]);
});

test("the suggested command is quoted for a shell: a user's path may contain anything", async () => {
  const identity = {
    Arn: "arn:aws:iam::111122223333:user/$(reboot)/eve",
    UserId: "AIDAEVE",
    Account: "111122223333",
  };
  const hostile = await startHttpServer(() => renderResult("iam", "GetCallerIdentity", identity));
  process.env["AWS_ENDPOINT_URL_STS"] = hostile.url;
  cluster.store.fail(forbidden("GetParameters"));
  const { err } = await exits(whoami(), 3);
  await hostile.close();
  assert.match(err, / explain -c prod 'arn:aws:iam::111122223333:user\/\$\(reboot\)\/eve'\n$/);
});

test("--jwt shows the user of an AWS-signed token, or why it is denied", async () => {
  cluster.deploy({ JWT_ISSUERS: `111122223333=${TOKEN_ISSUERS.get("111122223333")}` });
  const denied = await exits(whoami(["--jwt"]), 1);
  const verdict = `^${CLUSTER}identity  ${ROLE}\nmapping   ${NAME}\n(?:ends .*\n)?verdict   denied, token_lacks_session`;
  assert.match(denied.out, new RegExp(verdict));
  cluster.put(NAME, { arn: ROLE, username: "dev" });
  const granted = await whoami(["--jwt"]);
  assert.deepEqual([granted.code, granted.out.includes("user      dev\n")], [0, true]);
  await exits(whoami(["--jwt=1"]), 2);
  be("root");
  assert.match((await whoami(["--jwt"])).err, /roles and users only/);
});

test("a node whose name the function cannot look up gets exit code 1", async () => {
  const arn = "arn:aws:iam::111122223333:role/ClusterNode";
  cluster.put("role/111122223333/clusternode", { arn, username: "{EC2PrivateDNSName}" });
  be("node");
  await prints(whoami(), /\nverdict {3}granted, if EC2 confirms the instance\n/);
  cluster.deploy({}, false);
  await exits(whoami(), 1, "", /\nverdict {3}fault: the function cannot look up nodes/);
  cluster.deploy({});
  be("bob");
  cluster.put(NAME, { arn: ROLE, username: "{EC2PrivateDNSName}" });
  await exits(whoami(), 1, "", /\nverdict {3}denied, node_not_verified\n/);
});

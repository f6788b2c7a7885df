// `token`: accepted by the function, readable for kubectl, and its expiry.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signToken } from "../../../../cli/aws/tokens.ts";
import { execCredential } from "../../../../cli/commands/token/token.ts";
import { createSts } from "../../../../functions/authenticator/aws/sts.ts";
import { proveIdentity } from "../../../../functions/authenticator/identity/prove-identity.ts";
import { readSettings } from "../../../../functions/authenticator/settings.ts";
import { parseToken } from "../../../../functions/authenticator/token/token.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { keyVariables } from "../../../aws-variables.ts";
import { LOCAL_IDENTITIES, localIdentity, startSts } from "../../../local-aws.ts";
import { cli, useLocalAws } from "../../cli.ts";
import { useServer } from "../../fixtures.ts";
import { accessDenied } from "../../stacks.ts";
import { exits, prints } from "../mappings/cluster.ts";
import { startAssumeRole } from "./assume-role.ts";

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0, 700);

function sign(now: number, expiration?: Date) {
  const { accessKeyId, secretAccessKey, sessionToken = "" } = localIdentity("bob");
  const credentials = {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    ...(expiration && { expiration }),
  };
  return signToken({
    credentials,
    clusterId: "prod",
    region: "us-west-2",
    domain: "amazonaws.com",
    now,
  });
}

const sts = useServer(startSts);

/**
 * The ARN that the function proves for a token, with `clusterId` in its signature, or the code of
 * its denial.
 */
async function proven(token: string, clusterId: string): Promise<string> {
  const { stsHosts } = readSettings({
    CLUSTER_ID: "prod",
    CALLER_AUTH: "none",
    AWS_REGION: "us-west-2",
  });
  const askSts = createSts({
    regionalHost: "sts.us-west-2.amazonaws.com",
    endpoint: new URL(sts.url),
    clock: Date.now,
  });
  const unverified = parseToken(token.trim(), stsHosts, Date.now());
  const { result } = await proveIdentity(
    askSts,
    "aws",
    clusterId,
  )(unverified, deadlineIn(5_000, Date.now));
  return "arn" in result ? result.arn : result.code;
}
const WORDS = ["token", "-c", "prod", "--region", "us-west-2", "--token-only"];
const urlOf = (token: string) =>
  Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString();

for (const identity of LOCAL_IDENTITIES.filter(({ expiresAt }) => expiresAt === undefined)) {
  test(`the function accepts the token of ${identity.name}, and STS proves it`, async () => {
    useLocalAws(keyVariables(identity));
    assert.equal(await proven((await exits(cli(WORDS), 0)).out, "prod"), identity.arn);
  });
}

test("--caller signs for the function's callers, and for no user", async () => {
  const alice = localIdentity("alice");
  useLocalAws(keyVariables(alice));
  const { out } = await exits(cli([...WORDS, "--caller"]), 0);
  assert.equal(await proven(out, "prod:caller"), alice.arn);
  assert.equal(await proven(out, "prod"), "sts_refused");
  assert.equal(await proven((await cli(WORDS)).out, "prod:caller"), "sts_refused");
  for (const wrong of [["--caller=yes"], ["--caller", "yes"]])
    await exits(cli([...WORDS, ...wrong]), 2);
  await exits(
    cli(["token", "-c", "prod:caller", "--region", "us-west-2"]),
    2,
    /It must be up to 100 letters/,
  );
});

test("the token expires after 14 minutes, or with the credentials; expired ones give no token", async () => {
  assert.equal((await sign(NOW)).expiresAt, NOW + 14 * 60_000);
  const end = new Date(NOW + 60_500);
  const { status } = JSON.parse(
    execCredential("client.authentication.k8s.io/v1", await sign(NOW, end)),
  );
  assert.equal(status.expirationTimestamp, "2026-11-24T12:01:01Z");
  useLocalAws({ AWS_SESSION_TOKEN: "x", AWS_CREDENTIAL_EXPIRATION: "2026-11-24T12:00:30Z" });
  await prints(
    cli("token -c prod", { now: NOW }),
    /"expirationTimestamp": ?"2026-11-24T12:00:30Z"/,
  );
  const late = cli("token -c prod", { now: Date.UTC(2026, 10, 24, 12, 0, 30) });
  await exits(
    late,
    3,
    "The AWS credentials have expired: sign in again, then run this again.\n",
    "",
  );
  delete process.env["AWS_CREDENTIAL_EXPIRATION"];
});

test("the version is the one that kubectl requests", async () => {
  useLocalAws({});
  const ask = (KUBERNETES_EXEC_INFO: string) =>
    cli("token -c prod", { environment: { KUBERNETES_EXEC_INFO } });
  const infoOf = (version: string) =>
    `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/${version}"}`;
  for (const version of ["v1", "v1beta1"])
    await prints(ask(infoOf(version)), new RegExp(`"client.authentication.k8s.io/${version}"`));
  await prints(cli("token -c prod"), /"client.authentication.k8s.io\/v1beta1"/);
  for (const info of [infoOf("v1alpha1"), "no JSON"])
    await exits(ask(info), 2, /correct the kubeconfig's apiVersion/);
});

test("--token-only prints only the token, with the host of its partition", async () => {
  useLocalAws({ AWS_REGION: "cn-north-1" });
  const { out } = await cli("token -c prod --token-only", { now: NOW });
  const host =
    /^https:\/\/sts\.cn-north-1\.amazonaws\.com\.cn\/.*&X-Amz-Date=20261124T120000Z&X-Amz-Expires=60&/;
  assert.match(urlOf(out.trim()), host);
});

test("a missing option or setting is reported in one sentence, with the correct exit code", async () => {
  useLocalAws({});
  delete process.env["AWS_REGION"];
  for (const [words, message] of [
    ["token -c prod", /^No AWS region: give --region, or set AWS_REGION\.\n$/],
    ["token -c prod --region mars-1", /^mars-1 is not an AWS region\.\n$/],
    ["token", /--cluster/],
    ["token -c p --external-id x", /need --role/],
  ] as const) {
    await exits(cli(words), 2, message);
  }
  delete process.env["AWS_ACCESS_KEY_ID"];
  await exits(
    cli("token -c prod --region us-east-1"),
    3,
    /^No AWS credentials: sign in, or give --profile .*\n$/,
  );
});

const ROLE = "arn:aws:iam::111122223333:role/Admin";
const assumed = useServer(startAssumeRole);

test("--role sends role, external id and session name", async () => {
  useLocalAws({ AWS_ENDPOINT_URL_STS: assumed.url });
  const words = [
    "token",
    "-c",
    "prod",
    "--role",
    ROLE,
    "--external-id",
    "x-1",
    "--session-name",
    "me",
  ];
  const { out } = await exits(cli(words, { now: Date.UTC(2026, 10, 24, 12, 55) }), 0);
  const form = new URLSearchParams(assumed.requests[0]?.body.toString());
  const sent = ["Action", "RoleArn", "ExternalId", "RoleSessionName"].map((name) => form.get(name));
  assert.deepEqual(sent, ["AssumeRole", ROLE, "x-1", "me"]);
  const { expirationTimestamp, token } = JSON.parse(out).status;
  assert.equal(expirationTimestamp, "2026-11-24T13:00:00Z");
  assert.match(
    urlOf(token),
    /X-Amz-Credential=ASIALOCAL0+1%2F.*&X-Amz-Security-Token=local-session&/,
  );
  assumed.fail(accessDenied("sts:AssumeRole"));
  const message = /^No permission: User: \S+ is not authorized to perform: sts:AssumeRole\.\n$/;
  await exits(cli(["token", "-c", "prod", "--role", ROLE]), 3, message, "");
});

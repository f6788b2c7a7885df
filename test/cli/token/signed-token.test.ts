// `token --jwt`: accepted by the function's own code, its lifetime, and a sentence for each refusal of STS.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { signedTokensLazily } from "../../../functions/authenticator/aws/lazy.ts";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import type { LocalServer } from "../../../local/http-server.ts";
import { LOCAL_IDENTITIES, localIdentity } from "../../../local/identities.ts";
import { TOKEN_ISSUERS } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { keyVariables } from "../../aws-variables.ts";
import { cli, useLocalAws } from "../cli.ts";

const HOME = "111122223333";
/** Expires an hour after the test starts. */
const session = {
  ...localIdentity("carol"),
  name: "session",
  accessKeyId: "ASIALOCALSESSIONAAAA",
  expiresAt: Date.now() + 3_600_000,
};
let sts: LocalServer;
before(async () => {
  const issuers = new Map([[HOME, TOKEN_ISSUERS.get(HOME) ?? ""]]);
  const identities = [...LOCAL_IDENTITIES, session];
  sts = await startSts({ identities, signedTokens: { issuers, forbidden: ["contractor"] } });
});
after(() => sts.close());

interface Run {
  readonly words?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Seconds until the credentials expire, as the client sees it. */
  readonly left?: number;
}

function run(name: string, { words = [], environment, left }: Run = {}) {
  const identity = [...LOCAL_IDENTITIES, session].find((one) => one.name === name) ?? localIdentity(name);
  useLocalAws({
    AWS_ENDPOINT_URL_STS: sts.url,
    ...keyVariables(identity),
    AWS_CREDENTIAL_EXPIRATION: left === undefined ? "" : new Date(Date.now() + left * 1000).toISOString(),
  });
  const all = ["token", "-c", "prod", "--region", "us-east-1", "--jwt", ...words];
  return cli(all, { ...(environment && { environment }) });
}

function claimsIn(token: string) {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

test("the function accepts the token of a role and of a user, signed with RS256 for this cluster", async () => {
  const { parse, prove } = signedTokensLazily({
    rules: { clusterId: "prod", partition: "aws", accountByIssuer: new Map([[TOKEN_ISSUERS.get(HOME) ?? "", HOME]]) },
    endpoint: new URL(sts.url),
    clock: Date.now,
  });
  for (const [name, arn] of [
    ["bob", `arn:aws:iam::${HOME}:role/Developers`],
    ["alice", `arn:aws:iam::${HOME}:user/engineering/alice`],
    ["carol", `arn:aws:iam::${HOME}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ClusterAdmin_0123456789abcdef`],
  ] as const) {
    const { code, out, err } = await run(name);
    assert.equal(code, 0, err);
    const jwt = await parse(JSON.parse(out).status.token, Date.now());
    assert.equal(jwt?.algorithm, "RS256");
    assert.ok(jwt);
    const { result } = await prove(jwt, deadlineIn(5_000, Date.now));
    assert.equal("arn" in result && result.arn, arn);
  }
});

test("the token lasts 900 seconds, or as long as the session, and kubectl renews it before its end", async () => {
  for (const [left, lifetime] of [
    [undefined, 900],
    [1_800, 900],
    [300, 300],
    [70, 70],
  ] as const) {
    const { out, err } = await run("bob", { ...(left !== undefined && { left }) });
    const { status } = JSON.parse(out || assert.fail(err));
    const { iat, exp } = claimsIn(status.token);
    assert.ok(exp - iat <= lifetime && exp - iat >= lifetime - 3, `${exp - iat} for ${left}`);
    const margin = exp - Date.parse(status.expirationTimestamp) / 1000;
    assert.ok(margin > 0 && margin <= 61, String(margin));
  }
});

test("the ExecCredential has the version that client-go asks for, and --token-only prints only the token", async () => {
  for (const version of ["v1", "v1beta1"]) {
    const apiVersion = `client.authentication.k8s.io/${version}`;
    const KUBERNETES_EXEC_INFO = JSON.stringify({ kind: "ExecCredential", apiVersion, spec: { interactive: false } });
    const { out } = await run("bob", { environment: { KUBERNETES_EXEC_INFO } });
    assert.deepEqual([JSON.parse(out).kind, JSON.parse(out).apiVersion], ["ExecCredential", apiVersion]);
  }
  assert.match((await run("bob", { words: ["--token-only"] })).out, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
});

test("each refusal of STS is a sentence that states the fix", async () => {
  const disabled = await run("bob-elsewhere");
  assert.deepEqual([disabled.code, disabled.out], [3, ""]);
  assert.match(disabled.err, /does not sign tokens yet: .*aws iam enable-outbound-web-identity-federation/);
  const denied = await run("contractor");
  assert.deepEqual([denied.code, denied.out], [3, ""]);
  assert.match(
    denied.err,
    /^.*No permission for sts:GetWebIdentityToken with the audience iam-authenticator\/prod\..*jwt policy/,
  );
  const short = await run("bob", { left: 59 });
  assert.deepEqual([short.code, short.out], [3, ""]);
  assert.match(short.err, /session ends before the token would: sign in again/);
  const ended = await run("bob", { left: -1 });
  assert.match(ended.err, /credentials have expired/);
});

test("a session that STS knows to end sooner than the client believes is reported as too short", async () => {
  const late = { ...session, name: "late", accessKeyId: "ASIALOCALLATEAAAAAAA", expiresAt: Date.now() + 120_000 };
  const own = await startSts({ identities: [late], signedTokens: { issuers: TOKEN_ISSUERS } });
  useLocalAws({
    AWS_ENDPOINT_URL_STS: own.url,
    AWS_ACCESS_KEY_ID: late.accessKeyId,
    AWS_SECRET_ACCESS_KEY: late.secretAccessKey,
    AWS_SESSION_TOKEN: late.sessionToken ?? "",
    AWS_CREDENTIAL_EXPIRATION: "",
  });
  const { code, err } = await cli(["token", "-c", "prod", "--region", "us-east-1", "--jwt"]);
  await own.close();
  assert.equal(code, 3);
  assert.match(err, /session ends before the token would/);
});

test("--cache keeps the credentials, and each token is a new one", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cache-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const cached = { words: ["--cache", "--token-only"], environment: { XDG_CACHE_HOME: folder }, left: 1_800 };
  const [first, second] = [await run("bob", cached), await run("bob", cached)];
  assert.deepEqual([first.code, second.code, first.err], [0, 0, ""]);
  assert.notEqual(first.out, second.out);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length >= 1);
  for (const { parentPath, name } of files) {
    assert.equal(readFileSync(join(parentPath, name), "utf8").includes(first.out.trim()), false);
  }
});

test("--jwt takes no value, and excludes --caller", async () => {
  assert.equal((await run("bob", { words: ["--jwt=yes"] })).code, 2);
  const { code, err } = await run("bob", { words: ["--caller"] });
  assert.equal(code, 2);
  assert.match(err, /either --jwt or --caller/);
});

test("a principal that STS signs no tokens for gets AWS's own message", async () => {
  const { code, err } = await run("root");
  assert.equal(code, 3);
  assert.match(err, /roles and users only/);
});

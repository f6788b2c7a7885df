// `token --jwt`: accepted by the function's own code, its lifetime, and a sentence for each refusal
// of STS.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { signedTokensLazily } from "../../../../functions/authenticator/aws/lazy.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { TOKEN_ISSUERS } from "../../../../local/sandbox-files.ts";
import { keyVariables } from "../../../aws-variables.ts";
import { LOCAL_IDENTITIES, localIdentity, startSts } from "../../../local-aws.ts";
import { type CliOptions, cli, useLocalAws } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { exits } from "../mappings/cluster.ts";

const HOME = "111122223333";
const folder = useFolder();
const SESSION = {
  name: "session",
  accessKeyId: "ASIALOCALSESSIONAAAA",
  expiresAt: Date.now() + 3_600_000,
};
const session = { ...localIdentity("carol"), ...SESSION };
/** STS knows that it ends sooner than the client believes. */
const LATE = {
  ...session,
  name: "late",
  accessKeyId: "ASIALOCALLATEAAAAAAA",
  expiresAt: Date.now() + 120_000,
};
const issuers = new Map([[HOME, TOKEN_ISSUERS.get(HOME) ?? ""]]);
const identities = [...LOCAL_IDENTITIES, session, LATE];
const sts = useServer(() =>
  startSts({ identities, signedTokens: { issuers, forbidden: ["contractor"] } }),
);

type Options = CliOptions & { words?: readonly string[]; left?: number | undefined };
/** @param left seconds until the credentials expire, as the client sees it */
function run(name: string, { words = [], left, ...options }: Options = {}) {
  useLocalAws({
    AWS_ENDPOINT_URL_STS: sts.url,
    ...keyVariables(identities.find((identity) => identity.name === name) ?? localIdentity(name)),
    AWS_CREDENTIAL_EXPIRATION:
      left === undefined ? "" : new Date(Date.now() + left * 1000).toISOString(),
  });
  return cli(["token", "-c", "prod", "--region", "us-east-1", "--jwt", ...words], options);
}

const claimsIn = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

test("the function accepts the token of a role and of a user, signed with RS256 for this cluster", async () => {
  const { parse, prove } = signedTokensLazily({
    rules: {
      clusterId: "prod",
      partition: "aws",
      accountByIssuer: new Map([[TOKEN_ISSUERS.get(HOME) ?? "", HOME]]),
    },
    endpoint: new URL(sts.url),
    clock: Date.now,
  });
  for (const [name, arn] of [
    ["bob", `arn:aws:iam::${HOME}:role/Developers`],
    ["alice", `arn:aws:iam::${HOME}:user/engineering/alice`],
    [
      "carol",
      `arn:aws:iam::${HOME}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ClusterAdmin_0123456789abcdef`,
    ],
  ] as const) {
    const { out } = await exits(run(name), 0);
    const jwt = await parse(JSON.parse(out).status.token, Date.now());
    assert.equal(jwt?.algorithm, "RS256");
    assert.ok(jwt);
    const { result } = await prove(jwt, deadlineIn(5_000, Date.now));
    assert.equal("arn" in result && result.arn, arn);
  }
});

test("the token lasts 900 seconds, or as long as the session", async () => {
  for (const left of [undefined, 1_800, 300, 70]) {
    const lifetime = Math.min(left ?? 900, 900);
    const { out, err } = await run("bob", { left });
    const { status } = JSON.parse(out || assert.fail(err));
    const { iat, exp } = claimsIn(status.token);
    assert.ok(exp - iat <= lifetime && exp - iat >= lifetime - 3, `${exp - iat} for ${left}`);
    const margin = exp - Date.parse(status.expirationTimestamp) / 1000;
    assert.ok(margin > 0 && margin <= 61, String(margin));
  }
});

test("--token-only prints only the token; --jwt takes no value and excludes --caller", async () => {
  assert.match((await run("bob", { words: ["--token-only"] })).out, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  await exits(run("bob", { words: ["--jwt=yes"] }), 2);
  await exits(run("bob", { words: ["--caller"] }), 2, /either --jwt or --caller/);
});

// biome-ignore format: a table
const ROWS = [
  ["a disabled account", "bob-elsewhere", {}, /does not sign tokens yet: .*iam enable-outbound-web-identity-fed/],
  ["a missing permission", "contractor", {}, /sts:GetWebIdentityToken with the audience iam-authenticator\/prod\..*aws-signed-tokens/],
  ["a session of less than a minute", "bob", { left: 59 }, /session ends before the token would: sign in again/],
  ["a session that STS knows to be too short", "late", {}, /session ends before the token would/],
  ["expired credentials", "bob", { left: -1 }, /credentials have expired/],
  ["a principal that STS signs no tokens for", "root", {}, /roles and users only/],
] as const;
for (const [what, name, options, message] of ROWS) {
  test(`${what} is one sentence, without a token`, async () =>
    void (await exits(run(name, options), 3, message, "")));
}

test("--cache keeps the credentials, and each token is a new one", async () => {
  const cached = {
    words: ["--cache", "--token-only"],
    environment: { XDG_CACHE_HOME: folder.path },
    left: 1_800,
  };
  const [first, second] = [
    await exits(run("bob", cached), 0, ""),
    await exits(run("bob", cached), 0),
  ];
  assert.notEqual(first.out, second.out);
  const entries = readdirSync(folder.path, { recursive: true, withFileTypes: true });
  const texts = entries.flatMap((entry) =>
    entry.isFile() ? [readFileSync(join(entry.parentPath, entry.name), "utf8")] : [],
  );
  assert.ok(texts.length > 0 && !texts.join("").includes(first.out.trim()));
});

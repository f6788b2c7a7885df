// kube-apiserver's own verifier of AWS-signed tokens, with the file of docs/without-webhook.md: what
// README.md, docs/operate.md and that page state about it.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { JWTPayload } from "jose";
import { parse, stringify } from "yaml";
import { useFolder, useServer } from "../cli/fixtures.ts";
import {
  createSigningKey,
  type OidcIssuer,
  type SigningKey,
  signIdToken,
  startOidcIssuer,
} from "../oidc-issuer.ts";
import { whoIs } from "./control-plane/api.ts";
import { eventually } from "./control-plane/process.ts";
import { exampleFile } from "./instructions.ts";
import { startKubernetes } from "./kubernetes.ts";

const AWS = "https://sts.amazonaws.com/";
const AUDIENCE = "kube-apiserver/my-cluster";
const ROLE =
  "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Developers_0123456789abcdef";
const KEYS = "/openid/v1/jwks";
/** kube-apiserver reads a changed file within a minute, and waits as long for its issuers. */
const RELOADED_MS = 180_000;

const first = await createSigningKey();
const second = await createSigningKey();

/** An issuer that counts the requests for its keys. `headers`: of its answers. */
async function countingIssuer(headers: Readonly<Record<string, string>>) {
  const issuer = await startOidcIssuer([first]);
  let isDown = false;
  let reads = 0;
  issuer.answer((path) => {
    if (path === KEYS) reads += 1;
    if (isDown) return { status: 503, body: "" };
    if (path !== KEYS) return undefined;
    return { status: 200, headers, body: JSON.stringify({ keys: issuer.keys }) };
  });
  return {
    ...issuer,
    reads: () => reads,
    fail: (fails: boolean) => {
      isDown = fails;
    },
  };
}
type CountingIssuer = Awaited<ReturnType<typeof countingIssuer>>;

const issuer: CountingIssuer = useServer(() => countingIssuer({}));
const cachedIssuer: CountingIssuer = useServer(() =>
  countingIssuer({ "cache-control": "max-age=3600" }),
);
const file = useFolder().write("authentication-config.yaml", "");
const kubernetes = useServer(() => {
  writeFileSync(file, configuration(issuer, cachedIssuer));
  return startKubernetes({ flags: [`--authentication-config=${file}`] });
});

/** The example with these issuers, and with these people denied. */
function configuration(...issuers: readonly Pick<OidcIssuer, "url" | "ca">[]): string {
  const example = parse(exampleFile("without-webhook/authentication-config.yaml"));
  const [authenticator] = example.jwt;
  const jwt = issuers.map(({ url, ca: certificateAuthority }) => ({
    ...authenticator,
    issuer: { ...authenticator.issuer, url, certificateAuthority },
  }));
  return stringify({ ...example, jwt });
}

interface TokenOptions {
  readonly from?: Pick<OidcIssuer, "url">;
  readonly key?: SigningKey;
  readonly claims?: JWTPayload;
  readonly tags?: object;
}

function token({ from = issuer, key = first, claims, tags }: TokenOptions = {}): Promise<string> {
  const iat = Math.floor(Date.now() / 1000) - 5;
  const aws = {
    aws_account: "111122223333",
    principal_tags: { email: "jane@example.com", team: "payments", ...tags },
  };
  return signIdToken(
    {
      iss: from.url,
      aud: AUDIENCE,
      sub: ROLE,
      iat,
      exp: iat + 900,
      jti: crypto.randomUUID(),
      [AWS]: aws,
      ...claims,
    },
    key,
  );
}

const login = async (options?: TokenOptions) => whoIs(kubernetes.endpoint, await token(options));

describe("keys", () => {
  test("are read at the first token, not at the start, and then kept", async () => {
    assert.equal(issuer.reads(), 0);
    await eventually("the issuer is known", 60_000, () => login());
    assert.equal(issuer.reads(), 1);
    assert.notEqual(await login(), undefined);
    assert.equal(issuer.reads(), 1);
  });

  test("are read again after a rotation, without a restart", async () => {
    issuer.keys.splice(0, 1, second.jwk);
    assert.notEqual(await login({ key: second }), undefined);
    assert.equal(issuer.reads(), 2);
  });

  test("a rotation while the issuer does not answer locks out new tokens only", async () => {
    const third = await createSigningKey();
    issuer.fail(true);
    assert.equal(await login({ key: third }), undefined);
    assert.notEqual(await login({ key: second }), undefined);
    issuer.fail(false);
  });

  test("a new key is refused while the max-age of the old ones lasts", async () => {
    await eventually("the other issuer is known", 60_000, () => login({ from: cachedIssuer }));
    cachedIssuer.keys.push(second.jwk);
    assert.equal(await login({ from: cachedIssuer, key: second }), undefined);
    assert.equal(cachedIssuer.reads(), 1);
  });
});

describe("names and groups come from tags", () => {
  // The keys of the tests before are known.
  const person = (options?: TokenOptions) => login({ key: second, ...options });

  test("a person has the name and the group of the tags", async () => {
    const user = await person();
    assert.equal(user?.username, "sso:jane@example.com");
    assert.deepEqual(user?.groups, ["team:payments", "system:authenticated"]);
  });

  for (const team of [undefined, "", "a:b", "x\n", "é", "a".repeat(129)]) {
    test(`the tag team ${JSON.stringify(team)} gives no group`, async () => {
      assert.deepEqual((await person({ tags: { team } }))?.groups, ["system:authenticated"]);
    });
  }

  for (const email of [undefined, "", "a:b", ["jane@example.com"], 7, "jаne@example.com"]) {
    test(`the tag email ${JSON.stringify(email)} refuses the token`, async () => {
      assert.equal(await person({ tags: { email } }), undefined);
    });
  }

  for (const email of ["leaver@example.com", "Leaver@Example.com"]) {
    test(`${email} is denied by a rule, and nobody else`, async () => {
      assert.equal(await person({ tags: { email } }), undefined);
      assert.notEqual(await person({ tags: { email: `x${email}` } }), undefined);
    });
  }

  // biome-ignore format: a table
  const refused = {
    "another permission set": { sub: ROLE.replace("Developers", "Admins") },
    "a role of that name elsewhere": { sub: ROLE.replace("aws-reserved/sso.amazonaws.com/", "") },
    "another account": { [AWS]: { aws_account: "999988887777", principal_tags: { email: "jane@example.com" } } },
    "a second audience": { aud: [AUDIENCE, "vault"] },
    "the audience of the function": { aud: "iam-authenticator/my-cluster" },
    "a life of an hour": { exp: Math.floor(Date.now() / 1000) + 3600 },
  } satisfies Readonly<Record<string, JWTPayload>>;
  for (const [what, claims] of Object.entries(refused)) {
    test(`${what} refuses the token`, async () => {
      assert.equal(await person({ claims }), undefined);
    });
  }
});

describe("a changed file", () => {
  const deny = (email: string, ...issuers: readonly Pick<OidcIssuer, "url" | "ca">[]) => {
    const text = configuration(...issuers).replaceAll("leaver@example.com", email);
    writeFileSync(file, text);
  };
  const jane = () => login({ key: second });
  /** The metric that names the file in use by its hash. */
  async function usedHash(): Promise<string | undefined> {
    const { body } = await kubernetes.call("GET", "/metrics");
    const metric = "apiserver_authentication_config_controller_last_config_info";
    return new RegExp(`^${metric}\\{.*hash="(sha256:[0-9a-f]{64})"`, "m").exec(String(body))?.[1];
  }
  const writtenHash = () => `sha256:${hash("sha256", readFileSync(file))}`;

  test("denies a person once every issuer answers, and the metric has its hash", async () => {
    assert.equal(await usedHash(), writtenHash());
    assert.notEqual(await jane(), undefined);
    deny("jane@example.com", issuer, cachedIssuer);
    await eventually("jane is denied", RELOADED_MS, async () => (await jane()) === undefined);
    assert.equal(await usedHash(), writtenHash());
  });

  test("is not used while one issuer does not answer: the denial is missing", async () => {
    const used = writtenHash();
    const down = { url: "https://127.0.0.1:9", ca: issuer.ca };
    deny("other@example.com", issuer, cachedIssuer, down);
    await eventually("kube-apiserver reports that it keeps the old file", RELOADED_MS, () =>
      kubernetes.endpoint.log().includes("failed to update authentication config"),
    );
    assert.equal(await usedHash(), used);
    assert.equal(await jane(), undefined);
    assert.notEqual(await login({ key: second, tags: { email: "other@example.com" } }), undefined);
  });
});

// GetWebIdentityToken of the local STS: what it refuses, and the keys that it serves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GetWebIdentityTokenCommand, type GetWebIdentityTokenCommandInput, STSClient } from "@aws-sdk/client-sts";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { localIdentity } from "../../../local/identities.ts";
import { TOKEN_ISSUERS } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { sdkOptions } from "../sdk-options.ts";

const REQUEST: GetWebIdentityTokenCommandInput = { Audience: ["a"], SigningAlgorithm: "ES384" };

test("tokens are signed by published keys, and other requests are refused as STS refuses them", async (t) => {
  const sts = await startSts({ signedTokens: { issuers: TOKEN_ISSUERS, claims: { bob: { source_identity: "bob" } } } });
  t.after(() => sts.close());
  const client = new STSClient({ ...sdkOptions(sts.url), credentials: localIdentity("bob") });
  const host = new URL(TOKEN_ISSUERS.get("111122223333") ?? "").host;
  const keys = (await (await fetch(`${sts.url}/${host}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
  for (const SigningAlgorithm of ["RS256", "ES384"]) {
    const request = { ...REQUEST, SigningAlgorithm, Audience: ["a", "b"], DurationSeconds: 60 };
    const { WebIdentityToken = "", Expiration } = await client.send(new GetWebIdentityTokenCommand(request));
    const { payload, protectedHeader } = await jwtVerify(WebIdentityToken, createLocalJWKSet(keys), { audience: "b" });
    assert.equal(protectedHeader.alg, SigningAlgorithm);
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 60);
    assert.equal(Expiration?.getTime(), (payload.exp ?? 0) * 1000);
    assert.equal((payload["https://sts.amazonaws.com/"] as { source_identity: string }).source_identity, "bob");
  }
  for (const wrong of [
    { SigningAlgorithm: "HS256" },
    { Audience: [] },
    { Audience: Array.from({ length: 11 }, (_, index) => `a${index}`) },
    { DurationSeconds: 59 },
    { DurationSeconds: 3_601 },
  ]) {
    await assert.rejects(client.send(new GetWebIdentityTokenCommand({ ...REQUEST, ...wrong })), {
      name: "ValidationError",
    });
  }
  assert.equal((await fetch(`${sts.url}/unknown.tokens.sts.global.api.aws/.well-known/jwks.json`)).status, 403);
});

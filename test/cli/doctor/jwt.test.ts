// `doctor --jwt`: AWS-signed tokens, from STS to the function's answer, and what is wrong on the way.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TOKEN_ISSUERS } from "../../../local/sandbox-settings.ts";
import { prepare, useServer } from "../use-server.ts";
import { startEndpoint } from "./endpoint.ts";

const HOME = "111122223333";
const JWT_ISSUERS = `${HOME}=${TOKEN_ISSUERS.get(HOME)}`;
const ROLE = { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" };
const endpoint = useServer(startEndpoint);
prepare(() => endpoint.cluster.put(`role/${HOME}/developers`, ROLE));

async function doctorOf(who: string, settings: Readonly<Record<string, string>> = {}, keys = endpoint.stsUrl) {
  const gateway = await endpoint.gateway({ CALLER_AUTH: "none", ...settings });
  try {
    const environment = { JWT_KEYS_ENDPOINT: keys };
    return await endpoint.doctor(who, ["--endpoint", gateway.url, "--jwt", "--times", "1"], { environment });
  } finally {
    await gateway.close();
  }
}

test("a function that accepts AWS-signed tokens passes", async () => {
  const { said } = await doctorOf("bob", { JWT_ISSUERS });
  assert.match(said("jwt"), /^ok: signed by https:\/\/local-111122223333\..*clock is \d s off/);
  assert.deepEqual(["jwt keys", "jwt review"].map(said), ["ok: 2 keys", "ok: you are dev, groups: none"]);
});

test("for a function without JWT_ISSUERS, the advice names the issuer to add", async () => {
  const { code, said } = await doctorOf("bob");
  assert.equal(code, 1);
  assert.match(said("jwt review"), new RegExp(`^failed: .* -> .*${TOKEN_ISSUERS.get(HOME)}`));
});

test("an account that does not sign tokens, or a missing permission, is one failed check", async () => {
  const { code, check, said } = await doctorOf("contractor", { JWT_ISSUERS });
  assert.deepEqual([code, check("jwt keys"), check("jwt review")], [1, undefined, undefined]);
  assert.match(said("jwt"), /^failed: .*No permission for sts:GetWebIdentityToken.* -> .*jwt policy/);
});

test("keys that cannot be read from here are a separate failed check", async () => {
  const { said } = await doctorOf("bob", { JWT_ISSUERS }, "http://127.0.0.1:9");
  assert.match(said("jwt keys"), /^failed: .*token_keys_unavailable: no keys from https/);
  assert.match(said("jwt review"), /^ok: /);
});

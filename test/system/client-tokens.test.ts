// Tokens that clients made on 2026-11-29: the function authenticates them as their signers, or denies them. aws-iam-authenticator's
// server 0.7.8 decided the same. See test/e2e/README.md.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { localIdentity } from "../../local/identities.ts";
import { denial, grantedUser } from "./answers.ts";
import RECORDED from "./client-tokens.json" with { type: "json" };
import { stoppedClock } from "./clock.ts";
import { startSystem } from "./system.ts";

/** A user with a long-term key, and a role with a session token. */
const SIGNERS = ["alice", "bob"] as const;

test("tokens of AWS CLIs, SDKs and plugins are authenticated as their signers, and too long or unsigned ones are denied", async (t) => {
  const clock = stoppedClock();
  clock.advance(Date.parse(RECORDED.madeAt) - clock.now());
  const system = await startSystem(t, { clock });
  for (const { client, denied, ...tokens } of RECORDED.tokens) {
    for (const name of SIGNERS) {
      const answer = await system.review(tokens[name]);
      if (denied !== undefined) assert.equal(denial(answer).split(":")[0], denied, client);
      else assert.deepEqual(grantedUser(answer).extra?.["accessKeyId"], [localIdentity(name).accessKeyId], client);
    }
  }
});

test("test/e2e/README.md lists these clients and results", () => {
  const page = readFileSync("test/e2e/README.md", "utf8");
  for (const { client, version, denied } of RECORDED.tokens) {
    const row = `| ${client} | \`${version}\` | ${denied === undefined ? "granted" : `denied (\`${denied}\`)`} |`;
    assert.ok(page.includes(row), row);
  }
});

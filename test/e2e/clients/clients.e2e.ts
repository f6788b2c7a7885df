// Installs clients from their registries, makes a token with each, and compares how the bundle and aws-iam-authenticator's
// server judge it. Run by `npm run test:clients`. Clients sign offline; both servers use the local STS.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { LocalIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { isolatedVariables } from "../../aws-variables.ts";
import { reviewBody, V1 } from "../../system/token-review.ts";
import { editToken } from "../../token.ts";
import { findAwsIamAuthenticator } from "../binaries/binaries.ts";
import type { Case, Facts } from "../peer/case.ts";
import { decisionBeside } from "../peer/compare.ts";
import { makeIdentities } from "../peer/identities.ts";
import type { Outcome } from "../peer/outcome.ts";
import { seededRandom } from "../peer/random.ts";
import { runSideBySide, type SideBySide } from "../peer/side-by-side.ts";
import { CLIENTS, type Client } from "./clients.ts";
import { INSTALLERS, type Installer } from "./install.ts";

/** A user with a long-term key, and a role with a session token. */
const KINDS = ["user", "developer"];

/** Each client has its own keys, since two clients can sign the same request in the same second. */
const identities = makeIdentities(seededRandom(1, 1), CLIENTS.length).filter(({ name }) => KINDS.includes(name));
const home = mkdtempSync(join(tmpdir(), "clients-"));

const judged: { readonly facts: Facts; readonly ours: Outcome; readonly theirs: Outcome }[] = [];
/** By client. */
const skips = new Map<string, string>();
const failures = new Map<string, unknown>();
let run: SideBySide;

before(async () => {
  const cases = CLIENTS.flatMap(tokensOf);
  const make = async (index: number) => cases[index] as Case;
  run = await runSideBySide(findAwsIamAuthenticator(), { identities, make }, cases.length, (facts, ours, theirs) => {
    judged.push({ facts, ours, theirs });
  });
});
after(() => rmSync(home, { recursive: true }));

/** A token of each kind; none if the client is skipped or fails. */
function tokensOf(client: Client, index: number): Case[] {
  const { name, packages, program, args = [CLUSTER_ID, REGION, "60"], edit = (url) => url } = client;
  const installer = INSTALLERS[program.split(".").at(-1) ?? ""] as Installer;
  const missing = installer.needs.filter(({ found }) => !found()).map(({ text }) => text);
  if (missing.length > 0) {
    skips.set(name, `needs ${missing.join(", and ")}`);
    return [];
  }
  try {
    const command = installer.command(join(import.meta.dirname, "programs", program), packages);
    return KINDS.map((kind) => {
      const identity = identities.filter(({ name }) => name === kind)[index] as LocalIdentity;
      const token = editToken(print([...command, ...args], identity), edit);
      return { kind: name, token, identity, good: false, body: reviewBody(V1, token), sts: [] };
    });
  } catch (error) {
    failures.set(name, error);
    return [];
  }
}

/** Returns the token that the command prints, also in an ExecCredential. */
function print([program = "", ...args]: readonly string[], identity: LocalIdentity): string {
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    PYTHONDONTWRITEBYTECODE: "1",
    // Nothing listens on this port, so a client that connects to AWS fails.
    HTTPS_PROXY: "http://127.0.0.1:9",
    ...isolatedVariables(identity),
  };
  const output = execFileSync(program, args, { encoding: "utf8", stdio: "pipe", env });
  return output.startsWith("{") ? JSON.parse(output).status.token : output.trim();
}

for (const { name, denied } of CLIENTS) {
  const decision = denied === undefined ? "granted" : "denied";
  test(`${name}: both servers ${denied === undefined ? "authenticate its token as the signer" : "deny its token"}`, (t) => {
    if (skips.has(name)) return t.skip(skips.get(name));
    if (failures.has(name)) throw failures.get(name);
    const results = judged.filter(({ facts }) => facts.kind === name);
    assert.deepEqual(
      results.map(({ facts, ours, theirs }) => {
        const asSigner = ours.user?.extra["accessKeyId"]?.[0] === facts.identity.accessKeyId;
        return [ours.decision, ours.code, decisionBeside(ours, theirs), asSigner];
      }),
      KINDS.map(() => [decision, denied, decision, denied === undefined]),
    );
  });
}

test("both servers send STS only the requests of these tokens", () => {
  assert.deepEqual(run.strays, []);
  assert.deepEqual([...run.targets], [`sts.${REGION}.amazonaws.com:443`]);
});

test("test/e2e/README.md lists these clients and results", () => {
  const page = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const rows = CLIENTS.map(({ name, packages, denied }) => {
    return `| ${name} | \`${packages[0]}\` | ${denied === undefined ? "granted" : `denied (\`${denied}\`)`} |`;
  });
  const missing = rows.filter((row) => !page.includes(row));
  assert.deepEqual(missing, []);
});

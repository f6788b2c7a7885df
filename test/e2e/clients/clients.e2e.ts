// Installs clients from their registries, makes a token with each, and compares how the bundle and
// aws-iam-authenticator's server judge it. Run by `npm run test:clients`. Clients sign offline;
// both servers use the local STS.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { LocalIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-files.ts";
import { isolatedVariables } from "../../aws-variables.ts";
import { useFolder, useServer } from "../../cli/fixtures.ts";
import { editToken } from "../../token.ts";
import { identityOf } from "../peer/identities.ts";
import { startSideBySide } from "../peer/side-by-side.ts";
import { CLIENTS } from "./clients.ts";
import { INSTALLERS } from "./install.ts";

const home = useFolder().path;
const servers = useServer(startSideBySide);

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

for (const {
  name,
  packages,
  program,
  args = [CLUSTER_ID, REGION, "60"],
  edit = (url: string) => url,
  denied,
} of CLIENTS) {
  const { needs, command } = INSTALLERS[program.split(".").at(-1) ?? ""] ?? assert.fail(program);
  test(`${name}: both servers ${denied === undefined ? "accept" : "deny"} its token`, async (t) => {
    const missing = needs.filter(({ found }) => !found()).map(({ text }) => text);
    if (missing.length > 0) return t.skip(`needs ${missing.join(", and ")}`);
    const words = [...command(join(import.meta.dirname, "programs", program), packages), ...args];
    // A long-term key, and a session token. Their mappings have the access key or the session in
    // the username.
    for (const kind of ["user with placeholders", "developer"] as const) {
      const token = editToken(print(words, identityOf(kind)), edit);
      const expected =
        denied === undefined
          ? { ours: "granted", theirs: "granted" }
          : { ours: `denied ${denied}`, theirs: "denied" };
      assert.deepEqual(await servers.decide(() => ({ token })), expected, kind);
    }
  });
}

test("the peer connects only to STS of the Region", () => {
  assert.deepEqual([...servers.targets], [`sts.${REGION}.amazonaws.com:443`]);
});

test("test/e2e/README.md lists these clients and results", () => {
  const page = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const rows = CLIENTS.map(({ name, packages, denied }) => {
    return `| ${name} | \`${packages[0]}\` | ${denied === undefined ? "granted" : `denied (\`${denied}\`)`} |`;
  });
  const missing = rows.filter((row) => !page.includes(row));
  assert.deepEqual(missing, []);
});

// `explain` and the function agree for every identity of the sandbox, whatever its settings are:
// the command reads them from the store.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startSandbox } from "../../local/sandbox.ts";
import { sandboxFiles } from "../../local/sandbox-files.ts";
import { writeTerminalFiles } from "../../local/terminal.ts";
import { useFolder } from "../cli/fixtures.ts";
import { execute } from "../e2e/cluster/kubectl.ts";
import { IS_ALL, ONLY_IN_ALL } from "../extent.ts";

const temporary = useFolder();
const IDENTITIES = ["alice", "bob", "carol", "dan", "contractor", "pod"];
/** stored-settings.test.ts has the others too, without a shell. */
const TRIED = IS_ALL ? IDENTITIES : ["bob", "dan", "pod"];
/** Who is granted access with these settings. */
const SETTINGS = {
  none: [{}, ["alice", "bob", "carol", "pod"]],
  "accounts of others": [{ ACCOUNTS: "999999999999" }, []],
  "reserved prefixes": [{ RESERVED_PREFIXES: "dev:,system:" }, ["alice", "pod"]],
  both: [{ ACCOUNTS: "111122223333", RESERVED_PREFIXES: "on-call" }, ["bob", "carol", "pod"]],
} as const;

for (const [name, [settings, granted]] of Object.entries(SETTINGS)) {
  // stored-settings.test.ts has the others too, without a shell.
  const options = name === "both" ? {} : ONLY_IN_ALL;
  test(`explain and review agree with ${name}`, options, async (t) => {
    const files = sandboxFiles(join(temporary.path, name));
    const sandbox = await startSandbox(files, { settings });
    t.after(() => sandbox.close());
    await writeTerminalFiles(files, sandbox);
    const found: Record<string, readonly string[]> = {};
    for (const identity of TRIED) {
      const token = `token=$(iam-authenticator token --token-only --profile ${identity})`;
      const line = `${token}; echo "$token" | review; echo "$token" | iam-authenticator explain -o json --token-file -`;
      const words = ["-c", `. '${files.env.replaceAll("'", "'\\''")}'; ${line}`];
      // What the shell has does not count.
      const env = {
        PATH: process.env["PATH"],
        HOME: temporary.path,
        NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
        ACCOUNTS: "444455556666",
        TOKENS: "jwt",
      };
      const { stdout, stderr } = await execute("sh", words, { env });
      const [, review = "", explained = ""] =
        /^HTTP 200\n(\{[\s\S]*?\n\})\n(\{[\s\S]*\})\n$/.exec(stdout) ?? [];
      assert.notEqual(review, "", `${identity}: ${stdout}${stderr}`);
      const { authenticated, error = "granted", user } = JSON.parse(review).status;
      const { refusal, user: own, condition } = JSON.parse(explained);
      const verdict = String(error).split(":")[0] ?? "";
      assert.deepEqual([refusal?.code ?? "granted", condition], [verdict, undefined], identity);
      assert.deepEqual(
        [own?.username, own?.groups],
        authenticated ? [user.username, user.groups] : [undefined, undefined],
      );
      found[identity] = [verdict];
    }
    assert.deepEqual(
      TRIED.filter((name) => found[name]?.[0] === "granted"),
      TRIED.filter((name) => (granted as readonly string[]).includes(name)),
    );
  });
}

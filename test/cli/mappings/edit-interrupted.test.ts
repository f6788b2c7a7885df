// `mappings edit` with Ctrl-C in the editor, an editor that always changes the file, and a missing TMPDIR.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { useFolder } from "../folder.ts";
import { ADMIN, exits, useCluster } from "./cluster.ts";

const SCRIPT = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));
const folder = useFolder();
const cluster = useCluster(ADMIN, "all");

/** A shell script as the editor; `$1` is the file. */
async function edit(script: string, environment: Readonly<Record<string, string>> = {}) {
  const editor = folder.write("editor.sh", script);
  const words = ["mappings", "edit", "-c", "prod", "-y", "--allow-weakening", "--rate", "1000"];
  const child = spawn(process.execPath, [SCRIPT, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, EDITOR: `sh ${editor}`, ...environment },
  });
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, "close");
  return { code, err };
}

test("Ctrl-C in the editor does not stop edit: the saved file is written", async () => {
  // A terminal also sends it to the command, the parent of the shell that runs the editor.
  const ctrlC = `kill -INT $(ps -o ppid= -p $PPID); sleep 0.3; sed -i 's/admin:/boss:/' "$1"`;
  await exits(edit(ctrlC), 0);
  const { username } = (await cluster.value("sso/111122223333/clusteradmin")) as { username: string };
  assert.equal(username, "boss:{SessionName}");
});

test("edit stops after three rounds with new errors and keeps the text", async () => {
  await exits(
    edit(`echo "# $$" >> "$1"; sed -i 's/^    username: .*/    usernme: x/' "$1"`),
    2,
    /^Your text is in \S+\.\nNothing was written, because the file is invalid after 3 rounds:\n/,
  );
});

test("a missing TMPDIR is reported", async () => {
  await exits(
    edit("true", { TMPDIR: "/no/such/folder" }),
    2,
    "Cannot write /no/such/folder: there is no such folder.\n",
  );
});

// `mappings edit` as a process: Ctrl-C in the editor.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { useFolder } from "../folder.ts";
import { ADMIN, useCluster } from "./cluster.ts";

const SCRIPT = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));
const folder = useFolder();
const cluster = useCluster(ADMIN, "all");

test("Ctrl-C in the editor does not stop edit: the saved file is written", async () => {
  // A terminal also sends it to the command, the parent of the shell that runs the editor.
  const ctrlC = `kill -INT $(ps -o ppid= -p $PPID); sleep 0.3; sed -i 's/admin:/boss:/' "$1"`;
  const words = ["mappings", "edit", "-c", "prod", "-y", "--allow-weakening", "--rate", "1000"];
  const child = spawn(process.execPath, [SCRIPT, ...words], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, EDITOR: `sh ${folder.write("editor.sh", ctrlC)}` },
  });
  assert.deepEqual(await once(child, "close"), [0, null]);
  const { username } = (await cluster.value("sso/111122223333/clusteradmin")) as { username: string };
  assert.equal(username, "boss:{SessionName}");
});

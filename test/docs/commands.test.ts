// Runs every command of this project in the documents, in page order, in a real shell against local
// services; `npm test` those of the first installation. For commands of other programs,
// run-elsewhere.ts names the test that runs them, or the reason why none does. The commands in the
// transcript test/docs/journey.md still print the same output: dots match anything; times,
// durations and addresses may differ.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stringify } from "yaml";
import { execute } from "../e2e/cluster/kubectl.ts";
import { ONLY_IN_ALL } from "../extent.ts";
import { RUN_ELSEWHERE } from "./run-elsewhere.ts";
import { startSandbox } from "./sandbox.ts";
import { blocksOf, PAGES, type Ran, ROOT, runBlocks } from "./shell-blocks.ts";

/** Commands that exit with 1 because they find something; all others exit with 0. */
const FINDS = [
  /^mappings (import|lint|diff|export)\b/,
  /^explain .*(--jwt\b|role\/Contractor|jane@)/,
  /^irsa doctor\b/,
];

const used = new Set<string>();
const finished = new Set<string>();
const pages = PAGES.filter((page) => blocksOf(page, "sh").length > 0);

describe("the commands of", { concurrency: 2 }, () => {
  for (const page of pages) {
    const options = page === "README.md" ? {} : ONLY_IN_ALL;
    test(page, options, async (t) => {
      const blocks = blocksOf(page, "sh");
      const withoutWebhook = /callers add .*--out webhook\.kubeconfig/.test(blocks.join());
      const ran = await runBlocks(blocks, await startSandbox(t, { withoutWebhook }));
      assert.ok(ran.length > 0);
      const problems = ran.flatMap(problem);
      finished.add(page);
      assert.deepEqual(problems, []);
    });
  }
});

function problem({ words, code, err }: Ran): string[] {
  const line = words.join(" ");
  if (code !== undefined) {
    const isFine = code === 0 || (code === 1 && FINDS.some((finds) => finds.test(line)));
    return isFine ? [] : [`iam-authenticator ${line}: exit code ${code}: ${err}`];
  }
  const entry = Object.keys(RUN_ELSEWHERE).find((start) => line.startsWith(start));
  if (entry === undefined)
    return [`${line}: not run by any test. Add it to test/docs/run-elsewhere.ts`];
  used.add(entry);
  return [];
}

test("each entry of run-elsewhere.ts matches a document", ONLY_IN_ALL, (t) => {
  if (finished.size < pages.length)
    return t.skip("a page did not complete, so its commands are unknown");
  const unused = Object.keys(RUN_ELSEWHERE).filter((start) => !used.has(start));
  assert.deepEqual(unused, []);
});

test("the test that run-elsewhere.ts names for a command has the expected text", () => {
  const missing = Object.entries(RUN_ELSEWHERE).flatMap(([start, entry]) =>
    "by" in entry && !readFileSync(join(ROOT, entry.by), "utf8").includes(entry.has)
      ? [`${start}: ${entry.by} has no ${entry.has}`]
      : [],
  );
  assert.deepEqual(missing, []);
});

const ARN = "arn:aws:iam::111122223333";
const PAGE = readFileSync(join(ROOT, "test/docs/journey.md"), "utf8");
/** The page leaves out the users and accounts. */
const AWS_AUTH = {
  mapRoles: (/^ {6}mapRoles: \|\n((?: {8}.*\n)+)/m.exec(PAGE)?.[1] ?? "").replaceAll(/^ {8}/gm, ""),
  mapUsers: stringify([
    { userarn: `${ARN}:user/alice`, username: "alice", groups: ["developers"] },
    { userarn: `${ARN}:user/jenkins`, username: "jenkins", groups: ["ci"] },
    { userarn: `${ARN}:user/mallory`, username: "mallory", groups: ["developers"] },
  ]),
  mapAccounts: stringify(["444455556666"]),
};

function steps() {
  const [, ...pieces] = PAGE.split(/^ {4}\$ /m);
  return pieces.flatMap((piece) => {
    const [first = "", ...rest] = piece.split("\n");
    const shown = rest.slice(
      0,
      rest.findIndex((line) => line !== "" && !line.startsWith("    ")) >>> 0,
    );
    const command = first.replace(/ +# .*| +#$/, "");
    return command.includes("npx --no -- lambda-iam-authenticator")
      ? [{ command, shown: shown.map((line) => line.trim()) }]
      : [];
  });
}

function comparable(text: string, endpoint: string): string {
  return text
    .replaceAll(new URL(endpoint).host, "localhost:8443")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/\b\d+ m?s\b/g, "DURATION")
    .replaceAll(/\bline \d+\b/g, "line N")
    .replaceAll(/\s+/g, " ");
}

/**
 * Their output depends on the emulator's address or account, or on the terminal's width, or the
 * command waits for 35 s.
 */
const NOT_COMPARED = [
  /--profile typo/,
  /callers add control-plane .*\.\.\./,
  /^npx --no -- lambda-iam-authenticator doctor/,
  /mappings (history|export|list -c my-cluster$|remove )/,
  /bad-indent/,
];

test("each command prints the output on the page", ONLY_IN_ALL, async (t) => {
  const empty = { parameters: {}, who: "carol", withoutWebhook: true };
  const { folder, environment, placeholders } = await startSandbox(t, empty);
  const endpoint = placeholders["<Endpoint>"] ?? "";
  const configMap = { kind: "ConfigMap", metadata: { name: "aws-auth" }, data: AWS_AUTH };
  writeFileSync(join(folder, "aws-auth.yaml"), stringify(configMap));
  let compared = 0;
  for (const { command, shown } of steps()) {
    if (NOT_COMPARED.some((pattern) => pattern.test(command))) continue;
    const env = {
      ...environment,
      ...(shown.join().includes("No AWS region") && { AWS_REGION: "" }),
    };
    const printed = await output(
      command.replace("https://localhost:8443/authenticate", endpoint),
      folder,
      env,
    );
    const actual = comparable(printed, endpoint);
    for (const piece of shown.flatMap((line) => comparable(line, endpoint).split("..."))) {
      assert.ok(actual.includes(piece.trim()), `${command}\nshown: ${piece}\nprinted: ${actual}`);
      compared += 1;
    }
  }
  assert.ok(compared > 30);
});

async function output(
  command: string,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const own = `npx() { shift 3; "${process.execPath}" "${join(ROOT, "dist/cli/iam-authenticator.mjs")}" "$@"; }`;
  const words = ["--norc", "-c", `${own}\n${command}`];
  const { stdout, stderr } = await execute("bash", words, { cwd: folder, env });
  return stdout + stderr;
}

// The recording of README.md with a real kube-apiserver and kubectl: docs/images/recording.svg shows
// what they print. Update: `npx node --test --test-update-snapshots test/e2e/recording.e2e.ts`, then
// `npm run docs`.

import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import { kubeconfig } from "../../cli/kube/kubeconfig.ts";
import type { SandboxFiles } from "../../local/sandbox-files.ts";
import { quoted } from "../../local/terminal.ts";
import { useFolder } from "../cli/fixtures.ts";
import { KUBECTL_OUTPUT, recordingImage, recordSession } from "../docs/recording.ts";
import { ROOT } from "../docs/shell-blocks.ts";
import { findBinaries } from "./binaries/binaries.ts";
import { startKubernetes } from "./kubernetes.ts";

const folder = useFolder();

test("kube-apiserver and kubectl print what the recording of README.md shows", async (t) => {
  const steps = await recordSession(async (files) => {
    const webhook = { configFile: files.kubeconfig, version: "v1", cacheTtl: "1s" } as const;
    const kubernetes = await startKubernetes({ webhook });
    t.after(() => kubernetes.stop());
    return terminal(kubernetes.endpoint, files);
  });
  const ofKubectl = steps.filter(({ line }) => line.includes("kubectl"));
  assert.deepEqual(
    ofKubectl.map(({ output }) => /Unauthorized|Username/.exec(output)?.[0]),
    ["Unauthorized", "Username"],
  );
  const outputs = Object.fromEntries(ofKubectl.map(({ line, output }) => [line, output]));
  const serializers = [(value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`];
  t.assert.fileSnapshot(outputs, KUBECTL_OUTPUT, { serializers });
  const image = readFileSync(join(ROOT, "docs/images/recording.svg"), "utf8");
  assert.equal(recordingImage(steps), image, "npm run docs");
});

/** Returns the lines that set up kubectl with the sandbox's users, as `npm run try:cluster` does. */
function terminal({ url, ca }: { url: string; ca: string }, files: SandboxFiles): string {
  symlinkSync(findBinaries().kubectl, join(folder.path, "kubectl"));
  const names = { cluster: "try", user: "bob", context: "try" };
  const { users: _, ...config } = kubeconfig(names, { server: url, ca }, {});
  const file = folder.write("kubeconfig", stringify(config));
  return `export KUBECONFIG=${quoted(file)}:${quoted(files.userKubeconfig)} PATH=${quoted(folder.path)}:"$PATH"`;
}

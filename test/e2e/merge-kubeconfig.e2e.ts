// kubectl's view of kubeconfigs of other programs, before and after `kubeconfig client --merge`.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { cli } from "../cli/cli.ts";
import { MERGED } from "../cli/commands/kubeconfig/kubeconfigs.ts";
import { useFolder } from "../cli/fixtures.ts";
import { findKubectl } from "./binaries/binaries.ts";

const kubectl = findKubectl();
const SERVER = "https://10.0.0.1:6443";
const ROLE = "arn:aws:iam::111122223333:role/Admin";
const WORDS = [
  "kubeconfig",
  "client",
  "-c",
  "prod",
  "--region",
  "eu-west-1",
  "--merge",
  "--server",
  SERVER,
];
let file: string;
beforeEach(() => {
  file = join(useFolder().path, "config");
});

async function merge(words: readonly string[] = [], KUBECONFIG = file): Promise<void> {
  const { code, err } = await cli([...WORDS, ...words], { environment: { KUBECONFIG } });
  assert.equal(code, 0, err);
}

function runKubectl(args: readonly string[], KUBECONFIG = file): string {
  const { status, stdout, stderr } = spawnSync(kubectl, ["config", ...args], {
    env: { KUBECONFIG },
  });
  assert.equal(status, 0, String(stderr));
  return String(stdout);
}

const LISTS = ["clusters", "users", "contexts"] as const;
type Named = Readonly<Record<string, unknown>> & { readonly name: string };

/** As kubectl reads the files: the entries of this name, and everything else. */
function view(KUBECONFIG = file) {
  const seen = JSON.parse(runKubectl(["view", "--raw", "-o", "json"], KUBECONFIG));
  const list = (key: string): readonly Named[] => seen[key] ?? [];
  const [cluster, user, context] = LISTS.map((key) =>
    list(key).find(({ name }) => name === "prod"),
  );
  const lists = LISTS.map((key) => [key, list(key).filter(({ name }) => name !== "prod")]);
  const { "current-context": current, ...rest } = seen;
  return {
    current,
    own: { cluster, user, context },
    others: { ...rest, ...Object.fromEntries(lists) },
  };
}

for (const [name, text] of Object.entries(MERGED)) {
  test(`${name}: kubectl sees the new entries, and all others unchanged`, async () => {
    writeFileSync(file, text);
    const before = view();
    await merge();
    const { current, own, others } = view();
    assert.deepEqual([current, others], ["prod", before.others]);
    assert.partialDeepStrictEqual(own, {
      cluster: { cluster: { server: SERVER } },
      user: { user: { exec: { command: "aws" } } },
      context: { context: { cluster: "prod", user: "prod" } },
    });
    await merge(["--exec", "iam-authenticator", "--role", ROLE]);
    const args = [
      "token",
      "--cluster",
      "prod",
      "--region",
      "eu-west-1",
      "--role",
      ROLE,
      "--forward-session-name",
    ];
    assert.partialDeepStrictEqual(view(), {
      own: { user: { user: { exec: { args } } } },
      others: before.others,
    });
  });
}

test("the entries are still recognised after kubectl has written the file", async () => {
  await merge();
  runKubectl(["set-context", "--current", "--namespace=team-a"]);
  await merge(["--role", ROLE]);
  assert.partialDeepStrictEqual(view().own, { context: { context: { namespace: "team-a" } } });
  runKubectl(["rename-context", "prod", "p"]);
  await merge();
  assert.deepEqual(runKubectl(["get-contexts", "-o", "name"]), "p\nprod\n");
});

test("of several files, kubectl uses the merged entries and the new context", async () => {
  const files = ["first", "second"].map((name) => join(useFolder().path, name));
  const [first = "", second = ""] = files;
  await merge([], second);
  writeFileSync(first, MERGED["kind"] ?? "");
  await merge(["--role", ROLE], files.join(":"));
  const { current, own } = view(files.join(":"));
  assert.equal(current, "prod");
  assert.match(JSON.stringify(own), /role\/Admin/);
  assert.equal(runKubectl(["get-contexts", "-o", "name"], first), "kind-kind\n");
});

test("kubectl respects the same lock", async () => {
  writeFileSync(file, MERGED["kind"] ?? "");
  writeFileSync(`${file}.lock`, "");
  assert.throws(() => runKubectl(["use-context", "kind-kind"]), /config\.lock: file exists/);
});

test("what kubectl config set has added stays, and kubectl accepts the file with a new CA", async () => {
  await merge();
  runKubectl(["set", "clusters.prod.proxy-url", "http://proxy.example:3128"]);
  runKubectl([
    "set-cluster",
    "prod",
    "--tls-server-name=kubernetes",
    "--insecure-skip-tls-verify=true",
  ]);
  runKubectl([
    "set-credentials",
    "prod",
    "--exec-command=aws",
    "--exec-env=HTTPS_PROXY=http://proxy.example:3128",
  ]);
  await merge(["--ca", useFolder().write("ca.crt", createCertificateAuthority().ca)]);
  const { cluster, user } = view().own;
  const { "certificate-authority-data": ca, extensions: _, ...kept } = Object(cluster?.["cluster"]);
  const added = { "proxy-url": "http://proxy.example:3128", "tls-server-name": "kubernetes" };
  assert.deepEqual(kept, { server: SERVER, ...added });
  assert.match(String(ca), /^LS0t/);
  const env = [{ name: "HTTPS_PROXY", value: "http://proxy.example:3128" }];
  assert.partialDeepStrictEqual(user, { user: { exec: { args: ["eks", "get-token"], env } } });
});

test("without --merge, kubectl combines two files, and --merge recognises the entries", async () => {
  const folder = useFolder();
  const other = folder.write("other", MERGED["kind"] ?? "");
  const { out } = await cli(WORDS.filter((word) => word !== "--merge"));
  const own = folder.write("my-cluster.kubeconfig", out);
  writeFileSync(file, runKubectl(["view", "--flatten"], [own, other].join(":")));
  assert.equal(view().current, "prod");
  assert.deepEqual(view().others.contexts, view(other).others.contexts);
  await merge(["--role", ROLE]);
  assert.match(JSON.stringify(view().own), /role\/Admin/);
});

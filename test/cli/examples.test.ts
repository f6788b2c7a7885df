// Runs every example of every --help: none may be wrong usage.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { processRun } from "../../cli/io/run.ts";
import { kubeconfigOf } from "../../cli/kube/kubeconfig.ts";
import { createProgram } from "../../cli/main/program.ts";
import { startHttpServer } from "../../local/aws/http-server.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { SAMPLES } from "../functions/issuer/samples.ts";
import { cli, commandPaths, wordsOf } from "./cli.ts";
import { publicPem } from "./commands/irsa/services.ts";
import { ADMIN, useCluster } from "./commands/mappings/cluster.ts";
import { loggedServices } from "./commands/reviews/services.ts";
import { prepare, useFolder, useServer } from "./fixtures.ts";

const { path: folder, write, configure } = useFolder();
const ROLE = "arn:aws:iam::111122223333:role/Developers";
const FILE = `mappings: [{permissionSet: ClusterAdmin, account: "111122223333", username: a, groups: [system:masters]}]`;
const REFUSED = { status: 403, body: '{"Error":{"Code":"AccessDenied","Message":"x"}}' };
const sts = useServer(() => startHttpServer(() => REFUSED));
const alice = { arn: "arn:aws:iam::111122223333:user/alice", username: "alice" };
const callers = ["control-plane-2026", "other"].map((name) => ({ name, sha256: "0".repeat(64) }));
const cluster = useCluster({ ...ADMIN, "user/111122223333/alice": alice, callers }, "all");
const log = useServer(() => loggedServices([]));
prepare(() => {
  for (const username of ["a", "b", "c", "d"])
    cluster.put("role/111122223333/developers", { arn: ROLE, username });
  cluster.store.put("/iam-authenticator/staging/account/111122223333", "{}");
  Object.assign(process.env, { AWS_ENDPOINT_URL_STS: sts.url, ...log.variables });
  process.chdir(folder);
  configure("contexts: {prod: {}}");
  const authority = createCertificateAuthority();
  const { cert, key } = authority.client({ CN: "kube-apiserver" });
  const [signer] = SAMPLES;
  const files = {
    ...Object.fromEntries(
      ["mappings.yaml", "common.yaml", "prod.yaml", "teams/a.yaml"].map((name) => [name, FILE]),
    ),
    "admin.conf": kubeconfigOf("https://127.0.0.1:9", authority.ca, { token: "t" }),
    "cdk.json": '{"context": {"clusters": [{"clusterId": "prod"}]}}',
    "sa.pub": publicPem(signer?.publicKey ?? assert.fail()),
    "roles.json": '{"Roles": []}',
    "caller-token": "token\n",
    "old.kubeconfig": kubeconfigOf("https://127.0.0.1:9", undefined, { token: "t" }),
    "ca.crt": authority.ca,
    "apiserver.crt": cert,
    "apiserver.key": key,
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
});
after(() => process.chdir(tmpdir()));

function callsIn(examples: string): (readonly string[])[] {
  const lines = examples.replace(/\\\n/g, " ").split(/[|\n]/);
  return lines.flatMap((line) => {
    const [, call] = /iam-authenticator (.*?)(?:\)"|>.*)?$/.exec(line.replace(/ > \S+/, "")) ?? [];
    return call === undefined ? [] : [wordsOf(call)];
  });
}

function inputFor(words: readonly string[]): string {
  if (words.includes("import")) return "kind: ConfigMap\ndata: {mapAccounts: '[\"111122223333\"]'}";
  if (words.includes("--jwks")) return JSON.stringify({ keys: SAMPLES.map(({ jwk }) => jwk) });
  return words.includes("explain") ? "k8s-aws-v1.x" : "y\n";
}

// Not the examples of doctor, which would call the addresses in them.
for (const path of commandPaths(await createProgram(processRun())).filter(
  (path) => path.at(-1) !== "doctor",
)) {
  test(`the examples of ${path.join(" ") || "the program"}`, async () => {
    const { out } = await cli([...path, "--help"]);
    const calls = callsIn(out.split("\nExamples:\n")[1]?.split("\n\nExit codes")[0] ?? "");
    assert.ok(calls.length > 0);
    for (const words of calls) {
      // No command overwrites a file.
      if (words.includes("--out")) rmSync(words[words.indexOf("--out") + 1] ?? "", { force: true });
      // Nothing listens there: the addresses of examples must not be called.
      const proxy = { HTTPS_PROXY: "http://127.0.0.1:9" };
      const environment = { EDITOR: "true", HOME: folder, ...proxy };
      const { code, err } = await cli(words, {
        interactive: true,
        input: inputFor(words),
        environment,
      });
      assert.notEqual(code, 2, `${words.join(" ")}: ${err}`);
      assert.doesNotMatch(err, /a bug/);
    }
  });
}

// The contents of the issuer's bundle, and that it works once it is loaded.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { buildIssuer } from "../../infra/bundle/build.ts";
import { importChain, modulesInside } from "./import-chain.ts";

const MAX_BYTES = 170_000;

const folder = mkdtempSync(join(tmpdir(), "issuer-bundle-"));
after(() => rmSync(folder, { recursive: true }));
const { index, files } = await buildIssuer(join(folder, "issuer"));

test(`index.mjs has at most ${MAX_BYTES / 1000} kB`, () => {
  const size = files.find(({ name }) => name === "index.mjs")?.contents.length ?? Number.NaN;
  assert.ok(size > 0 && size <= MAX_BYTES, `it has ${size} bytes`);
});

test("index.mjs exports the handler, and loads another file only without keys in the environment", () => {
  const [output] = Object.values(index.metafile.outputs).filter(({ entryPoint }) => entryPoint !== undefined);
  assert.deepEqual(output?.exports, ["handler"]);
  // Only operations that stream events load the first one, and the issuer uses none.
  const paths = ["@smithy/core/event-streams", "./credential-provider-http.mjs"];
  for (const { path, kind } of output?.imports ?? assert.fail()) {
    assert.deepEqual([paths.includes(path), kind], [true, "dynamic-import"], path);
  }
});

for (const [what, pattern] of Object.entries({
  "the authenticator": /^functions\/authenticator\//,
  "clients of other services": /@aws-sdk\/client-(?!ssm)/,
  "the SDK's credential chain": /@aws-sdk\/credential-provider-(node|ini|sso|process|web-identity|login)\//,
  middy: /@middy\//,
  "modules of cli, infra, local or test": /^(cli|infra|local|test)\//,
})) {
  test(`index.mjs does not contain ${what}`, () => {
    const found = modulesInside(index.metafile).filter(({ path }) => pattern.test(path));
    assert.deepEqual(found, [], `\n${found.map(({ path }) => importChain(index.metafile, path)).join("\n")}`);
  });
}

test("without ISSUER_URL, loading fails with the setting's name; with it, the bundle answers", () => {
  const script = `const { handler } = await import(${JSON.stringify(join(folder, "issuer", "index.mjs"))});
const { statusCode } = await handler({ rawPath: "/", requestContext: { http: { method: "GET" } } });
console.log("status", statusCode); process.exit();`;
  // No server listens there, so that the early connection stays on this machine.
  const env = { CLUSTER_ID: "test", AWS_REGION: "us-east-1", AWS_ENDPOINT_URL_SSM: "https://127.0.0.1:9" };
  const run = (more: Record<string, string>) =>
    execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      env: { ...env, ...more },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  // The complete message would include the minified source.
  assert.throws(
    () => run({}),
    (error: { stderr: string }) => error.stderr.includes("ISSUER_URL is required: "),
  );
  assert.match(run({ ISSUER_URL: "https://oidc.example.com" }), /^status 404$/m);
});

test("the licences of all bundled packages exist", () => {
  const text = Buffer.from(files.find(({ name }) => name === "THIRD-PARTY-LICENSES.txt")?.contents ?? []).toString();
  for (const name of ["@aws-sdk/client-ssm ", "Apache License"]) assert.ok(text.includes(name), name);
  assert.ok(!text.includes("@middy/core "));
});

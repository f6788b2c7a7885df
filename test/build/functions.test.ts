// The contents of the bundles of the function and of the issuer. A failure prints the imports that
// added a module.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Metafile } from "esbuild";
import { buildAuthenticator, buildIssuer } from "../../build/functions.ts";
import { useFolder } from "../cli/fixtures.ts";
import { ONLY_IN_ALL } from "../extent.ts";

/**
 * Each kilobyte costs the first review of an environment about 0.1 ms (test/bench/README.md). What
 * most reviews do not need is in a separate file. The bundle has 156 kB: 91 of the SDK, 65 of the
 * function.
 */
const MAX_BYTES = { authenticator: 160_000, issuer: 114_000 };

const FORBIDDEN: Readonly<Record<string, RegExp>> = {
  "the SDK's credential chain":
    /@aws-sdk\/credential-provider-(node|ini|sso|process|web-identity|login)\//,
  "instance metadata": /credential-provider-imds/,
  "clients and tokens of that chain": /@aws-sdk\/(nested-clients|token-providers)\//,
  "event streams": /event-?streams?\//,
  "the aggregated class of all operations": /client-\w+\/dist-es\/(SSM|EC2|IAM)\.js$/,
  "CommonJS of the SDK": /dist-cjs/,
  "zod with all its languages": /node_modules\/zod\/.*classic/,
  "modules of test/": /^test\//,
};
const CREDENTIAL_CHAIN = FORBIDDEN["the SDK's credential chain"] ?? assert.fail();
/** functions/aws/lean-ssm-client.ts does without. */
const NOT_IN_LEAN_CLIENT = {
  "the SDK's retries": /submodules\/retry\//,
  "the SDK's configuration files": /shared-ini-file-loader|node-config-provider/,
  "the SDK's endpoint rules": /util-endpoints|middleware-endpoint|bdd\.js/,
  "the SDK's user agent": /user-agent|recursion-detection|middleware-logger/,
};
const FORBIDDEN_IN_ISSUER = {
  ...NOT_IN_LEAN_CLIENT,
  "the authenticator": /^functions\/authenticator\//,
  "clients of other services": /@aws-sdk\/client-(?!ssm)/,
  "the SDK's credential chain": CREDENTIAL_CHAIN,
  middy: /@middy\//,
  "modules of cli, infra, local or test": /^(cli|infra|local|test)\//,
};
const FORBIDDEN_IN_INDEX = {
  ...FORBIDDEN,
  ...NOT_IN_LEAN_CLIENT,
  "the clients of EC2 and IAM": /@aws-sdk\/client-(ec2|iam)\//,
  "jose and the parser of AWS-signed tokens": /node_modules\/jose\/|\/jwt\/(?!issuer)/,
};

const { path: folder } = useFolder();
const built = await buildAuthenticator(join(folder, "first"));
const { index, ec2NodeName, awsSignedTokens, containerCredentials } = built;
const issuer = await buildIssuer(join(folder, "issuer"));
const BUNDLES = { authenticator: built, issuer };

for (const name of ["authenticator", "issuer"] as const) {
  const { index, files } = BUNDLES[name];

  test(`${name}: index.mjs has at most ${MAX_BYTES[name] / 1000} kB`, () => {
    const size = files.find((file) => file.name === "index.mjs")?.contents.length ?? Number.NaN;
    const largest = modulesInside(index.metafile).slice(0, 5);
    const chains = largest.map(
      ({ path, bytes }) => `${bytes} bytes: ${importChain(index.metafile, path)}`,
    );
    assert.ok(
      size <= MAX_BYTES[name],
      `it has ${size} bytes; the largest modules:\n${chains.join("\n")}`,
    );
  });

  test(`${name}: index.mjs exports the handler and nothing else`, () => {
    const [output] = Object.values(index.metafile.outputs).filter(
      ({ entryPoint }) => entryPoint !== undefined,
    );
    assert.deepEqual(output?.exports, ["handler"]);
  });

  test(`${name}: the licences of exactly the bundled packages exist`, () => {
    const text = Buffer.from(
      files.find((file) => file.name === "THIRD-PARTY-LICENSES.txt")?.contents ?? [],
    ).toString();
    for (const always of ["@aws-sdk/client-ssm ", "Apache License"])
      assert.ok(text.includes(always), always);
    for (const own of ["@aws-sdk/client-ec2 ", "@middy/core "]) {
      assert.equal(text.includes(own), name === "authenticator", own);
    }
  });
}

for (const [{ metafile }, name, forbidden] of [
  [index, "index.mjs", FORBIDDEN_IN_INDEX],
  [ec2NodeName, "ec2-node-name.mjs", FORBIDDEN],
  [
    awsSignedTokens,
    "aws-signed-tokens.mjs",
    { ...FORBIDDEN, "any package but jose": /node_modules\/(?!jose\/)/ },
  ],
  [containerCredentials, "credential-provider-http.mjs", FORBIDDEN],
  [issuer.index, "the issuer's index.mjs", FORBIDDEN_IN_ISSUER],
] as const) {
  for (const [what, pattern] of Object.entries(forbidden)) {
    test(`${name} does not contain ${what}`, () => {
      const found = modulesInside(metafile).filter(({ path }) => pattern.test(path));
      assert.deepEqual(
        found,
        [],
        `\n${found.map(({ path }) => importChain(metafile, path)).join("\n")}`,
      );
    });
  }

  test(`${name} has no static import, not even of a built-in module`, () => {
    const imports = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
    const found = imports.filter(({ kind }) => kind !== "dynamic-import");
    assert.deepEqual(found, []);
  });
}

for (const [name, ...own] of [
  ["authenticator", "./ec2-node-name.mjs", "./aws-signed-tokens.mjs"],
  ["issuer"],
] as const) {
  // Only operations that stream events load the last one, and the bundles use none.
  test(`${name}: index.mjs loads other files only by import(), and other imports are never run`, () => {
    const imports = Object.values(BUNDLES[name].index.metafile.outputs).flatMap(
      ({ imports }) => imports,
    );
    const known = new Set([...own, "./credential-provider-http.mjs", "@smithy/core/event-streams"]);
    assert.deepEqual(new Set(imports.map(({ path }) => path)), known);
    assert.ok(imports.every(({ external }) => external === true));
  });
}

test("index.mjs loads no module of Node.js but those of an HTTPS request", () => {
  const keys = { AWS_ACCESS_KEY_ID: "AKIAENVIRONMENTAAAAA", AWS_SECRET_ACCESS_KEY: "secret" };
  const settings = { CLUSTER_ID: "test", CALLER_AUTH: "none", AWS_REGION: "us-east-1", ...keys };
  // No server listens there, so that the early connection stays on this machine.
  const AWS_ENDPOINT_URL_STS = "https://127.0.0.1:9";
  const AWS_ENDPOINT_URL_SSM = "https://127.0.0.1:9";
  const env = { ...settings, AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL_SSM };
  const loadedBy = (name: string, script: string): string[] => {
    const file = join(folder, name);
    writeFileSync(
      file,
      `${script}\nconsole.log(JSON.stringify(process.moduleLoadList)); process.exit();`,
    );
    return JSON.parse(execFileSync(process.execPath, [file], { env, encoding: "utf8" }));
  };
  const https = `process.getBuiltinModule("https").get("https://127.0.0.1:9").on("error", () => {});`;
  writeFileSync(join(folder, "none.mjs"), "");
  const needed = loadedBy("https.mjs", `await import("./none.mjs");${https}`);
  const loaded = loadedBy("all.mjs", `await import("./first/index.mjs");`);
  assert.ok(loaded.includes("NativeModule https"));
  // Not `http`, which loads undici; not `fs`, `webcrypto` and web streams, which the SDK's client
  // mentions.
  assert.deepEqual(
    loaded.filter((name) => !needed.includes(name)),
    [],
  );
});

test("two builds in different folders are identical and contain no path", ONLY_IN_ALL, async () => {
  const again = await buildAuthenticator(join(folder, "somewhere", "else"));
  assert.deepEqual(again.files, built.files);
  const root = join(import.meta.dirname, "..", "..");
  for (const { name, contents } of built.files)
    assert.ok(!Buffer.from(contents).includes(root), name);
});

/** Modules that contribute bytes to the script, largest first. */
function modulesInside({
  outputs,
}: Metafile): readonly { readonly path: string; readonly bytes: number }[] {
  return Object.entries(outputs)
    .filter(([path]) => path.endsWith(".mjs"))
    .flatMap(([, { inputs }]) => Object.entries(inputs))
    .map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

/** The shortest chain of imports from the entry to `module`, one import per line. */
function importChain({ inputs, outputs }: Metafile, module: string): string {
  const entry =
    Object.values(outputs).find(({ entryPoint }) => entryPoint !== undefined)?.entryPoint ?? "";
  const importers = new Map<string, string | undefined>([[entry, undefined]]);
  // A Map iterates in insertion order and includes entries that are added meanwhile: breadth first.
  for (const path of importers.keys()) {
    for (const imported of inputs[path]?.imports ?? []) {
      if (!importers.has(imported.path)) importers.set(imported.path, path);
    }
  }
  const chain: string[] = [];
  for (let at: string | undefined = module; at !== undefined; at = importers.get(at))
    chain.unshift(at);
  return chain.join("\n  imports ");
}

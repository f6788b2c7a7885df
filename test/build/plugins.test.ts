// The reduced SDK works like the complete one: responses, all kinds of errors, and both sources of
// credentials. Each of the last tests names the file to fix after an update of the SDK.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import * as ssm from "@aws-sdk/client-ssm";
import type { Plugin } from "esbuild";
import {
  bundle,
  bundleCredentials,
  LEAN_PLUGINS,
  LEAN_SSM_PLUGINS,
  separateFile,
} from "../../build/functions.ts";
import { leanSsmClient } from "../../build/lean-ssm-client.ts";
import { builtIns, directImports, leanSchemas, replacement } from "../../build/plugins.ts";
import { isThrottlingCode } from "../../functions/lib/aws-error.ts";
import { startHttpServer } from "../../local/aws/http-server.ts";
import { useFolder } from "../cli/fixtures.ts";
import { OPERATOR, startParameterStore } from "../local-aws.ts";
import { probe as complete } from "./sdk-probe.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** Stands for a file that the SDK has changed. */
const NEWER = join(import.meta.dirname, "sdk-probe.ts");

const { path: folder } = useFolder();
const KEYS = {
  accessKeyId: "ASIACONTAINERAAAAAAA",
  secretAccessKey: "of-the-container",
  sessionToken: "session",
};
const store = await startParameterStore({
  identities: [{ ...OPERATOR, ...KEYS }],
  parameters: { "/probe": "1" },
});
writeFiles(await bundleCredentials());
const separate = separateFile("credential-provider-http");

async function probeOf(
  name: string,
  plugins: readonly Plugin[],
): Promise<(endpoint: string) => Promise<unknown>> {
  writeFiles(await bundle(ROOT, "test/build/sdk-probe.ts", name, [separate, ...plugins]));
  return (await import(join(folder, name))).probe;
}

function writeFiles({ files }: Awaited<ReturnType<typeof bundle>>): void {
  for (const { name, contents } of files) writeFileSync(join(folder, name), contents);
}
const PROBES = {
  "the SDK's client": await probeOf("probe.mjs", LEAN_PLUGINS),
  "the lean client": await probeOf("lean-probe.mjs", LEAN_SSM_PLUGINS),
};

/** Each error that the SDK has a class for, and whether the client or the server is at fault. */
const ERRORS = Object.values(ssm).flatMap((exported) => {
  if (typeof exported !== "function" || !(exported.prototype instanceof ssm.SSMServiceException))
    return [];
  const Kind = exported as new (options: object) => ssm.SSMServiceException;
  const { name, $fault } = new Kind({ message: "", $metadata: {} });
  return [[name, $fault] as const];
});
assert.ok(ERRORS.length > 130, `${ERRORS.length} errors`);

after(() => store.close());

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/^AWS_(ACCESS|SECRET|SESSION|CONTAINER)_/.test(name)) delete process.env[name];
  store.fail(undefined);
});

for (const [name, probe] of Object.entries(PROBES)) {
  test(`${name}: keys come from the environment, otherwise from the container's endpoint`, async (t) => {
    const {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: Token,
    } = KEYS;
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    const body = JSON.stringify({ AccessKeyId, SecretAccessKey, Token, Expiration });
    const container = await startHttpServer(() => ({ status: 200, body }));
    t.after(() => container.close());
    const AWS_CONTAINER_CREDENTIALS_FULL_URI = `${container.url}/v1/credentials`;
    Object.assign(process.env, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "the-token",
    });
    assert.deepEqual(await probe(store.url), ["/probe"]);
    const { headers } = store.requests.at(-1) ?? assert.fail();
    assert.match(headers["authorization"] ?? "", /Credential=ASIACONTAINERAAAAAAA\//);
    assert.equal(headers["x-amz-security-token"], "session");
    assert.equal(container.requests[0]?.headers["authorization"], "the-token");
  });

  test(`${name}: without either, the error names what is missing`, async () => {
    assert.match(String(await probe(store.url)), /AWS_CONTAINER_CREDENTIALS_FULL_URI/);
  });

  test(`${name}: each error of Parameter Store is the same without the plugins`, async () => {
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: "AKIAENVIRONMENTAAAAA",
      AWS_SECRET_ACCESS_KEY: "secret",
    });
    const headers = { "content-type": "application/x-amz-json-1.1" };
    for (const [code, $fault] of [...ERRORS, ["NewerThanThisSdk", "client"] as const]) {
      const status = $fault === "client" ? 400 : 500;
      // Both spellings of the message exist, and the code can have the service's namespace.
      const body = JSON.stringify(
        code < "N"
          ? { __type: code, message: "no" }
          : { __type: `com.amazonaws.ssm#${code}`, Message: "no" },
      );
      store.fail({ kind: "answer", status, headers, body });
      const expected = { name: code, message: "no", $fault, status };
      assert.deepEqual(await probe(store.url), expected);
      assert.deepEqual(await complete(store.url), expected);
    }
  });
}

// Not exported, but the only place where the SDK lists them.
const constants = "@smithy/core/dist-es/submodules/retry/service-error-classification/constants.js";
const { THROTTLING_ERROR_CODES }: { readonly THROTTLING_ERROR_CODES: readonly string[] } =
  await import(new URL(`../../node_modules/${constants}`, import.meta.url).href);

test("the function's throttling codes are those of the SDK", () => {
  assert.ok(THROTTLING_ERROR_CODES.length > 10);
  const missing = THROTTLING_ERROR_CODES.filter((code) => !isThrottlingCode(code));
  assert.deepEqual(missing, [], `add ${missing.join(", ")} to functions/lib/retry.ts`);
});

for (const { name, setup } of leanSsmClient) {
  test(`${name}: another source than the one it knows fails the build`, async () => {
    const changed: Plugin = {
      name: "a newer SDK",
      setup: (build) =>
        setup({
          ...build,
          onLoad: (options, load) =>
            build.onLoad(options, (file) => load({ ...file, path: NEWER })),
        }),
    };
    await assert.rejects(
      bundle(ROOT, "test/build/sdk-probe.ts", "probe.mjs", [
        separate,
        builtIns,
        leanSchemas,
        changed,
      ]),
      {
        message:
          /lean-ssm-client \(.*\.js\) \(build\/.*\) found nothing to replace: the AWS SDK has changed/,
      },
    );
  });
}

test("a plugin that finds nothing to replace fails the build, and names itself and its file", async () => {
  const moved = replacement("lean-schemas", (build, done) => {
    build.onLoad({ filter: /a-file-that-the-sdk-has-moved\.js$/ }, () => done({ contents: "" }));
  });
  await assert.rejects(bundle(ROOT, "test/build/sdk-probe.ts", "probe.mjs", [moved]), {
    message:
      /The plugin lean-schemas \(build\/plugins\.ts or .*\) found nothing to replace: .*docs\/decisions\/0003-bundle\.md/,
  });
});

test("an import from an index file of the SDK is replaced where that is possible", () => {
  const known = 'import { HttpResponse as Reply, newer } from "@smithy/core/protocols";\n';
  const [reply, newer, ...others] = directImports(known).split("; ");
  assert.match(reply ?? "", /^import \{ HttpResponse as Reply \} from ".*httpResponse\.js"$/);
  assert.deepEqual(
    [newer, others],
    ['import { newer as newer } from "@smithy/core/protocols";\n', []],
  );
  // Otherwise the plugin would not notice an SDK that moved.
  const moved = 'import { newer, another } from "@smithy/core/protocols";\n';
  assert.equal(directImports(moved), moved);
});

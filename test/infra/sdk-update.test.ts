// What an update of the AWS SDK can break. Each test names the file to fix.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isThrottlingCode } from "../../functions/lib/throttling.ts";
import { bundle } from "../../infra/bundle/bundle.ts";
import { replacement } from "../../infra/bundle/replacement.ts";

// Not exported, but the only place where the SDK lists them.
const constants = "@smithy/core/dist-es/submodules/retry/service-error-classification/constants.js";
const { THROTTLING_ERROR_CODES }: { readonly THROTTLING_ERROR_CODES: readonly string[] } = await import(
  new URL(`../../node_modules/${constants}`, import.meta.url).href
);
const ROOT = new URL("../..", import.meta.url).pathname;

test("the function's throttling codes are those of the SDK", () => {
  assert.ok(THROTTLING_ERROR_CODES.length > 10);
  const missing = THROTTLING_ERROR_CODES.filter((code) => !isThrottlingCode(code));
  assert.deepEqual(missing, [], `add ${missing.join(", ")} to functions/lib/throttling.ts`);
});

test("a plugin that finds nothing to replace fails the build, and names the file to fix", async () => {
  const moved = replacement("lean-schemas", (build, done) => {
    build.onLoad({ filter: /a-file-that-the-sdk-has-moved\.js$/ }, () => done({ contents: "" }));
  });
  await assert.rejects(bundle(ROOT, "test/infra/sdk-probe.ts", "probe.mjs", [moved]), {
    message: /infra\/bundle\/lean-schemas\.ts found nothing to replace: .*docs\/decisions\/0003-bundle\.md/,
  });
});

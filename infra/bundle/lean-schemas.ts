// esbuild plugin: of a client's schemas, keeps those of the operations that are used.

import { readFileSync } from "node:fs";
import type { OnLoadResult } from "esbuild";
import { nothingToReplace, replacement } from "./replacement.ts";

/** `[-3, namespace, name, traits, members, types]` and its registration: one error, as the SDK writes it. */
const ERROR = /^export var (\w+)\$ = \[-3, n0,[^;]*?\];\nn0_registry\.registerError\(\1\$, \1\);\n/gm;
const REGISTRATION = /^n0_registry\.registerError\((\w+)\$/gm;
/** Any schema: an array of constants, of other schemas, and of functions that give them. */
const SCHEMA = /^((?:export )?var \w+\$? = )(\[[^;]*?\]);$/gm;

/** What GetParameters can answer, and what every operation can. */
const SSM_ERRORS = ["AccessDeniedException", "InternalServerError", "InvalidKeyId", "ThrottlingException"];

/**
 * All operations of a client are in one file. Its schemas use constants as keys, which esbuild cannot prove to be
 * without effect, so it keeps every one; marked as pure, the unused ones go (530 kB of EC2, 14 kB of SSM). Open upstream:
 * https://github.com/aws/aws-sdk-js-v3/issues/7607
 *
 * SSM also registers each of its 140 errors at start, a schema and a class (44 kB). One that is not registered arrives
 * as `SSMServiceException` with the same `name`, as every error does that is newer than the SDK.
 */
export const leanSchemas = replacement("lean-schemas", (build, done) => {
  const filter = /[/\\]client-\w+[/\\]dist-es[/\\]schemas[/\\]schemas_0\.js$/;
  build.onLoad({ filter }, ({ path }): OnLoadResult => {
    const source = readFileSync(path, "utf8");
    const isSsm = /[/\\]client-ssm[/\\]/.test(path);
    const kept = isSsm ? source.replace(ERROR, (all, name) => (SSM_ERRORS.includes(name) ? all : "")) : source;
    const contents = kept.replace(SCHEMA, "$1/* @__PURE__ */ (() => $2)();");
    const registered = [...kept.matchAll(REGISTRATION)].length;
    return contents === kept || (isSsm && registered !== SSM_ERRORS.length)
      ? { errors: [{ text: `${path}: ${nothingToReplace("lean-schemas")}` }] }
      : done({ contents });
  });
});

// esbuild plugin: removes the schemas of unused operations from an AWS client.

import { readFileSync } from "node:fs";
import type { OnLoadResult, Plugin } from "esbuild";
import { nothingToReplace, replacement } from "./replacement.ts";

/** One error in the SDK's source: `[-3, namespace, name, traits, members, types]` and its registration. */
const ERROR = /^export var (\w+)\$ = \[-3, n0,[^;]*?\];\nn0_registry\.registerError\(\1\$, \1\);\n/gm;
const REGISTRATION = /^n0_registry\.registerError\((\w+)\$/gm;
/** Any schema: an array of constants, other schemas, and functions that return schemas. */
const SCHEMA = /^((?:export )?var \w+\$? = )(\[[^;]*?\]);$/gm;

/** The errors of GetParameters and of every operation. */
const SSM_ERRORS = ["AccessDeniedException", "InternalServerError", "InvalidKeyId", "ThrottlingException"];
const NAME = "lean-schemas";

/**
 * One file has the schemas of all operations of a client. They use constants as keys, so esbuild cannot prove that they
 * have no side effects and keeps all of them. Marked as pure, unused ones are removed (530 kB of EC2, 14 kB of SSM). Open
 * upstream: https://github.com/aws/aws-sdk-js-v3/issues/7607
 *
 * SSM also registers a schema and a class for each of its 140 errors at start (44 kB). An unregistered error is thrown as
 * `SSMServiceException` with the same `name`, like an error that is newer than the SDK.
 *
 * @param ssmErrors further errors of SSM whose classes are used
 */
export function leanSchemas(ssmErrors: readonly string[] = []): Plugin {
  const errors = [...SSM_ERRORS, ...ssmErrors];
  return replacement(NAME, (build, done) => {
    const filter = /[/\\]client-[\w-]+[/\\]dist-es[/\\]schemas[/\\]schemas_0\.js$/;
    build.onLoad({ filter }, ({ path }): OnLoadResult => {
      const source = readFileSync(path, "utf8");
      const isSsm = /[/\\]client-ssm[/\\]/.test(path);
      const kept = isSsm ? source.replace(ERROR, (all, name) => (errors.includes(name) ? all : "")) : source;
      const contents = kept.replace(SCHEMA, "$1/* @__PURE__ */ (() => $2)();");
      const registered = [...kept.matchAll(REGISTRATION)].length;
      return contents === kept || (isSsm && registered !== errors.length)
        ? { errors: [{ text: `${path}: ${nothingToReplace(NAME)}` }] }
        : done({ contents });
    });
  });
}

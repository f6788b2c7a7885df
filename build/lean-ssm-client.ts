// Plugins of esbuild that replace the SDK's SSMClient by functions/aws/lean-ssm-client.ts. Each
// compares the SDK's source with what it knows, and fails the build if the SDK has changed.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";
import { directImports, nothingToReplace, replacement } from "./plugins.ts";

const LEAN_CLIENT = join(import.meta.dirname, "..", "functions", "aws", "lean-ssm-client.ts");

/**
 * The middleware of the SDK's client, in its order. If an update adds one, decide here whether the
 * lean client needs it.
 */
const MIDDLEWARE: Readonly<Record<string, "kept" | "left out">> = {
  getSchemaSerdePlugin: "kept",
  getUserAgentPlugin: "left out",
  // `retry` of functions/lib retries, within the review's deadline.
  getRetryPlugin: "left out",
  getContentLengthPlugin: "kept",
  getHostHeaderPlugin: "kept",
  getLoggerPlugin: "left out",
  // For functions that invoke each other.
  getRecursionDetectionPlugin: "left out",
  // The settings compute the endpoint, and there is one signer.
  getHttpAuthSchemeEndpointRuleSetPlugin: "left out",
  getHttpSigningPlugin: "kept",
};

function leanClient(source: string): string {
  const found = [...source.matchAll(/middlewareStack\.use\((\w+)/g)].map(([, name]) => name);
  if (found.join() !== Object.keys(MIDDLEWARE).join()) return source;
  return `import { LeanSsmClient } from ${JSON.stringify(LEAN_CLIENT)};
import { getRuntimeConfig } from "./runtimeConfig.shared";
export class SSMClient extends LeanSsmClient {
  constructor(options) { super(getRuntimeConfig(options), options); }
}`;
}

/**
 * Files of the SDK, by the end of their path, and the change of each. It returns an unknown source
 * unchanged.
 */
const REPLACED: readonly (readonly [file: string, change: (source: string) => string])[] = [
  ["client-ssm/dist-es/SSMClient.js", leanClient],
  [
    "client-ssm/dist-es/commandBuilder.js",
    replacing(
      /import \{ getEndpointPlugin \} from .*/,
      "const getEndpointPlugin = () => ({ applyToStack: () => {} });",
    ),
  ],
  [
    "client-ssm/dist-es/runtimeConfig.shared.js",
    replacing(
      /import \{ defaultEndpointResolver \} from .*/,
      "const defaultEndpointResolver = undefined;",
    ),
  ],
  // It loads webcrypto, for an id that no call of the function has.
  [
    "core/dist-es/submodules/serde/index.js",
    replacing(
      "export const v4 = bindV4(_getRandomValues);",
      "export const v4 = () => bindV4(_getRandomValues)();",
    ),
  ],
];

function replacing(found: string | RegExp, by: string): (source: string) => string {
  return (source) => source.replace(found, by);
}

export const leanSsmClient: readonly Plugin[] = REPLACED.map(([file, change]) => {
  const name = `lean-ssm-client (${file})`;
  const filter = new RegExp(
    `${file.replaceAll("/", String.raw`[/\\]`).replaceAll(".", String.raw`\.`)}$`,
  );
  return replacement(name, (build, done) => {
    build.onLoad({ filter }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const contents = change(source);
      return contents === source
        ? { errors: [{ text: nothingToReplace(name) }] }
        : done({ contents: directImports(contents), resolveDir: dirname(path) });
    });
  });
});

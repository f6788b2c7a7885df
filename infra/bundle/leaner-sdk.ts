// esbuild plugin: leaves out the parts of the AWS SDK that a Lambda function cannot reach.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";
import { replacement } from "./replacement.ts";

/** The credential chain: profiles, SSO, processes, web identities and instance metadata are 120 kB of the bundle. */
export function ownCredentials(root: string): Plugin {
  const path = join(root, "functions", "aws", "credentials.ts");
  return replacement("own-credentials", (build, done) => {
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => done({ path }));
  });
}

/**
 * Settings come from the environment alone: there is no `~/.aws/config` in Lambda, and looking for it costs two reads
 * that fail.
 */
export const noConfigFiles = replacement("no-config-files", (build, done) => {
  build.onLoad({ filter: /[/\\]node-config-provider[/\\]fromSharedConfigFiles\.js$/ }, ({ path }) =>
    done({
      contents: `import { CredentialsProviderError } from "../property-provider/CredentialsProviderError";
export const fromSharedConfigFiles = () => async () => {
  throw new CredentialsProviderError("configuration files are not read here", { tryNextLink: true });
};`,
      resolveDir: dirname(path),
    }),
  );
});

/**
 * Reached by `import()` alone, in ways that are not ours: event streams belong to operations that have them (none of
 * those used here), instance metadata to `defaultsMode: "auto"` outside of Lambda.
 */
export const noStreamsAndMetadata = replacement("no-streams-and-metadata", (build, done) => {
  const filter = /^@smithy\/(core\/event-streams|credential-provider-imds)$/;
  build.onResolve({ filter }, ({ path, kind }) =>
    kind === "dynamic-import"
      ? done({ path, namespace: "left-out" })
      : { errors: [{ text: `${path} is left out of the bundle, and something imports it statically now` }] },
  );
  build.onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({
    contents: `throw new Error(${JSON.stringify(`${path} is not in the bundle`)});`,
  }));
});

/** A client reads its own package.json for the version in the User-Agent header; the rest of it is not needed. */
export const versionOnly = replacement("version-only", (build, done) => {
  build.onLoad({ filter: /[/\\]@aws-sdk[/\\][^/\\]+[/\\]package\.json$/ }, ({ path }) => {
    const { version }: { version: string } = JSON.parse(readFileSync(path, "utf8"));
    return done({ contents: JSON.stringify({ version }), loader: "json" });
  });
});

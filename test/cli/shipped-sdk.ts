// A client of Parameter Store as the command ships it, for tests of functions that are given a
// client. The build removes the classes of the service's errors, so an error has the base class
// instead.

import { SSMClient, type SSMClientConfig } from "@aws-sdk/client-ssm";
import { build } from "esbuild";
import { SDK_PLUGINS } from "../../build/command.ts";

const { outputFiles } = await build({
  stdin: {
    contents: 'export { SSMClient } from "@aws-sdk/client-ssm";',
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  format: "esm",
  platform: "node",
  mainFields: ["module", "main"],
  plugins: [...SDK_PLUGINS],
  write: false,
  logLevel: "silent",
});
const source = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
const shipped: { readonly SSMClient: typeof SSMClient } = await import(
  `data:text/javascript;base64,${source}`
);

/**
 * The protocol, which makes the errors, is that of the built client. The client itself has the class
 * of the sources, since the SDK's paginators compare it.
 */
export function shippedSsm(options: SSMClientConfig): SSMClient {
  const { protocol } = new shipped.SSMClient(options).config;
  return new SSMClient({ ...options, protocol });
}

// Builds the Lambda functions: dist/authenticator, dist/issuer and dist/deployment-check.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtIns } from "./built-ins.ts";
import { type BuiltFile, type Bundle, bundle } from "./bundle.ts";
import { licences } from "./licences.ts";
import { LEAN_PLUGINS } from "./plugins.ts";
import { separateFile } from "./separate-file.ts";

interface FunctionBuild {
  readonly index: Bundle;
  /** Everything that was written to the folder. */
  readonly files: readonly BuiltFile[];
}

export interface AuthenticatorBuild extends FunctionBuild {
  /** Loaded when a mapping first uses `{EC2PrivateDNSName}`: two more AWS clients that most clusters never need. */
  readonly ec2NodeName: Bundle;
  /** Loaded only with JWT_ISSUERS. */
  readonly awsSignedTokens: Bundle;
  /** Loaded only without keys in the environment. */
  readonly containerCredentials: Bundle;
}

const ROOT = join(import.meta.dirname, "..", "..");
const SOURCE = "functions/authenticator";
const CREDENTIALS = "credential-provider-http";

/** Empties `outdir` and writes the function's files there. The build is reproducible in any folder. */
export async function buildAuthenticator(outdir: string): Promise<AuthenticatorBuild> {
  const separate = ["ec2-node-name", "aws-signed-tokens", CREDENTIALS].map(separateFile);
  const [index, ec2NodeName, awsSignedTokens, containerCredentials] = await Promise.all([
    bundle(ROOT, `${SOURCE}/index.ts`, "index.mjs", [...separate, ...LEAN_PLUGINS]),
    bundle(ROOT, `${SOURCE}/aws/ec2-node-name.ts`, "ec2-node-name.mjs", [separateFile(CREDENTIALS), ...LEAN_PLUGINS]),
    bundle(ROOT, `${SOURCE}/aws/aws-signed-tokens.ts`, "aws-signed-tokens.mjs", [builtIns]),
    bundleCredentials(),
  ]);
  const files = writeFiles(outdir, [index, ec2NodeName, awsSignedTokens, containerCredentials]);
  return { index, ec2NodeName, awsSignedTokens, containerCredentials, files };
}

/** Like `buildAuthenticator`, for the issuer. */
export function buildIssuer(outdir: string): Promise<FunctionBuild> {
  return buildFunction("functions/issuer/index.ts", outdir);
}

/** Like `buildIssuer`, for the function that checks a new version. */
function buildDeploymentCheck(outdir: string): Promise<FunctionBuild> {
  return buildFunction("functions/deployment-check/index.ts", outdir);
}

async function buildFunction(entry: string, outdir: string): Promise<FunctionBuild> {
  const [index, containerCredentials] = await Promise.all([
    bundle(ROOT, entry, "index.mjs", [separateFile(CREDENTIALS), ...LEAN_PLUGINS]),
    bundleCredentials(),
  ]);
  return { index, files: writeFiles(outdir, [index, containerCredentials]) };
}

function bundleCredentials(): Promise<Bundle> {
  return bundle(ROOT, `@aws-sdk/${CREDENTIALS}`, `${CREDENTIALS}.mjs`, [builtIns]);
}

/** Empties the folder. Adds the licences of the bundled packages. */
function writeFiles(outdir: string, bundles: readonly Bundle[]): readonly BuiltFile[] {
  const text = licences(
    ROOT,
    bundles.map(({ metafile }) => metafile),
  );
  const licenceFile = { name: "THIRD-PARTY-LICENSES.txt", contents: new TextEncoder().encode(text) };
  const files = [...bundles.flatMap((one) => one.files), licenceFile];
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  for (const { name, contents } of files) writeFileSync(join(outdir, name), contents);
  return files;
}

if (import.meta.main) {
  for (const [name, build] of [
    ["authenticator", buildAuthenticator],
    ["issuer", buildIssuer],
    ["deployment-check", buildDeploymentCheck],
  ] as const) {
    await build(join(ROOT, "dist", name));
  }
}

// Builds what Lambda runs: dist/authenticator/index.mjs and, beside it, the part that speaks to EC2.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuiltFile, type Bundle, bundle } from "./bundle.ts";
import { licences } from "./licences.ts";
import { leanPlugins } from "./plugins.ts";
import { separateFile } from "./separate-file.ts";

export interface AuthenticatorBuild {
  readonly index: Bundle;
  /** Loaded by index.mjs when a mapping first uses `{EC2PrivateDNSName}`: two more clients that most clusters never need. */
  readonly ec2NodeName: Bundle;
  /** Everything that was written to the folder. */
  readonly files: readonly BuiltFile[];
}

const ROOT = join(import.meta.dirname, "..", "..");
const SOURCE = "functions/authenticator";

/** Empties `outdir` and writes the function's files there. The same sources give the same bytes, wherever that is. */
export async function buildAuthenticator(outdir: string): Promise<AuthenticatorBuild> {
  const lean = leanPlugins(ROOT);
  const [index, ec2NodeName] = await Promise.all([
    bundle(ROOT, `${SOURCE}/index.ts`, "index.mjs", [separateFile("ec2-node-name"), ...lean]),
    bundle(ROOT, `${SOURCE}/aws/ec2-node-name.ts`, "ec2-node-name.mjs", lean),
  ]);
  const licenceTexts = licences(ROOT, [index.metafile, ec2NodeName.metafile]);
  const files = [
    ...index.files,
    ...ec2NodeName.files,
    { name: "THIRD-PARTY-LICENSES.txt", contents: new TextEncoder().encode(licenceTexts) },
  ];
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  for (const { name, contents } of files) writeFileSync(join(outdir, name), contents);
  return { index, ec2NodeName, files };
}

if (import.meta.main) {
  const { files } = await buildAuthenticator(join(ROOT, "dist", "authenticator"));
  for (const { name, contents } of files) console.log(`dist/authenticator/${name}  ${kilobytes(contents.length)}`);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

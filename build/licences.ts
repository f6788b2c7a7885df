// The licence texts of the bundled packages, since minified code has none.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

/** Returns one text for all packages in `metafiles`. Those with the same licence text share it. */
export function licences(root: string, metafiles: readonly Metafile[]): string {
  const packagesByText = new Map<string, string[]>();
  for (const folder of packageFolders(metafiles)) {
    const { title, text } = readLicence(join(root, folder));
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), title]);
  }
  return [...packagesByText]
    .map(([text, titles]) => `${titles.join("\n")}\n\n${text}\n`)
    .join(SEPARATOR);
}

const SEPARATOR = `\n${"-".repeat(80)}\n\n`;

/** Returns the packages in a text of `licences`, each as `name version`. */
export function licensedPackages(text: string): string[] {
  return text
    .split(SEPARATOR)
    .flatMap((block) => block.slice(0, block.indexOf("\n\n")).split("\n"));
}

function packageFolders(metafiles: readonly Metafile[]): string[] {
  const inputs = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs)),
  );
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^(?:[^:]*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
    .filter((folder) => folder !== undefined);
  return [...new Set(folders)].sort();
}

function readLicence(folder: string): { title: string; text: string } {
  const manifest: { name: string; version: string; license?: string } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  return {
    title: `${manifest.name} ${manifest.version}`,
    text:
      file === undefined
        ? `Licence: ${manifest.license ?? "unknown"}`
        : readFileSync(join(folder, file), "utf8").trim(),
  };
}

// `mappings import`: converts other programs' files to a mapping file.

import type { Command } from "commander";
import { describe } from "../command.ts";
import { finding } from "../errors.ts";
import { collect } from "../options.ts";
import { nameOf, readText } from "../terminal/files.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { writeMappingFile } from "./file/file.ts";
import { withAccessPolicies } from "./formats/access-entries.ts";
import { type Carried, carry, type Foreign, merge } from "./formats/record.ts";
import { readForeign } from "./formats/sources.ts";

interface ImportOptions {
  readonly file: readonly string[];
  readonly sso?: true;
}

export function importCommand(command: Command, io: IOStreams): Command {
  return describe(command, {
    details:
      "Reads the aws-auth ConfigMap, aws-iam-authenticator's server config (as a file or in its ConfigMap), " +
      "IAMIdentityMapping objects, eksctl's ClusterConfig and the output of `aws eks describe-access-entry` and " +
      "`list-associated-access-policies`, in any order and number of files: access policies become the groups of the " +
      "access entry with the same principal (see rbac). Prints a mapping file and writes nothing to AWS. Standard error " +
      "lists entries that change and entries that cannot be imported. The exit code is 1 if an entry cannot be imported.",
    examples: [
      "kubectl -n kube-system get configmap aws-auth -o yaml | \\",
      "    iam-authenticator mappings import -f - --sso > mappings.yaml",
      "iam-authenticator mappings apply -c prod -f mappings.yaml --dry-run",
    ],
  })
    .requiredOption("-f, --file <path>", "file, or - for standard input (may be repeated)", collect)
    .option("--sso", "import AWSReservedSSO_ roles as their permission sets")
    .action((options: ImportOptions) => importFiles(options, io));
}

async function importFiles({ file, sso }: ImportOptions, io: IOStreams): Promise<void> {
  const found: (Foreign & { readonly inFile: string })[] = [];
  const carried: Carried[] = [];
  const problems: string[] = [];
  const remarks: string[] = [];
  for (const path of file) {
    // With one file, line numbers are enough.
    const inFile = file.length > 1 ? `${nameOf(path)}, ` : "";
    const { items, notes } = readForeign(await readText(path, io), path);
    remarks.push(...notes.map((note) => `${inFile}${note}`));
    found.push(...items.map((item) => ({ ...item, inFile })));
  }
  for (const { inFile, ...foreign } of withAccessPolicies(found)) {
    const result = carry(foreign, sso === true);
    const where = `${inFile}${result.where}`;
    if ("problem" in result) problems.push(`${where} cannot be imported: ${result.problem}`);
    else carried.push({ ...result, where });
  }
  const { winners, overridden } = merge(carried);
  remarks.push(...winners.flatMap(({ where, notes }) => notes.map((note) => `${where}: ${note}`)));
  for (const line of [...remarks, ...overridden, ...problems]) io.log(`${line}.\n`);
  io.print(writeMappingFile(winners.map(({ entry }) => entry)));
  const added = winners.filter(({ isNew }) => isNew).length;
  const imported = `${winners.length} imported${added > 0 ? `, ${added} of them with new access` : ""}`;
  if (problems.length > 0) throw finding(`${imported}, ${problems.length} not imported.`);
  io.log(`${imported}.\n`);
}

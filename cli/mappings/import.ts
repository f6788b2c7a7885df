// `mappings import`: from other programs' files to a mapping file, which `mappings apply` takes.

import type { Command } from "commander";
import { describe } from "../command.ts";
import { finding } from "../errors.ts";
import { collect } from "../options.ts";
import { nameOf, readText } from "../terminal/files.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { writeMappingFile } from "./file/file.ts";
import { type Carried, carry, merge } from "./formats/record.ts";
import { readForeign } from "./formats/sources.ts";

interface ImportOptions {
  readonly file: readonly string[];
  readonly sso?: true;
}

export function importCommand(command: Command, io: IOStreams): Command {
  return describe(command, {
    details:
      "Reads the aws-auth ConfigMap, aws-iam-authenticator's server config (by itself or in its ConfigMap), " +
      "IAMIdentityMapping objects, eksctl's ClusterConfig and answers of `aws eks describe-access-entry`, and prints a " +
      "mapping file. Nothing is written to AWS. Standard error says which entries change and which cannot be imported; in " +
      "the second case, the exit code is 1.",
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
  const carried: Carried[] = [];
  const problems: string[] = [];
  const told: string[] = [];
  for (const path of file) {
    // Line numbers are enough where there is one file.
    const inFile = file.length > 1 ? `${nameOf(path)}, ` : "";
    const { items, notes } = readForeign(await readText(path, io), path);
    told.push(...notes.map((note) => `${inFile}${note}`));
    for (const foreign of items) {
      const result = carry(foreign, sso === true);
      const where = `${inFile}${result.where}`;
      if ("problem" in result) problems.push(`${where} is not carried: ${result.problem}`);
      else carried.push({ ...result, where });
    }
  }
  const { winners, overridden } = merge(carried);
  told.push(...winners.flatMap(({ where, notes }) => notes.map((note) => `${where}: ${note}`)));
  for (const line of [...told, ...overridden, ...problems]) io.tell(`${line}.\n`);
  io.print(writeMappingFile(winners.map(({ entry }) => entry)));
  const added = winners.filter(({ isNew }) => isNew).length;
  const carriedOver = `${winners.length} carried${added > 0 ? `, ${added} of them new access` : ""}`;
  if (problems.length > 0) throw finding(`${carriedOver}, ${problems.length} not.`);
  io.tell(`${carriedOver}.\n`);
}

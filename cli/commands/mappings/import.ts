// `mappings import`: from other programs' files to a mapping file, which `mappings apply` takes.

import type { Command } from "commander";
import { newCommand } from "../../command.ts";
import { finding } from "../../errors.ts";
import { type Carried, carry, merge } from "../../formats/record.ts";
import { readForeign } from "../../formats/sources.ts";
import { readText } from "../../io/files.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { writeMappingFile } from "../../mapping-file/file.ts";
import { collect } from "../../options.ts";

interface ImportOptions {
  readonly file: readonly string[];
  readonly sso?: true;
}

export function importCommand(io: IOStreams): Command {
  return newCommand(io, {
    name: "import",
    summary: "turn other programs' mappings into a mapping file",
    details:
      "Reads the aws-auth ConfigMap, aws-iam-authenticator's server config, eksctl's ClusterConfig and answers of " +
      "`aws eks describe-access-entry`, and prints a mapping file. Nothing is written to AWS. What cannot be carried is " +
      "told on standard error, and the exit code is 1.",
    examples: [
      "kubectl -n kube-system get configmap aws-auth -o yaml | \\",
      "    iam-authenticator mappings import -f - --sso > mappings.yaml",
      "iam-authenticator mappings apply -c prod -f mappings.yaml --dry-run",
    ],
  })
    .requiredOption("-f, --file <path>", "or - (may be repeated)", collect)
    .option("--sso", "map permission sets instead of their AWSReservedSSO_ roles")
    .action((options: ImportOptions) => importFiles(options, io));
}

async function importFiles({ file, sso }: ImportOptions, io: IOStreams): Promise<void> {
  const carried: Carried[] = [];
  const problems: string[] = [];
  for (const path of file) {
    for (const foreign of readForeign(await readText(path, io), path)) {
      const result = carry(foreign, sso === true);
      if ("problem" in result) problems.push(`${result.where} is not carried: ${result.problem}`);
      else carried.push(result);
    }
  }
  const { entries, overridden } = merge(carried);
  const notes = carried.flatMap(({ where, notes }) => notes.map((note) => `${where}: ${note}`));
  for (const line of [...notes, ...overridden, ...problems]) io.tell(`${line}.\n`);
  io.print(writeMappingFile(entries));
  if (problems.length > 0) throw finding(`${entries.length} carried, ${problems.length} not.`);
  io.tell(`${entries.length} carried.\n`);
}

// The commands for mapping files: `mappings apply`, `diff`, `import`, `export` and `schema`.

import { type Command, Option } from "commander";
import { clusterOf, clustersOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import {
  CONNECTION,
  CONNECTIONS,
  collect,
  type OptionGroup,
  OUTPUT,
  READING,
  WRITE,
  withOptions,
} from "../../cmdline/options.ts";
import type { Run } from "../../io/run.ts";

const FILE_HELP =
  "mapping file, folder of mapping files, or - (may be repeated: later files override earlier ones)";

const PRUNE: OptionGroup = [
  new Option("--prune", "remove stored mappings that are not in the files, and keep denials"),
  new Option("--prune-denials", "as --prune, and remove denials too").implies({ prune: true }),
];

export function applyCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Prints a plan, asks for confirmation, and writes at most --rate parameters per second. Stops if another operator " +
      "changed a mapping since the plan. After an interruption, run it again to finish. With several clusters, nothing is " +
      "written unless all can be read, and writing stops at the first cluster that fails.",
    examples: [
      "mappings apply -c prod -f mappings.yaml --dry-run",
      "mappings apply -c prod -f mappings.yaml --dry-run -o json",
      "mappings apply -c prod -f common.yaml -f prod.yaml",
      "mappings apply -c prod -f teams/ --prune --yes",
    ],
  });
  return withOptions(command, CONNECTIONS, READING, WRITE, PRUNE, OUTPUT)
    .argument("[file...]", "same as --file")
    .option("-f, --file <path>", FILE_HELP, collect)
    .action(async (files, options) => {
      const clusters = await clustersOf(command, run);
      const { apply } = await import("./apply.ts");
      await apply(files, clusters, options, run);
    });
}

export function diffCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "With --file, the exit code is 1 if apply would change something; denials that --prune keeps do not count. Without --file, it compares two clusters: - is " +
      "only in the first, + only in the second, and the exit code is 1 if they differ.",
    examples: [
      "mappings diff -c prod -f mappings.yaml --prune",
      "mappings diff -c staging -c prod",
    ],
  });
  return withOptions(command, CONNECTIONS, READING, PRUNE, OUTPUT)
    .option("-f, --file <path>", FILE_HELP, collect)
    .action(async (options) => {
      const clusters = await clustersOf(command, run);
      const { diff } = await import("./diff.ts");
      await diff(clusters, options, run);
    });
}

export function importCommand(command: Command, run: Run): Command {
  return describe(command, {
    details:
      "Reads the aws-auth ConfigMap, aws-iam-authenticator's server config (as a file or in its ConfigMap), " +
      "IAMIdentityMapping objects, eksctl's ClusterConfig, the output of `aws eks describe-access-entry` and " +
      "`list-associated-access-policies`, and Terraform's aws_auth_roles, aws_auth_users and aws_auth_accounts (as " +
      ".tfvars.json, or one of these lists), in any order and number of files: access policies become the groups of " +
      "the access entry with the same principal (see rbac). Prints a mapping file and writes nothing to AWS. Standard error " +
      "lists entries that change and entries that cannot be imported. The exit code is 1 if an entry cannot be imported.",
    examples: [
      (program) =>
        "kubectl -n kube-system get configmap aws-auth -o yaml | \\\n" +
        `    ${program} mappings import -f - --sso > mappings.yaml`,
      "mappings apply -c prod -f mappings.yaml --dry-run",
    ],
  })
    .requiredOption("-f, --file <path>", "file, or - for standard input (may be repeated)", collect)
    .option("--sso", "import AWSReservedSSO_ roles as their permission sets")
    .action(async (options) => {
      const { importFiles } = await import("./import.ts");
      await importFiles(options, run);
    });
}

export function exportCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Skips mappings that the ConfigMap cannot express, with a line on standard error and exit code 1.",
    examples: [
      "mappings export -c prod > mappings.yaml",
      "mappings export -c prod --format aws-auth",
    ],
  });
  return withOptions(command, CONNECTION, READING)
    .addOption(new Option("--format <name>").choices(["mappings", "aws-auth"]).default("mappings"))
    .addOption(new Option("-o, --output <format>").choices(["yaml", "json"]).default("yaml"))
    .action(async (options) => {
      const cluster = await clusterOf(command, run);
      const { exportAll } = await import("./export.ts");
      await exportAll(cluster, options, run);
    });
}

export function schemaCommand(command: Command, run: Run): Command {
  return describe(command, {
    details:
      "Save it next to the mapping file: files from import and export refer to it there. An editor then completes keys " +
      "and marks mistakes as you type. mappings lint also checks what a schema cannot express.",
    examples: ["mappings schema > mapping-file.schema.json"],
  }).action(async () => {
    const { printSchema } = await import("./schema.ts");
    await printSchema(run);
  });
}

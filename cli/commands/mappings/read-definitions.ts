// The commands that show what is stored: `mappings list`, `get`, `history` and `lint`.

import type { Command } from "commander";
import { clusterOf, clustersOf, optionalClustersOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import {
  ACCOUNT,
  CONNECTION,
  CONNECTIONS,
  collect,
  HEADERS,
  listOutput,
  OUTPUT,
  READING,
  withOptions,
} from "../../cmdline/options.ts";
import type { Run } from "../../io/run.ts";
import { TARGET_HELP } from "../../model/target-help.ts";

export function listCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "-o csv has the columns of -o wide, and writes ' before a cell that a spreadsheet would evaluate as a formula.",
    examples: [
      "mappings list --cluster prod",
      "mappings list --all-contexts --group system:masters",
      "mappings list -c prod -o csv > access.csv",
      "mappings list -c prod --group system:masters",
      "mappings list -c prod --account 111122223333 -o json",
      "mappings list -c prod --denied",
      "mappings ls -c prod -o wide",
    ],
  });
  return withOptions(command, CONNECTIONS, READING, listOutput())
    .option("--group <name>", "only mappings that grant this group")
    .option("--denied", "only denials, and mappings of a principal that is denied")
    .action(async (options) => {
      const clusters = await clustersOf(command, run);
      const { list } = await import("./list.ts");
      await list(clusters, options, run);
    });
}

export function getCommand(command: Command, run: Run): Command {
  describe(command, {
    details: `With several names, it prints a list. If one does not exist, the exit code is 1.\n\n${TARGET_HELP}`,
    examples: [
      "mappings get -c prod arn:aws:iam::111122223333:role/Developers",
      "mappings get -c prod sso/111122223333/ClusterAdmin user/111122223333/alice -o wide",
    ],
  }).argument("<who...>");
  return withOptions(command, CONNECTION, ACCOUNT, listOutput("yaml"))
    .option("--session <name>", "only the mapping of this session of the permission set")
    .action(async (names, options) => {
      const cluster = await clusterOf(command, run);
      const { get } = await import("./get.ts");
      await get(names, cluster, options, run);
    });
}

export function historyCommand(command: Command, run: Run): Command {
  describe(command, {
    details: `Parameter Store keeps 100 versions, until the parameter is removed.\n\n${TARGET_HELP}`,
    examples: ["mappings history -c prod arn:aws:iam::111122223333:role/Developers"],
  }).argument("<who>");
  return withOptions(command, CONNECTION, ACCOUNT, OUTPUT, HEADERS).action(async (who, options) => {
    const cluster = await clusterOf(command, run);
    const { history } = await import("./history.ts");
    await history(who, cluster, options, run);
  });
}

export function lintCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "With --file, it reads only files and does not call AWS, for example in a pull request. The exit code is 1 if a " +
      "finding is an error. CDK and the release templates check a new version of " +
      "the function before it answers reviews (check before traffic). If you deploy without that check, run the lint of the " +
      "new release first.",
    examples: ["mappings lint --cluster prod", "mappings lint -f mappings.yaml"],
  });
  return withOptions(command, CONNECTIONS, READING, OUTPUT, HEADERS)
    .option("-f, --file <path>", "check a mapping file instead (may be repeated)", collect)
    .action(async (options) => {
      const clusters = await optionalClustersOf(command, run);
      const { lintMappings } = await import("./lint.ts");
      await lintMappings(clusters, options, run);
    });
}

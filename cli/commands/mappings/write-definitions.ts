// The commands that change mappings and denials by their principal: `mappings set`, `edit`, `remove`, `deny`,
// `allow` and `rollback`.

import { type Command, InvalidArgumentError, Option } from "commander";
import { clusterOf, clustersOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import {
  CONNECTION,
  CONNECTIONS,
  collect,
  collectNamespace,
  READING,
  readWhole,
  WRITE,
  withOptions,
} from "../../cmdline/options.ts";
import { end } from "../../cmdline/times.ts";
import type { Run } from "../../io/run.ts";
import { ACCESS_LEVELS } from "../../model/access-levels.ts";
import { DENY_HELP, TARGET_HELP } from "../../model/target-help.ts";

/** The keys that --unset removes. */
const KEYS = ["username", "groups", "principalId", "notAfter", "description"] as const;

export function setCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Keys without an option stay unchanged, and so do the other entries of a list. A new mapping of one session gets " +
      `its username from the permission set's mapping, and with --add-group its groups too.\n\n${TARGET_HELP}`,
    examples: [
      "mappings set -c prod arn:aws:iam::111122223333:role/Developers \\\n" +
        "    --username 'dev:{SessionName}' --group developers",
      "mappings set -c prod sso/111122223333/ClusterAdmin --add-group system:masters",
      "mappings set -c prod sso/111122223333/Developers \\\n" +
        "    --session jane@example.com --username lead:jane --group leads",
      "mappings set -c prod arn:aws:iam::111122223333:role/TeamA \\\n" +
        "    --username 'team-a:{SessionName}' --access edit --namespace team-a",
      "mappings set -c prod sso/111122223333/ClusterAdmin \\\n" +
        "    --session jane@example.com --add-group on-call --for 2h",
    ],
  }).argument("<who>");
  return withOptions(command, CONNECTIONS, READING, WRITE, end("the mapping"))
    .option("--session <name>", "only the session of this user of IAM Identity Center")
    .option(
      "--username <template>",
      "username in the cluster; may contain {SessionName}, {AccountID} and others (docs/reference.md)",
    )
    .addOption(
      new Option("--access <level>", "replace the groups with that of an access level (see rbac)")
        .choices(ACCESS_LEVELS)
        .conflicts(["group"]),
    )
    .option(
      "-n, --namespace <name>",
      "with --access: only in this namespace (may be repeated)",
      collectNamespace,
    )
    .option("--group <name>", "replace the groups (may be repeated)", collectGroup)
    .option("--add-group <name>", "add a group (may be repeated)", collectGroup)
    .option("--remove-group <name>", "remove a group (may be repeated)", collectGroup)
    .option("--principal-id <id>", "only the role or user with this unique id (AROA..., AIDA...)")
    .option("--description <text>", "a note, which lists show")
    .option("--unset <key>", `remove one of ${KEYS.join(", ")} (may be repeated)`, collectKey)
    .action(async (who, options) => {
      const clusters = await clustersOf(command, run);
      const { set } = await import("./set.ts");
      await set(who, clusters, options, run);
    });
}

function collectGroup(value: string, before?: readonly string[]): readonly string[] {
  if (value.includes(",")) throw new InvalidArgumentError("Repeat the option for each group.");
  return collect(value, before);
}

function collectKey(value: string, before?: readonly string[]): readonly string[] {
  if (!KEYS.some((key) => key === value))
    throw new InvalidArgumentError(`It must be one of ${KEYS.join(", ")}.`);
  return collect(value, before);
}

export function editCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Opens the mappings as a file in the editor of VISUAL or EDITOR, and shows a plan when you close it. Without <who>, " +
      `it opens all mappings and denials. An entry that you remove from the file is removed.\n\n${TARGET_HELP}`,
    examples: [
      "mappings edit -c prod arn:aws:iam::111122223333:role/Developers",
      (program) => `EDITOR='code --wait' ${program} mappings edit -c prod deny/111122223333`,
    ],
  }).argument("[who...]");
  withOptions(command, CONNECTION, READING, WRITE);
  return command.action(async (who, options) => {
    const cluster = await clusterOf(command, run);
    const { edit } = await import("./edit.ts");
    await edit(who, cluster, options, run);
  });
}

export function removeCommand(command: Command, run: Run): Command {
  describe(command, {
    details: `Parameter Store deletes the history of a removed parameter; the plan shows its last value.\n\n${TARGET_HELP}`,
    examples: [
      "mappings remove -c prod arn:aws:iam::111122223333:user/alice --dry-run",
      "mappings remove -c prod sso/111122223333/Developers --session jane@example.com",
    ],
  }).argument("<who...>");
  return withOptions(command, CONNECTIONS, READING, WRITE)
    .option("--session <name>", "only the mapping of this session of the permission set")
    .action(async (who, options) => {
      const clusters = await clustersOf(command, run);
      const { remove } = await import("./remove.ts");
      await remove(who, clusters, options, run);
    });
}

export function denyCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Denials take precedence over mappings. Requests that are open (watch, exec, attach, port-forward) go on until " +
      "kube-apiserver restarts. To remove a denial, use mappings allow. If <who> is already denied, this sets the " +
      `end of the denial to --until or --for, or removes the end without them.\n\n${DENY_HELP}\n\n` +
      "A name, such as jane@example.com, denies every session, IAM user and federated user of that name, whatever is mapped " +
      "now or later. If a role or permission set has that name too, add --person. If the function is of a version that does " +
      "not know denied names, or accepts AWS-signed tokens, the command instead writes a denial for each identity that this " +
      "person can have by the stored mappings. With several " +
      "clusters, the command shows one plan, asks once, and goes on if one cluster fails.",
    examples: [
      "mappings deny -c prod arn:aws:iam::111122223333:user/mallory",
      "mappings deny jane@example.com -c prod -c staging --description 'left the company'",
      "mappings deny -c prod sso/111122223333/ClusterAdmin \\\n" +
        "    --session jane@example.com --until 2099-12-31T00:00:00Z --description 'on leave'",
    ],
  }).argument("<who>");
  return withOptions(command, CONNECTIONS, READING, WRITE, end("the denial"))
    .option("--session <name>", "only this session of a role or permission set")
    .option("--description <text>", "a note, such as the reason, which lists show")
    .option(
      "--person",
      "<who> is the name of a person, even if a role or permission set has the same name",
    )
    .action(async (who, options) => {
      const clusters = await clustersOf(command, run);
      const { deny } = await import("./deny.ts");
      await deny(who, clusters, options, run);
    });
}

export function allowCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Removes the entry for <who> from the deny lists. It does not grant access: the mappings apply again. If another " +
      `denial still matches <who>, the command prints it.\n\n${DENY_HELP}\n\n` +
      "A name, such as jane@example.com, removes the denials of users and sessions of that name. With several clusters, " +
      "the command writes nothing unless it can read all of them.",
    examples: [
      "mappings allow -c prod arn:aws:iam::111122223333:user/mallory --dry-run",
      "mappings allow -c prod sso/111122223333/ClusterAdmin --session jane@example.com",
    ],
  }).argument("<who>");
  return withOptions(command, CONNECTIONS, READING, WRITE)
    .option("--session <name>", "only the denial of this session")
    .action(async (who, options) => {
      const clusters = await clustersOf(command, run);
      const { allow } = await import("./allow.ts");
      await allow(who, clusters, options, run);
    });
}

export function rollbackCommand(command: Command, run: Run): Command {
  describe(command, {
    details: `Of a list (pattern, deny, sso-session), a pattern's ARN or --session restores only that entry; the list's name restores the entire list.\n\n${TARGET_HELP}`,
    examples: [
      "mappings rollback -c prod arn:aws:iam::111122223333:role/Developers",
      "mappings rollback -c prod role/111122223333/developers --to 3 --yes",
    ],
  }).argument("<who>");
  return withOptions(command, CONNECTION, READING, WRITE)
    .option("--session <name>", "only the mapping of this session of the permission set")
    .option("--to <version>", "default: the version before the newest change", readWhole)
    .action(async (who, options) => {
      const cluster = await clusterOf(command, run);
      const { rollback } = await import("./rollback.ts");
      await rollback(who, cluster, options, run);
    });
}

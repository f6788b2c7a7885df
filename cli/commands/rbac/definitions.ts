// The command `rbac`.

import type { Command } from "commander";
import { describe } from "../../cmdline/define.ts";
import { collectNamespace } from "../../cmdline/options.ts";
import type { Run } from "../../io/run.ts";

export function rbacCommand(command: Command, run: Run): Command {
  return describe(command, {
    details:
      "The levels are those of EKS access policies: cluster-admin, admin, edit, view and admin-view. Members of the group " +
      "access:<level> have the level in the entire cluster, members of access:<level>:<namespace> in one namespace. " +
      "`mappings set --access` grants a level. With --namespace, prints the bindings of these namespaces instead of those " +
      "of the cluster.",
    examples: [
      "rbac | kubectl apply -f -",
      "rbac --namespace team-a --namespace team-b | kubectl apply -f -",
    ],
  })
    .option(
      "-n, --namespace <name>",
      "only the bindings in this namespace (may be repeated)",
      collectNamespace,
    )
    .action(async (options) => {
      const { rbac } = await import("./rbac.ts");
      rbac(options, run);
    });
}

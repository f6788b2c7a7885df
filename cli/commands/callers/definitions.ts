// The commands `callers add`, `list` and `remove`.

import { type Command, InvalidArgumentError, Option } from "commander";
import { parseMappedArn, secondArnProblem } from "../../../functions/authenticator/mapping/arn.ts";
import { clustersOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import { CONFIRM, CONNECTIONS, listOutput, NEW, OUT, withOptions } from "../../cmdline/options.ts";
import { end } from "../../cmdline/times.ts";
import type { Run } from "../../io/run.ts";

export function addCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "To rotate: add a second caller, give its kubeconfig to kube-apiserver, then remove the first. The function accepts " +
      "the new one within 60 s. With --arn, the caller has no secret: it signs short-lived tokens with its IAM role or user " +
      "(token --caller, or aws eks get-token). With several clusters, all get the same token, and nothing is written unless " +
      "all can be read. If the stack has a failoverUrl, the CA in the file of --out is the roots of Amazon Trust Services.",
    examples: [
      "callers add control-plane-2027 -c prod \\\n" +
        "    --endpoint https://abc.execute-api.eu-west-1.amazonaws.com --out webhook.kubeconfig",
      "callers add control-plane-role -c prod --arn arn:aws:iam::111122223333:role/control-plane",
    ],
  }).argument("<name>", "name of the caller, such as control-plane-2027");
  return withOptions(command, CONNECTIONS, end("the caller"))
    .option(
      "--endpoint <url>",
      "URL of the function; default with --out: that of the stack, otherwise only the token is printed",
    )
    .option("--ca <file>", "the endpoint's CA for the kubeconfig, PEM (default: the system's CAs)")
    .addOption(
      new Option("--arn <arn>", "IAM role or user that proves to be the caller, instead of a token")
        .argParser(readPrincipalArn)
        .conflicts(["endpoint", "ca", "out"]),
    )
    .option(
      "--principal-id <id>",
      "with --arn: only the role or user with this unique id, such as AROA...",
    )
    .option("--out <file>", OUT)
    .option("--dry-run", "show the plan and write nothing")
    .option("-y, --yes", "do not ask")
    .addOption(NEW)
    .option("--force", "skip the check that no stack manages the callers")
    .action(async (name, options) => {
      const clusters = await clustersOf(command, run);
      const { add } = await import("./add.ts");
      await add(name, clusters, options, run);
    });
}

function readPrincipalArn(text: string): string {
  const kind = secondArnProblem(text) === undefined ? parseMappedArn(text)?.kind : undefined;
  if (kind === "role" || kind === "user") return text;
  const hint = text.includes(":assumed-role/") ? " This one is a session's: give its role's." : "";
  throw new InvalidArgumentError(
    `It must be an IAM role's or user's ARN, such as arn:aws:iam::111122223333:role/control-plane.${hint}`,
  );
}

export function listCommand(command: Command, run: Run): Command {
  describe(command, { examples: ["callers list --cluster prod"] });
  return withOptions(command, CONNECTIONS, listOutput()).action(async (options) => {
    const clusters = await clustersOf(command, run);
    const { list } = await import("./list.ts");
    await list(clusters, options, run);
  });
}

export function removeCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "With several clusters, the command goes on if one cluster fails, and prints how to repeat it.",
    examples: ["callers remove control-plane-2026 -c prod"],
  }).argument("<name>", "name of the caller, as callers list shows it");
  return withOptions(command, CONNECTIONS, CONFIRM)
    .option(
      "--force",
      "skip two checks: that a caller remains (lockout check), and that no stack manages the callers",
    )
    .action(async (name, options) => {
      const clusters = await clustersOf(command, run);
      const { remove } = await import("./remove.ts");
      await remove(name, clusters, options, run);
    });
}

// `callers`: which kube-apiservers the function answers, where CALLER_AUTH is bearer.

import type { Command } from "commander";
import { newCommand } from "../command.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { addCommand } from "./add.ts";
import { listCommand } from "./list.ts";
import { removeCommand } from "./remove.ts";

export function callersCommand(io: IOStreams): Command {
  return newCommand(io, {
    name: "callers",
    summary: "manage which kube-apiservers may call the function",
    examples: ["iam-authenticator callers add control-plane --cluster prod --endpoint https://auth.example.com"],
  })
    .addCommand(addCommand(io))
    .addCommand(listCommand(io))
    .addCommand(removeCommand(io));
}

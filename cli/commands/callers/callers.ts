// `callers`: which kube-apiservers the function answers, where CALLER_AUTH is bearer.

import type { Command } from "commander";
import { newCommand } from "../../command.ts";
import type { World } from "../../io/io-streams.ts";
import { addCommand } from "./add.ts";
import { listCommand } from "./list.ts";
import { removeCommand } from "./remove.ts";

export function callersCommand(world: World): Command {
  return newCommand(world, {
    name: "callers",
    summary: "say which kube-apiservers may ask",
    examples: ["iam-authenticator callers add control-plane --cluster prod --endpoint https://auth.example.com"],
  })
    .addCommand(addCommand(world))
    .addCommand(listCommand(world))
    .addCommand(removeCommand(world));
}

// `irsa keys`: the public keys that the issuer serves.

import type { Command } from "commander";
import { newCommand } from "../../command.ts";
import type { IOStreams } from "../../terminal/io-streams.ts";
import { listCommand } from "./list.ts";
import { publishCommand } from "./publish.ts";
import { retireCommand } from "./retire.ts";

export function keysCommand(io: IOStreams): Command {
  return newCommand(io, {
    name: "keys",
    summary: "list, publish and retire the issuer's keys",
    examples: ["iam-authenticator irsa keys list --cluster prod"],
  })
    .addCommand(listCommand(io))
    .addCommand(publishCommand(io))
    .addCommand(retireCommand(io));
}

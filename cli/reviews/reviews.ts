// `reviews`: what the function's log says about who was let in, and who was not.

import type { Command } from "commander";
import { newCommand } from "../command.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { listCommand } from "./list.ts";
import { statsCommand } from "./stats-command.ts";

export function reviewsCommand(io: IOStreams): Command {
  return newCommand(io, {
    name: "reviews",
    summary: "show who logged in or was refused, from the function's log",
    details: "`reviews` alone is `reviews list`, and takes its options.",
    examples: [
      "iam-authenticator reviews -c prod --since 1h --outcome denied",
      "iam-authenticator reviews stats -c prod --since 1d",
    ],
  })
    .addCommand(listCommand(io))
    .addCommand(statsCommand(io));
}

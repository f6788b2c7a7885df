// `irsa`: IAM roles for service accounts, the way from a Pod to AWS.

import type { Command } from "commander";
import { newCommand } from "../command.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { doctorCommand } from "./doctor/doctor.ts";
import { flagsCommand } from "./flags.ts";
import { keysCommand } from "./keys/keys.ts";
import { policyCommand } from "./policy/policy.ts";
import { trustPolicyCommand } from "./trust-policy.ts";

export function irsaCommand(io: IOStreams): Command {
  return newCommand(io, {
    name: "irsa",
    summary: "give service accounts IAM roles (IRSA)",
    examples: ["iam-authenticator irsa policy | kubectl apply -f -"],
  })
    .addCommand(doctorCommand(io))
    .addCommand(flagsCommand(io))
    .addCommand(keysCommand(io))
    .addCommand(policyCommand(io))
    .addCommand(trustPolicyCommand(io));
}

// `callers add`: a new random token for a kube-apiserver, shown once; AWS gets only its hash.

import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import type { Command } from "commander";
import { notAfterTime } from "../../../functions/lib/not-after.ts";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { finding, usage } from "../../errors.ts";
import { writeSecret } from "../../io/files.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { reviewUrl, webhookKubeconfig } from "../../kubeconfig/webhook.ts";
import { addConnection, type ConnectionOptions } from "../../options.ts";
import { callerHash, callerName, readCallers, writeCallers } from "./store.ts";

interface AddOptions extends ConnectionOptions {
  readonly endpoint?: string;
  readonly notAfter?: string;
  readonly out?: string;
}

const TOKEN_BYTES = 32;

export function addCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "add",
    summary: "make a token for kube-apiserver and print its kubeconfig, once",
    details:
      "To rotate: add a second caller, give its kubeconfig to kube-apiserver, then remove the first. The function takes " +
      "up to 60 s to know of it.",
    examples: [
      "iam-authenticator callers add control-plane-2027 -c prod \\",
      "    --endpoint https://abc.execute-api.eu-west-1.amazonaws.com --out webhook.kubeconfig",
    ],
  }).argument("<name>", "to know it by");
  return addConnection(command)
    .option("--endpoint <url>", "of the function; without it the token alone is printed")
    .option("--not-after <time>", "until then, such as 2027-01-01T00:00:00Z")
    .option("--out <file>", "write it there, for its owner alone, instead of printing it")
    .action((name: string, options: AddOptions) => add(name, options, io));
}

async function add(name: string, options: AddOptions, io: IOStreams): Promise<void> {
  const { endpoint, notAfter, out } = options;
  if (notAfter !== undefined && notAfterTime(notAfter) === undefined) {
    throw usage("--not-after is no time like 2027-01-01T00:00:00Z.");
  }
  // It stands in lists and in questions.
  if (!/^[\w.@:/-][\w.@:/ -]{0,99}$/.test(name))
    throw usage("The name is to be 1 to 100 letters, digits and . _ - @ : /");
  const server = endpoint === undefined ? undefined : reviewUrl(endpoint);
  const connection = await connect(options, io);
  const callers = await readCallers(connection, io);
  if (callers.entries.some((entry) => callerName(entry) === name)) {
    throw finding(`There is a caller ${name} already: choose another name, or remove it first.`);
  }
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const text = server === undefined ? `${token}\n` : webhookKubeconfig({ server, token });
  // Before AWS knows of it: a token that nobody could write down must not be good for anything.
  if (out !== undefined) writeSecret(out, text);
  const entry = { name, sha256: callerHash(token), ...(notAfter !== undefined && { notAfter }) };
  try {
    await writeCallers(callers, [...callers.entries, entry], connection, io);
  } catch (error) {
    if (out !== undefined) rmSync(out);
    throw error;
  }
  if (out === undefined) io.print(text);
  io.tell(
    `Added ${name}. Its token is ${out === undefined ? "shown this once" : `in ${out}`}; AWS has only its hash.\n`,
  );
}

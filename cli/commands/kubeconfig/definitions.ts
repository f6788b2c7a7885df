// The commands `kubeconfig webhook` and `kubeconfig client`.

import { type Command, InvalidArgumentError, Option } from "commander";
import { clustersOf, optionalClusterOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import {
  ALLOW_WEAKENING,
  CONNECTIONS,
  NEW,
  OF_STACK,
  OUT,
  readRoleArn,
  WEBHOOK_FILES,
  withOptions,
} from "../../cmdline/options.ts";
import type { Run } from "../../io/run.ts";
import { isServer, SERVER_RULE } from "../../model/server-url.ts";
import type { ClientOptions } from "./client.ts";

export function webhookCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Give it to kube-apiserver as --authentication-token-webhook-config-file, with " +
      "--authentication-token-webhook-version=v1. The file contains the certificates and the token, so that you can copy " +
      "it to another machine. kube-apiserver reads the file when it starts, and does not start without it. If " +
      "kube-apiserver does not trust the endpoint's CA by default, give the CA with --ca. If the URL has changed, --from " +
      "keeps everything else of the old file. With --cluster instead of --endpoint, the URL is that of the stack, and if " +
      "the stack has a failoverUrl, the CA is the roots of Amazon Trust Services.",
    examples: [
      "kubeconfig webhook --endpoint https://abc.execute-api.eu-west-1.amazonaws.com \\\n" +
        "    --token-file caller-token --out webhook.kubeconfig",
      "kubeconfig webhook --endpoint https://auth.example.com \\\n" +
        "    --client-cert apiserver.crt --client-key apiserver.key --out webhook.kubeconfig",
      "kubeconfig webhook --endpoint https://auth.example.com \\\n" +
        "    --token-file-path /etc/kubernetes/iam-authenticator/caller-token --out webhook.kubeconfig",
      "kubeconfig webhook --from old.kubeconfig --endpoint https://auth.example.com --out new.kubeconfig",
      "kubeconfig webhook -c prod --from old.kubeconfig --out new.kubeconfig",
    ],
  }).option("--endpoint <url>", "URL of the function; /authenticate is added if it has no path");
  return withOptions(command, OF_STACK, WEBHOOK_FILES)
    .addOption(
      new Option(
        "--no-token",
        "send no credentials: for a private endpoint with callerAuth none",
      ).conflicts(["tokenFile", "clientCert"]),
    )
    .addOption(
      new Option(
        "--token-file-path <path>",
        "file that kube-apiserver reads its token from every minute",
      )
        .argParser(readTokenFilePath)
        .conflicts(["tokenFile", "clientCert", "token"]),
    )
    .addOption(
      new Option(
        "--from <file>",
        "keep everything but the URL and tls-server-name of this webhook kubeconfig, and with --ca its CA",
      ).conflicts(["tokenFile", "tokenFilePath", "clientCert", "clientKey", "token"]),
    )
    .option("--out <file>", OUT)
    .action(async (options) => {
      const cluster = await optionalClusterOf(command, run);
      const { webhook } = await import("./webhook.ts");
      await webhook(cluster, options, run);
    });
}

/**
 * Reads the path of the token's file, which need not exist on this machine. kube-apiserver resolves
 * a relative path against the kubeconfig's folder.
 */
function readTokenFilePath(text: string): string {
  if (text.startsWith("/") && !text.endsWith("/")) return text;
  throw new InvalidArgumentError(
    "It must be an absolute path on kube-apiserver's machine, such as /etc/kubernetes/iam-authenticator/caller-token.",
  );
}

export function clientCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "The kubeconfig contains no secret: kubectl runs the program of --exec, which creates each token with the user's AWS " +
      "credentials. Other clients, such as the Java client, can use it too. Without --server, it reads the server and the " +
      "CA that an administrator published (--publish), which requires ssm:GetParameter on <prefix>/cluster/<id>. --merge " +
      "writes it into the user's own file: that of KUBECONFIG which has the cluster, else the first, else ~/.kube/config. " +
      "It never replaces an entry that another program wrote, keeps fields that you have added, such as proxy-url or the " +
      "program's variables, and asks before the context gets another server or another published CA. People who may " +
      "write the published parameter can send users, with their tokens, to another server. No other cluster accepts " +
      "these tokens: each is bound to the cluster's id.",
    examples: [
      "kubeconfig client -c prod --server https://10.0.0.1:6443 --ca ca.crt --publish",
      "kubeconfig client -c prod --merge",
      "kubeconfig client --all-contexts --merge",
      "kubeconfig client -c prod --server https://10.0.0.1:6443 --ca ca.crt \\\n" +
        "    --region eu-west-1 --out prod.kubeconfig",
      "kubeconfig client -c prod --server https://10.0.0.1:6443 --ca ca.crt --jwt",
    ],
  });
  return withOptions(command, CONNECTIONS)
    .addOption(new Option("--all", "as --all-contexts").implies({ allContexts: true }).hideHelp())
    .addOption(
      new Option("--server <url>", "URL of kube-apiserver (default: as published)").argParser(
        readServer,
      ),
    )
    .option("--ca <file>", "with --server: the cluster's CA, PEM")
    .addOption(
      new Option(
        "--exec <program>",
        "program that creates the tokens (default: aws; with --role, iam-authenticator if it is in the PATH)",
      ).choices(EXEC_PLUGINS),
    )
    .option(
      "--role <arn>",
      "IAM role to assume; iam-authenticator names the session after the user",
      readRoleArn,
    )
    .addOption(ours("--login", "run `aws sso login` if the user's session has expired"))
    .addOption(ours("--jwt", "use tokens that AWS STS signs"))
    .addOption(
      new Option(
        "--merge",
        "add or replace cluster, user and context in your kubeconfig",
      ).conflicts("out"),
    )
    .option("--alias <name>", "name of cluster, user and context (default: the cluster's id)")
    .option("--no-switch", "with --merge: keep the current context")
    .option("--out <file>", OUT)
    .addOption(
      new Option(
        "--publish",
        "store --server and --ca for all users, instead of creating a kubeconfig",
      ).conflicts(["exec", "role", "login", "jwt", "merge", "alias", "out"]),
    )
    .option("--dry-run", "with --publish: show the plan and write nothing")
    .option("-y, --yes", "with --publish: do not ask")
    .addOption(ALLOW_WEAKENING)
    .addOption(NEW)
    .action(async (options) => {
      const clusters = await clustersOf(command, run);
      const { client } = await import("./client.ts");
      await client(clusters, options, run);
    });
}

/** The programs that a kubeconfig may run for a token. */
export const EXEC_PLUGINS: readonly ClientOptions["exec"][] = [
  "aws",
  "iam-authenticator",
  "aws-iam-authenticator",
];

/** Creates an option that only this project's program has. */
function ours(flag: string, description: string): Option {
  return new Option(flag, `${description}; implies --exec iam-authenticator`).implies({
    exec: "iam-authenticator",
  });
}

function readServer(text: string): string {
  if (isServer(text)) return text;
  throw new InvalidArgumentError(`It must be ${SERVER_RULE}.`);
}

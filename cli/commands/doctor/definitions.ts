// The command `doctor`.

import { type Command, Option } from "commander";
import { clustersOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import { CONNECTIONS, OUTPUT, WEBHOOK_FILES, withOptions } from "../../cmdline/options.ts";
import { type Run, untilInterrupted } from "../../io/run.ts";

export function doctorCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Run it where kube-apiserver runs, with its kubeconfig. Your AWS credentials sign a test token and look up your " +
      "mapping. Exit code 1: a check failed. With several clusters, set " +
      "webhookKubeconfig, the path of that kubeconfig, in each context.",
    examples: [
      "doctor -c prod --kubeconfig webhook.kubeconfig",
      "doctor -c prod --endpoint https://auth.example.com --token-file caller-token",
      "doctor -c prod --endpoint https://auth.example.com \\\n" +
        "    --client-cert apiserver.crt --client-key apiserver.key",
    ],
  });
  const kubeconfig = new Option("--kubeconfig <file>", "kube-apiserver's webhook kubeconfig");
  const endpoint = new Option("--endpoint <url>", "URL of the function, instead of a kubeconfig");
  const others = ["ca", "tokenFile", "clientCert", "clientKey"];
  return withOptions(
    command,
    CONNECTIONS,
    OUTPUT,
    [kubeconfig.conflicts(others), endpoint],
    WEBHOOK_FILES,
  )
    .option("--jwt", "also check AWS-signed tokens: STS signs one, its keys, and its review")
    .action(async (options) => {
      const clusters = await clustersOf(command, run);
      const { doctor } = await import("./doctor.ts");
      await untilInterrupted(doctor(clusters, options, run), run);
    });
}

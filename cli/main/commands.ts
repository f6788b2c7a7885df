// Lists every command of the program: its path, its summary, and its definition, which is loaded
// when it is called.

import type { Command } from "commander";
import type { Run } from "../io/run.ts";

/**
 * Adds details, examples, arguments, options and the action to a command that has its name and
 * summary.
 */
type Define = (command: Command, run: Run) => unknown;

/**
 * Loads the definition; its action loads the rest. kubectl runs `token` for every command that a
 * user types.
 */
type Load = () => Promise<Define>;

interface Leaf {
  readonly summary: string;
  readonly load: Load;
  readonly alias: string | undefined;
}

function leaf(summary: string, load: Load, alias?: string): Leaf {
  return { summary, load, alias };
}

interface Group {
  readonly summary: string;
  readonly details?: string;
  readonly examples: readonly string[];
  readonly alias?: never;
  readonly load?: never;
}

/** The commands by path, in the order of the help. A group precedes its commands. */
export const COMMANDS: Readonly<Record<string, Leaf | Group>> = {
  help: leaf(
    "show the help of a command",
    async () => (await import("../commands/about-definitions.ts")).helpCommand,
  ),
  mappings: {
    summary: "manage mappings and denials",
    details:
      "A mapping gives an AWS identity a username and groups in the cluster. A denial takes precedence over every mapping. " +
      "Commands that write print a plan and ask first. A line that begins with ! is a change that may give access, and has " +
      "its own question.",
    examples: [
      "mappings list --cluster prod",
      "mappings apply --cluster prod -f mappings.yaml --dry-run",
    ],
  },
  "mappings list": leaf(
    "list the mappings and denials",
    async () => (await import("../commands/mappings/read-definitions.ts")).listCommand,
    "ls",
  ),
  "mappings get": leaf(
    "show one mapping",
    async () => (await import("../commands/mappings/read-definitions.ts")).getCommand,
  ),
  "mappings set": leaf(
    "add or change a mapping",
    async () => (await import("../commands/mappings/write-definitions.ts")).setCommand,
  ),
  "mappings edit": leaf(
    "change mappings in your editor",
    async () => (await import("../commands/mappings/write-definitions.ts")).editCommand,
  ),
  "mappings remove": leaf(
    "remove mappings",
    async () => (await import("../commands/mappings/write-definitions.ts")).removeCommand,
  ),
  "mappings deny": leaf(
    "deny access to an identity, whatever the mappings grant",
    async () => (await import("../commands/mappings/write-definitions.ts")).denyCommand,
  ),
  "mappings allow": leaf(
    "remove a denial",
    async () => (await import("../commands/mappings/write-definitions.ts")).allowCommand,
  ),
  "mappings apply": leaf(
    "apply a mapping file",
    async () => (await import("../commands/mappings/file-definitions.ts")).applyCommand,
  ),
  "mappings diff": leaf(
    "show what apply would change, or compare two clusters",
    async () => (await import("../commands/mappings/file-definitions.ts")).diffCommand,
  ),
  "mappings import": leaf(
    "convert mappings of other programs to a mapping file",
    async () => (await import("../commands/mappings/file-definitions.ts")).importCommand,
  ),
  "mappings export": leaf(
    "print all mappings and denials as a mapping file or an aws-auth ConfigMap",
    async () => (await import("../commands/mappings/file-definitions.ts")).exportCommand,
  ),
  "mappings lint": leaf(
    "find mappings that are invalid, risky or unused",
    async () => (await import("../commands/mappings/read-definitions.ts")).lintCommand,
  ),
  "mappings schema": leaf(
    "print the JSON Schema of mapping files, for editors",
    async () => (await import("../commands/mappings/file-definitions.ts")).schemaCommand,
  ),
  "mappings history": leaf(
    "show the versions of one mapping, newest first",
    async () => (await import("../commands/mappings/read-definitions.ts")).historyCommand,
  ),
  "mappings rollback": leaf(
    "restore an earlier version of a mapping",
    async () => (await import("../commands/mappings/write-definitions.ts")).rollbackCommand,
  ),
  explain: leaf(
    "show step by step how the function reviews a token or an ARN",
    async () => (await import("../commands/explain/definitions.ts")).explainCommand,
  ),
  whoami: leaf(
    "show your AWS identity, and its username and groups in the cluster",
    async () => (await import("../commands/explain/definitions.ts")).whoamiCommand,
  ),
  reviews: {
    summary: "show granted and denied logins from the function's log",
    details: "Without a command, `reviews` runs `reviews list` and accepts its options.",
    examples: ["reviews -c prod --since 1h --outcome denied"],
  },
  "reviews list": leaf(
    "list reviews, oldest first, with the command that explains each denial",
    async () => (await import("../commands/reviews/definitions.ts")).listCommand,
    "ls",
  ),
  report: leaf(
    "show who has access, the last logins, and what to clean up",
    async () => (await import("../commands/report/definitions.ts")).reportCommand,
  ),
  callers: {
    summary: "manage which kube-apiservers may call the function",
    details: "A caller proves itself by a token in the webhook's kubeconfig, or by its IAM role.",
    examples: ["callers add control-plane --cluster prod --endpoint https://auth.example.com"],
  },
  "callers add": leaf(
    "create a token for a kube-apiserver and print its kubeconfig once, or accept its IAM role",
    async () => (await import("../commands/callers/definitions.ts")).addCommand,
  ),
  "callers list": leaf(
    "list the kube-apiservers that may call the function",
    async () => (await import("../commands/callers/definitions.ts")).listCommand,
    "ls",
  ),
  "callers remove": leaf(
    "remove a caller and revoke its token",
    async () => (await import("../commands/callers/definitions.ts")).removeCommand,
  ),
  doctor: leaf(
    "check a deployed endpoint, and report how to fix it",
    async () => (await import("../commands/doctor/definitions.ts")).doctorCommand,
  ),
  kubeconfig: {
    summary: "create the kubeconfig for kube-apiserver (webhook) or for users (client)",
    examples: ["kubeconfig webhook --help", "kubeconfig client --help"],
  },
  "kubeconfig webhook": leaf(
    "create the kubeconfig for kube-apiserver",
    async () => (await import("../commands/kubeconfig/definitions.ts")).webhookCommand,
  ),
  "kubeconfig client": leaf(
    "create a user's kubeconfig, or publish the cluster for users",
    async () => (await import("../commands/kubeconfig/definitions.ts")).clientCommand,
  ),
  rbac: leaf(
    "print RBAC objects for access levels like those of EKS",
    async () => (await import("../commands/rbac/definitions.ts")).rbacCommand,
  ),
  irsa: {
    summary: "give service accounts IAM roles (IRSA)",
    details:
      "The issuer is a second function, which publishes the cluster's keys, so that IAM accepts the tokens of service accounts.",
    examples: ["irsa policy | kubectl apply -f -"],
  },
  "irsa keys": {
    summary: "list, publish and retire the issuer's keys",
    examples: ["irsa keys list --cluster prod"],
  },
  "irsa keys list": leaf(
    "list issuer keys",
    async () => (await import("../commands/irsa/definitions.ts")).listCommand,
    "ls",
  ),
  "irsa keys publish": leaf(
    "publish a cluster's public keys",
    async () => (await import("../commands/irsa/definitions.ts")).publishCommand,
  ),
  "irsa keys retire": leaf(
    "remove a key whose tokens have all expired",
    async () => (await import("../commands/irsa/definitions.ts")).retireCommand,
  ),
  "irsa flags": leaf(
    "print kube-apiserver's flags for the issuer",
    async () => (await import("../commands/irsa/definitions.ts")).flagsCommand,
  ),
  "irsa policy": leaf(
    "print the admission policies that give Pods their role",
    async () => (await import("../commands/irsa/definitions.ts")).policyCommand,
  ),
  "irsa trust-policy": leaf(
    "print the trust policy of a service account's role",
    async () => (await import("../commands/irsa/definitions.ts")).trustPolicyCommand,
  ),
  "irsa doctor": leaf(
    "check the issuer, IAM and the cluster, and report how to fix it",
    async () => (await import("../commands/irsa/definitions.ts")).doctorCommand,
  ),
  token: leaf(
    "print a token for kubectl, as an ExecCredential",
    async () => (await import("../commands/token/definitions.ts")).tokenCommand,
  ),
  contexts: {
    summary: "list the contexts of the configuration file, or write them from CDK's list",
    details: "Without a command, `contexts` runs `contexts list` and accepts its options.",
    examples: ["contexts -o name"],
  },
  "contexts list": leaf(
    "list the contexts of the configuration file",
    async () => (await import("../commands/contexts/definitions.ts")).listCommand,
    "ls",
  ),
  "contexts from-cdk": leaf(
    "write a context for each cluster that CDK deploys",
    async () => (await import("../commands/contexts/definitions.ts")).fromCdkCommand,
  ),
  version: leaf(
    "print the version",
    async () => (await import("../commands/about-definitions.ts")).versionCommand,
  ),
  completion: leaf(
    "print a shell completion script",
    async () => (await import("./completion.ts")).completionCommand,
  ),
};

export const PATHS = Object.keys(COMMANDS);

/** Returns the paths of a group's commands. The program's path is empty. */
export function commandsBelow(group: string): readonly string[] {
  return PATHS.filter((path) => path.replace(/ ?[^ ]+$/, "") === group);
}

export function nameIn(path: string): string {
  return path.slice(path.lastIndexOf(" ") + 1);
}

export function isGroup(path: string): boolean {
  return path === "" || (path in COMMANDS && COMMANDS[path]?.load === undefined);
}

/** Returns whether `word` is the name or alias of the command. */
export function isCalled(path: string, word: string | undefined): boolean {
  return word !== undefined && [nameIn(path), COMMANDS[path]?.alias].includes(word);
}

/** Returns the path of the command that the words begin with; empty for the program. */
export function pathIn(words: readonly string[], path = ""): string {
  const child = commandsBelow(path).find((childPath) => isCalled(childPath, words[0]));
  return child === undefined ? path : pathIn(words.slice(1), child);
}

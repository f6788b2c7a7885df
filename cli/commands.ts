// Lists every command of the program: its path, its summary, and the module to load when it is called.

import type { Command } from "commander";
import type { IOStreams } from "./terminal/io-streams.ts";

/** Adds details, examples, arguments, options and the action to a command that has its name and summary. */
type Define = (command: Command, io: IOStreams) => unknown;

/**
 * Loads only the called command's code: kubectl runs `token` for every command that a user types. The module exports
 * `setCommand` for `mappings set`.
 */
type Load = () => Promise<{ readonly [name: `${string}Command`]: Define }>;

function leaf(summary: string, load: Load, alias?: string) {
  return { summary, load, alias };
}

interface Group {
  readonly summary: string;
  readonly details?: string;
  readonly examples: readonly string[];
  readonly alias?: never;
  readonly load?: never;
}

/** By path, in the order of the help. A group precedes its commands. */
export const COMMANDS: Readonly<Record<string, ReturnType<typeof leaf> | Group>> = {
  help: leaf("show the help of a command", () => import("./help.ts")),
  mappings: {
    summary: "manage mappings and denials",
    examples: [
      "iam-authenticator mappings list --cluster prod",
      "iam-authenticator mappings apply --cluster prod -f mappings.yaml --dry-run",
    ],
  },
  "mappings list": leaf("list the mappings and denials", () => import("./mappings/list.ts"), "ls"),
  "mappings get": leaf("show one mapping", () => import("./mappings/get.ts")),
  "mappings set": leaf("add or change a mapping", () => import("./mappings/set.ts")),
  "mappings edit": leaf("change mappings in your editor", () => import("./mappings/edit.ts")),
  "mappings remove": leaf("remove mappings", () => import("./mappings/remove.ts")),
  "mappings deny": leaf("deny access to an identity, whatever the mappings grant", () => import("./mappings/deny.ts")),
  "mappings allow": leaf("remove a denial", () => import("./mappings/allow.ts")),
  "mappings apply": leaf("apply a mapping file", () => import("./mappings/apply.ts")),
  "mappings diff": leaf("show what apply would change, or compare two clusters", () => import("./mappings/apply.ts")),
  "mappings import": leaf("convert mappings of other programs to a mapping file", () => import("./mappings/import.ts")),
  "mappings export": leaf(
    "print all mappings and denials as a mapping file or an aws-auth ConfigMap",
    () => import("./mappings/export.ts"),
  ),
  "mappings lint": leaf("find mappings that are invalid, risky or unused", () => import("./mappings/lint.ts")),
  "mappings schema": leaf("print the JSON Schema of mapping files, for editors", () => import("./mappings/schema.ts")),
  "mappings history": leaf("show the versions of one mapping, newest first", () => import("./mappings/history.ts")),
  "mappings rollback": leaf("restore an earlier version of a mapping", () => import("./mappings/history.ts")),
  explain: leaf("show step by step how the function reviews a token or an ARN", () => import("./explain/explain.ts")),
  whoami: leaf(
    "show your AWS identity, and its username and groups in the cluster",
    () => import("./explain/whoami.ts"),
  ),
  reviews: {
    summary: "show granted and denied logins from the function's log",
    details: "Without a command, `reviews` runs `reviews list` and accepts its options.",
    examples: ["iam-authenticator reviews -c prod --since 1h --outcome denied"],
  },
  "reviews list": leaf(
    "list reviews, oldest first, with the command that explains each denial",
    () => import("./reviews/list.ts"),
    "ls",
  ),
  report: leaf("show who has access, the last logins, and what to clean up", () => import("./report/report.ts")),
  callers: {
    summary: "manage which kube-apiservers may call the function",
    examples: ["iam-authenticator callers add control-plane --cluster prod --endpoint https://auth.example.com"],
  },
  "callers add": leaf(
    "create a token for a kube-apiserver and print its kubeconfig once, or accept its IAM role",
    () => import("./callers/add.ts"),
  ),
  "callers list": leaf("list the kube-apiservers that may call the function", () => import("./callers/list.ts"), "ls"),
  "callers remove": leaf("remove a caller and revoke its token", () => import("./callers/remove.ts")),
  doctor: leaf("check a deployed endpoint, and report how to fix it", () => import("./doctor/doctor.ts")),
  kubeconfig: {
    summary: "create the kubeconfig for kube-apiserver (webhook) or for users (client)",
    examples: ["iam-authenticator kubeconfig webhook --help", "iam-authenticator kubeconfig client --help"],
  },
  "kubeconfig webhook": leaf(
    "create the kubeconfig for kube-apiserver",
    () => import("./kubeconfig/webhook-command.ts"),
  ),
  "kubeconfig client": leaf("print the kubeconfig for a user's kubectl", () => import("./kubeconfig/kubeconfig.ts")),
  rbac: leaf("print RBAC objects for access levels like those of EKS", () => import("./rbac.ts")),
  irsa: {
    summary: "give service accounts IAM roles (IRSA)",
    examples: ["iam-authenticator irsa policy | kubectl apply -f -"],
  },
  "irsa keys": {
    summary: "list, publish and retire the issuer's keys",
    examples: ["iam-authenticator irsa keys list --cluster prod"],
  },
  "irsa keys list": leaf("list the issuer's keys", () => import("./irsa/keys/list.ts"), "ls"),
  "irsa keys publish": leaf("publish a cluster's public keys", () => import("./irsa/keys/publish.ts")),
  "irsa keys retire": leaf("remove a key whose tokens have all expired", () => import("./irsa/keys/retire.ts")),
  "irsa flags": leaf("print kube-apiserver's flags for the issuer", () => import("./irsa/flags.ts")),
  "irsa policy": leaf(
    "print the admission policies that give Pods their role",
    () => import("./irsa/policy/policy.ts"),
  ),
  "irsa trust-policy": leaf(
    "print the trust policy of a service account's role",
    () => import("./irsa/trust-policy.ts"),
  ),
  "irsa doctor": leaf(
    "check the issuer, IAM and the cluster, and report how to fix it",
    () => import("./irsa/doctor/doctor.ts"),
  ),
  token: leaf("print a token for kubectl, as an ExecCredential", () => import("./token/token.ts")),
  contexts: leaf("list the contexts of the configuration file", () => import("./contexts.ts")),
  version: leaf("print the version", () => import("./help.ts")),
  completion: leaf("print a completion script for the shell", () => import("./completion/completion.ts")),
};

export const PATHS = Object.keys(COMMANDS);

/** The paths of a group's commands. The program's path is empty. */
export function commandsBelow(group: string): readonly string[] {
  return PATHS.filter((path) => path.replace(/ ?[^ ]+$/, "") === group);
}

export function nameIn(path: string): string {
  return path.slice(path.lastIndexOf(" ") + 1);
}

export function isGroup(path: string): boolean {
  return path === "" || (path in COMMANDS && COMMANDS[path]?.load === undefined);
}

/** Whether `word` is the name or alias of the command. */
export function isCalled(path: string, word: string | undefined): boolean {
  return word !== undefined && [nameIn(path), COMMANDS[path]?.alias].includes(word);
}

/** The path of the command that the words begin with; empty for the program. */
export function pathIn(words: readonly string[], path = ""): string {
  const child = commandsBelow(path).find((one) => isCalled(one, words[0]));
  return child === undefined ? path : pathIn(words.slice(1), child);
}

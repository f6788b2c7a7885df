// Lists every command of the program: its path, its summary, and the module to load when it is called.

import type { Command } from "commander";
import type { IOStreams } from "./terminal/io-streams.ts";

/** Adds details, examples, arguments, options and the action to a command that has its name and summary. */
type Define = (command: Command, io: IOStreams) => unknown;

interface Leaf {
  readonly summary: string;
  readonly alias?: string;
  /**
   * Loads only the called command's code: kubectl runs `token` for every command that a user types. The module exports
   * `setCommand` for `mappings set`.
   */
  readonly load: () => Promise<{ readonly [name: `${string}Command`]: Define }>;
}

interface Group {
  readonly summary: string;
  readonly details?: string;
  readonly examples: readonly string[];
  readonly alias?: never;
  readonly load?: never;
}

/** By path, in the order of the help. A group precedes its commands. */
export const COMMANDS: Readonly<Record<string, Leaf | Group>> = {
  help: { summary: "show the help of a command", load: () => import("./help.ts") },
  mappings: {
    summary: "manage mappings and denials",
    examples: [
      "iam-authenticator mappings list --cluster prod",
      "iam-authenticator mappings apply --cluster prod -f mappings.yaml --dry-run",
    ],
  },
  "mappings list": { summary: "list the mappings and denials", alias: "ls", load: () => import("./mappings/list.ts") },
  "mappings get": { summary: "show one mapping", load: () => import("./mappings/get.ts") },
  "mappings set": { summary: "add or change a mapping", load: () => import("./mappings/set.ts") },
  "mappings edit": { summary: "change mappings in your editor", load: () => import("./mappings/edit.ts") },
  "mappings remove": { summary: "remove mappings", load: () => import("./mappings/remove.ts") },
  "mappings deny": {
    summary: "deny access to an identity, whatever the mappings grant",
    load: () => import("./mappings/deny.ts"),
  },
  "mappings allow": { summary: "remove a denial", load: () => import("./mappings/allow.ts") },
  "mappings apply": { summary: "apply a mapping file", load: () => import("./mappings/apply.ts") },
  "mappings diff": {
    summary: "show what apply would change, or compare two clusters",
    load: () => import("./mappings/apply.ts"),
  },
  "mappings import": {
    summary: "convert mappings of other programs to a mapping file",
    load: () => import("./mappings/import.ts"),
  },
  "mappings export": {
    summary: "print all mappings and denials as a mapping file or an aws-auth ConfigMap",
    load: () => import("./mappings/export.ts"),
  },
  "mappings lint": {
    summary: "find mappings that are invalid, risky or unused",
    load: () => import("./mappings/lint.ts"),
  },
  "mappings schema": {
    summary: "print the JSON Schema of mapping files, for editors",
    load: () => import("./mappings/schema.ts"),
  },
  "mappings history": {
    summary: "show the versions of one mapping, newest first",
    load: () => import("./mappings/history.ts"),
  },
  "mappings rollback": {
    summary: "restore an earlier version of a mapping",
    load: () => import("./mappings/history.ts"),
  },
  explain: {
    summary: "show step by step how the function reviews a token or an ARN",
    load: () => import("./explain/explain.ts"),
  },
  whoami: {
    summary: "show your AWS identity, and its username and groups in the cluster",
    load: () => import("./explain/whoami.ts"),
  },
  reviews: {
    summary: "show granted and denied logins from the function's log",
    details: "Without a command, `reviews` runs `reviews list` and accepts its options.",
    examples: [
      "iam-authenticator reviews -c prod --since 1h --outcome denied",
      "iam-authenticator reviews stats -c prod --since 1d",
    ],
  },
  "reviews list": {
    summary: "list reviews, oldest first, with the command that explains each denial",
    alias: "ls",
    load: () => import("./reviews/list.ts"),
  },
  "reviews stats": { summary: "count reviews by outcome, identity and hour", load: () => import("./reviews/stats.ts") },
  callers: {
    summary: "manage which kube-apiservers may call the function",
    examples: ["iam-authenticator callers add control-plane --cluster prod --endpoint https://auth.example.com"],
  },
  "callers add": {
    summary: "create a token for a kube-apiserver and print its kubeconfig once, or accept its IAM role",
    load: () => import("./callers/add.ts"),
  },
  "callers list": {
    summary: "list the kube-apiservers that may call the function",
    alias: "ls",
    load: () => import("./callers/list.ts"),
  },
  "callers remove": { summary: "remove a caller and revoke its token", load: () => import("./callers/remove.ts") },
  doctor: { summary: "check a deployed endpoint, and report how to fix it", load: () => import("./doctor/doctor.ts") },
  kubeconfig: {
    summary: "create the kubeconfig for kube-apiserver (webhook) or for users (client)",
    examples: ["iam-authenticator kubeconfig webhook --help", "iam-authenticator kubeconfig client --help"],
  },
  "kubeconfig webhook": {
    summary: "create the kubeconfig for kube-apiserver",
    load: () => import("./kubeconfig/webhook-command.ts"),
  },
  "kubeconfig client": {
    summary: "print the kubeconfig for a user's kubectl",
    load: () => import("./kubeconfig/kubeconfig.ts"),
  },
  rbac: { summary: "print RBAC objects for access levels like those of EKS", load: () => import("./rbac.ts") },
  jwt: { summary: "print the IAM policies for AWS-signed tokens", examples: ["iam-authenticator jwt policy -c prod"] },
  "jwt policy": {
    summary: "print who may get AWS-signed tokens, as an IAM policy or a service control policy",
    load: () => import("./jwt/policy.ts"),
  },
  irsa: {
    summary: "give service accounts IAM roles (IRSA)",
    examples: ["iam-authenticator irsa policy | kubectl apply -f -"],
  },
  "irsa keys": {
    summary: "list, publish and retire the issuer's keys",
    examples: ["iam-authenticator irsa keys list --cluster prod"],
  },
  "irsa keys list": { summary: "list the issuer's keys", alias: "ls", load: () => import("./irsa/keys/list.ts") },
  "irsa keys publish": { summary: "publish a cluster's public keys", load: () => import("./irsa/keys/publish.ts") },
  "irsa keys retire": {
    summary: "remove a key whose tokens have all expired",
    load: () => import("./irsa/keys/retire.ts"),
  },
  "irsa flags": { summary: "print kube-apiserver's flags for the issuer", load: () => import("./irsa/flags.ts") },
  "irsa policy": {
    summary: "print the admission policies that give Pods their role",
    load: () => import("./irsa/policy/policy.ts"),
  },
  "irsa trust-policy": {
    summary: "print the trust policy of a service account's role",
    load: () => import("./irsa/trust-policy.ts"),
  },
  "irsa doctor": {
    summary: "check the issuer, IAM and the cluster, and report how to fix it",
    load: () => import("./irsa/doctor/doctor.ts"),
  },
  token: { summary: "print a token for kubectl, as an ExecCredential", load: () => import("./token/token.ts") },
  contexts: { summary: "list the contexts of the configuration file", load: () => import("./contexts.ts") },
  version: { summary: "print the version", load: () => import("./help.ts") },
  completion: { summary: "print a completion script for the shell", load: () => import("./completion.ts") },
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

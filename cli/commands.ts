// Lists every command of the program: its path, its summary, and the module to load when it is called.

import type { Command } from "commander";
import type { IOStreams } from "./terminal/io-streams.ts";

/** Adds details, examples, arguments, options and the action to a command that has its name and summary. */
type Define = (command: Command, io: IOStreams) => Command;

interface Leaf {
  readonly summary: string;
  readonly alias?: string;
  /** Loads only the called command's code: kubectl runs `token` for every command that a user types. */
  readonly load: () => Promise<Define>;
}

interface Group {
  readonly summary: string;
  readonly details?: string;
  readonly examples: readonly string[];
}

/** By path, in the order of the help. A group precedes its commands. */
export const COMMANDS: Readonly<Record<string, Leaf | Group>> = {
  help: {
    summary: "show the help of a command",
    load: async () => (await import("./help.ts")).helpCommand,
  },
  mappings: {
    summary: "manage mappings and denials",
    examples: [
      "iam-authenticator mappings list --cluster prod",
      "iam-authenticator mappings apply --cluster prod -f mappings.yaml --dry-run",
    ],
  },
  "mappings list": {
    summary: "list the mappings and denials",
    alias: "ls",
    load: async () => (await import("./mappings/list.ts")).listCommand,
  },
  "mappings get": { summary: "show one mapping", load: async () => (await import("./mappings/get.ts")).getCommand },
  "mappings set": {
    summary: "add or change a mapping",
    load: async () => (await import("./mappings/set.ts")).setCommand,
  },
  "mappings edit": {
    summary: "change mappings in your editor",
    load: async () => (await import("./mappings/edit.ts")).editCommand,
  },
  "mappings remove": {
    summary: "remove mappings",
    load: async () => (await import("./mappings/remove.ts")).removeCommand,
  },
  "mappings deny": {
    summary: "deny access to an identity, whatever the mappings grant",
    load: async () => (await import("./mappings/deny.ts")).denyCommand,
  },
  "mappings allow": {
    summary: "remove a denial",
    load: async () => (await import("./mappings/allow.ts")).allowCommand,
  },
  "mappings apply": {
    summary: "apply a mapping file",
    load: async () => (await import("./mappings/apply.ts")).applyCommand,
  },
  "mappings diff": {
    summary: "show what apply would change, or compare two clusters",
    load: async () => (await import("./mappings/apply.ts")).diffCommand,
  },
  "mappings import": {
    summary: "convert mappings of other programs to a mapping file",
    load: async () => (await import("./mappings/import.ts")).importCommand,
  },
  "mappings export": {
    summary: "print all mappings and denials as a mapping file or an aws-auth ConfigMap",
    load: async () => (await import("./mappings/export.ts")).exportCommand,
  },
  "mappings lint": {
    summary: "find mappings that are invalid, risky or unused",
    load: async () => (await import("./mappings/lint.ts")).lintCommand,
  },
  "mappings schema": {
    summary: "print the JSON Schema of mapping files, for editors",
    load: async () => (await import("./mappings/schema.ts")).schemaCommand,
  },
  "mappings history": {
    summary: "show the versions of one mapping, newest first",
    load: async () => (await import("./mappings/history.ts")).historyCommand,
  },
  "mappings rollback": {
    summary: "restore an earlier version of a mapping",
    load: async () => (await import("./mappings/history.ts")).rollbackCommand,
  },
  explain: {
    summary: "show step by step how the function reviews a token or an ARN",
    load: async () => (await import("./explain/explain.ts")).explainCommand,
  },
  whoami: {
    summary: "show your AWS identity, and its username and groups in the cluster",
    load: async () => (await import("./explain/whoami.ts")).whoamiCommand,
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
    load: async () => (await import("./reviews/list.ts")).listCommand,
  },
  "reviews stats": {
    summary: "count reviews by outcome, identity and hour",
    load: async () => (await import("./reviews/stats.ts")).statsCommand,
  },
  callers: {
    summary: "manage which kube-apiservers may call the function",
    examples: ["iam-authenticator callers add control-plane --cluster prod --endpoint https://auth.example.com"],
  },
  "callers add": {
    summary: "create a token for a kube-apiserver and print its kubeconfig once, or accept its IAM role",
    load: async () => (await import("./callers/add.ts")).addCommand,
  },
  "callers list": {
    summary: "list the kube-apiservers that may call the function",
    alias: "ls",
    load: async () => (await import("./callers/list.ts")).listCommand,
  },
  "callers remove": {
    summary: "remove a caller and revoke its token",
    load: async () => (await import("./callers/remove.ts")).removeCommand,
  },
  doctor: {
    summary: "check a deployed endpoint, and report how to fix it",
    load: async () => (await import("./doctor/doctor.ts")).doctorCommand,
  },
  kubeconfig: {
    summary: "create the kubeconfig for kube-apiserver (webhook) or for users (client)",
    examples: ["iam-authenticator kubeconfig webhook --help", "iam-authenticator kubeconfig client --help"],
  },
  "kubeconfig webhook": {
    summary: "create the kubeconfig for kube-apiserver",
    load: async () => (await import("./kubeconfig/webhook-command.ts")).webhookCommand,
  },
  "kubeconfig client": {
    summary: "print the kubeconfig for a user's kubectl",
    load: async () => (await import("./kubeconfig/kubeconfig.ts")).clientCommand,
  },
  rbac: {
    summary: "print RBAC objects for access levels like those of EKS",
    load: async () => (await import("./rbac.ts")).rbacCommand,
  },
  jwt: {
    summary: "print the IAM policies for AWS-signed tokens",
    examples: ["iam-authenticator jwt policy -c prod"],
  },
  "jwt policy": {
    summary: "print who may get AWS-signed tokens, as an IAM policy or a service control policy",
    load: async () => (await import("./jwt/policy.ts")).policyCommand,
  },
  irsa: {
    summary: "give service accounts IAM roles (IRSA)",
    examples: ["iam-authenticator irsa policy | kubectl apply -f -"],
  },
  "irsa keys": {
    summary: "list, publish and retire the issuer's keys",
    examples: ["iam-authenticator irsa keys list --cluster prod"],
  },
  "irsa keys list": {
    summary: "list the issuer's keys",
    alias: "ls",
    load: async () => (await import("./irsa/keys/published-keys.ts")).listCommand,
  },
  "irsa keys publish": {
    summary: "publish a cluster's public keys",
    load: async () => (await import("./irsa/keys/publish.ts")).publishCommand,
  },
  "irsa keys retire": {
    summary: "remove a key whose tokens have all expired",
    load: async () => (await import("./irsa/keys/retire.ts")).retireCommand,
  },
  "irsa flags": {
    summary: "print kube-apiserver's flags for the issuer",
    load: async () => (await import("./irsa/flags.ts")).flagsCommand,
  },
  "irsa policy": {
    summary: "print the admission policies that give Pods their role",
    load: async () => (await import("./irsa/policy/policy.ts")).policyCommand,
  },
  "irsa trust-policy": {
    summary: "print the trust policy of a service account's role",
    load: async () => (await import("./irsa/trust-policy.ts")).trustPolicyCommand,
  },
  "irsa doctor": {
    summary: "check the issuer, IAM and the cluster, and report how to fix it",
    load: async () => (await import("./irsa/doctor/doctor.ts")).doctorCommand,
  },
  token: {
    summary: "print a token for kubectl, as an ExecCredential",
    load: async () => (await import("./token/token.ts")).tokenCommand,
  },
  contexts: {
    summary: "list the contexts of the configuration file",
    load: async () => (await import("./contexts.ts")).contextsCommand,
  },
  version: { summary: "print the version", load: async () => (await import("./help.ts")).versionCommand },
  completion: {
    summary: "print a completion script for the shell",
    load: async () => (await import("./completion.ts")).completionCommand,
  },
};

// `irsa keys publish`: gives the issuer a cluster's public keys.

import { type Command, Option } from "commander";
import type { IssuerKey } from "../../../../functions/issuer/key.ts";
import { issuerKeyParameter, MAX_KEYS } from "../../../../functions/issuer/keys.ts";
import { type Connection, connect } from "../../../aws/connection.ts";
import { newCommand } from "../../../command.ts";
import { finding, usage } from "../../../errors.ts";
import type { IOStreams } from "../../../io/io-streams.ts";
import { keysOfJwksFile, keysOfKubernetes, keysOfPem } from "../../../irsa/key-source.ts";
import { openKubernetes } from "../../../irsa/kubernetes.ts";
import { describeKey, type PublishedKey, readPublishedKeys } from "../../../irsa/published-keys.ts";
import { type KeyChange, type KeyWriteOptions, writeKeys } from "../../../irsa/write-keys.ts";
import { addConnection, type ConnectionOptions } from "../../../options.ts";
import { write } from "../../../parameter-store/write.ts";

interface PublishOptions extends ConnectionOptions, KeyWriteOptions {
  readonly kubeconfig?: string;
  readonly jwks?: string;
  readonly publicKey?: string;
}

export function publishCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "publish",
    summary: "publish a cluster's public keys",
    details:
      "Keys that are published already stay as they are, also those that are not in the source (irsa keys retire). Publish " +
      "a new key a day before it signs: AWS remembers what it has read.",
    examples: [
      "iam-authenticator irsa keys publish -c prod --kubeconfig admin.conf",
      "kubectl get --raw /openid/v1/jwks | iam-authenticator irsa keys publish -c prod --yes --jwks -",
      "iam-authenticator irsa keys publish -c prod --public-key sa.pub --dry-run",
    ],
  });
  return addConnection(command)
    .addOption(
      new Option("--kubeconfig <file>", "ask the kube-apiserver of its current context").conflicts([
        "jwks",
        "publicKey",
      ]),
    )
    .addOption(new Option("--jwks <file>", "a JWKS (- for stdin)").conflicts("publicKey"))
    .option("--public-key <file>", "PEM, such as kubeadm's sa.pub (- for stdin)")
    .option("--dry-run", "show the plan and write nothing")
    .option("-y, --yes", "do not ask")
    .action((options: PublishOptions) => publish(options, io));
}

async function publish(options: PublishOptions, io: IOStreams): Promise<void> {
  const keys = await keysFrom(options, io);
  const connection = await connect(options, io);
  const published = await readPublishedKeys(connection, io.interrupted);
  const changes = keys.flatMap((key): KeyChange[] => {
    const name = issuerKeyParameter(connection.context.prefix, key.kid);
    const before = published.find(({ stored }) => stored.name === name);
    if (before?.key !== undefined) return [];
    if (before?.stored.secure)
      throw finding(`${name} is a SecureString, which the issuer does not read: remove it first.`);
    return [{ name, kid: key.kid, before: before?.stored, value: JSON.stringify(key), description: describeKey(key) }];
  });
  refuseTooMany(published, changes);
  const known = published.map(({ stored }) => stored);
  const written = await writeKeys(changes, known, connection, options, io, async () =>
    refuseTooMany(await readPublishedKeys(connection, io.interrupted), changes),
  );
  if (written) await withdrawTooMany(changes, connection, io);
  if (written) io.tell("Published. The issuer serves the change within 30 s; let a day pass before a new key signs.\n");
}

function refuseTooMany(published: readonly PublishedKey[], changes: readonly KeyChange[]): void {
  const names = new Set([...published.map(({ stored }) => stored.name), ...changes.map(({ name }) => name)]);
  if (names.size <= MAX_KEYS) return;
  throw finding(`Nothing was written: the issuer serves at most ${MAX_KEYS} keys. Retire old ones first.`);
}

/**
 * Parameter Store has no condition over several parameters: of two publishers that write in the same moment, each sees
 * here what both have written, and removes its own keys. No token is signed with a key of a moment ago.
 */
async function withdrawTooMany(changes: readonly KeyChange[], connection: Connection, io: IOStreams): Promise<void> {
  const published = await readPublishedKeys(connection, io.interrupted);
  if (published.length <= MAX_KEYS) return;
  for (const { name, before } of changes) {
    const own = published.find(({ stored }) => stored.name === name)?.stored;
    if (before === undefined && own !== undefined) {
      await write(connection.ssm, { name, before: own, value: undefined }, io.interrupted);
    }
  }
  throw finding(
    `Nothing was published: another publisher wrote keys at the same moment, and the issuer serves at most ${MAX_KEYS}. ` +
      "The keys of this command are removed again. Retire old keys, then publish again.",
  );
}

/** Each key once. */
async function keysFrom({ kubeconfig, jwks, publicKey }: PublishOptions, io: IOStreams): Promise<IssuerKey[]> {
  const keys = await (async () => {
    if (jwks !== undefined) return keysOfJwksFile(jwks, io);
    if (publicKey !== undefined) return keysOfPem(publicKey, io);
    if (kubeconfig === undefined) throw usage("Say where the keys are: --kubeconfig, --jwks or --public-key.");
    const kubernetes = await openKubernetes(kubeconfig, io);
    return keysOfKubernetes(kubernetes).finally(kubernetes.close);
  })();
  return [...new Map(keys.map((key) => [key.kid, key])).values()];
}

// The signers of tokens: identities of the local STS, by matching or missing mapping.

import type { LocalIdentity } from "../../../local/identities.ts";
import { HOME, PINNED_ID, STRANGE, TEAM } from "./mappings.ts";
import type { Random } from "./random.ts";

const SESSION = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const HEX = "0123456789abcdef";

/** Identities that both servers grant as the same user. */
const GRANTED: Kinds = {
  developer: role(HOME, () => "Developers"),
  "developer in other letters": role(HOME, ({ pick }) => pick(["DEVELOPERS", "developers", "dEvelOperS"])),
  plain: role(HOME, () => "Plain"),
  raw: role(HOME, () => "Raw"),
  "known role of a mapped account": role(TEAM, () => "Known"),
  "any role of a mapped account": role(TEAM, (random) => random.text(SESSION, random.between(1, 64))),
  "any user of a mapped account": user(TEAM, (random) => `user/${random.text(SESSION, random.between(1, 64))}`),
  "root of a mapped account": user(TEAM, () => "root", TEAM),
  user: user(HOME, () => "user/engineering/alice"),
  "user in other letters": user(HOME, () => "user/Engineering/ALICE"),
  "user with placeholders": user(HOME, () => "user/oscar"),
  root: user(HOME, () => "root", HOME),
  federated: federated(HOME, "dave"),
  administrator: role(HOME, (random) => `AWSReservedSSO_ClusterAdmin_${random.text(HEX, 16)}`),
  viewer: role(HOME, (random) => `AWSReservedSSO_View_${random.text(HEX, 16)}`),
  "pinned, the very role": role(HOME, () => "Pinned", PINNED_ID),
};

/** Identities that both deny, or that the servers handle differently. */
const OTHERS: Kinds = {
  unmapped: role(HOME, (random) => random.text(SESSION, random.between(1, 64))),
  stranger: role(STRANGE, () => "Developers"),
  "strange user": user(STRANGE, () => "user/engineering/alice"),
  "reserved username": role(HOME, () => "ReservedUser"),
  "session is no instance": role(HOME, () => "Node"),
  "pinned, a later role": role(HOME, () => "Pinned"),
  "role with a path": role(HOME, () => "Deployers"),
  "role with a path, mapped account": role(TEAM, () => "Deployers"),
  "user at another path": user(HOME, ({ pick }) => pick(["user/alice", "user/operations/alice"])),
  "federated in other letters": federated(HOME, "Dave"),
  "longer set": role(HOME, (random) => `AWSReservedSSO_View_Admin_${random.text(HEX, 16)}`),
  "longer set, mapped account": role(TEAM, (random) => `AWSReservedSSO_View_Admin_${random.text(HEX, 16)}`),
  "set without its suffix": role(HOME, (random) => `AWSReservedSSO_View_${random.text(HEX, random.between(1, 15))}`),
  "set with a partition": role(HOME, (random) => `AWSReservedSSO_Audit_${random.text(HEX, 16)}`),
  "misspelt placeholder": role(HOME, () => "Misspelt"),
  "no username": role(HOME, () => "Nameless"),
  "empty group": role(HOME, () => "HollowGroup"),
  "reserved group": role(HOME, () => "ReservedGroup"),
  "placeholder without value": user(HOME, () => "user/Sessionless"),
};

export const GRANTED_BY_BOTH: ReadonlySet<string> = new Set(Object.keys(GRANTED));

type Kinds = Readonly<Record<string, (random: Random) => Told>>;

interface Told extends Pick<LocalIdentity, "arn" | "account" | "userId"> {
  readonly temporary: boolean;
}

/** `each` identities of every kind, named after the kind, with separate keys. */
export function makeIdentities(random: Random, each: number): LocalIdentity[] {
  return Object.entries({ ...GRANTED, ...OTHERS }).flatMap(([name, log]) =>
    Array.from({ length: each }, () => {
      const { temporary, ...told } = log(random);
      return {
        name,
        accessKeyId: `${temporary ? "ASIA" : "AKIA"}${random.text(UPPER, 16)}`,
        secretAccessKey: random.text(SESSION, 40),
        ...(temporary && { sessionToken: `${random.text(SESSION, random.between(100, 700))}/+==` }),
        ...told,
      };
    }),
  );
}

function role(account: string, nameOf: (random: Random) => string, id?: string): (random: Random) => Told {
  return (random) => {
    const session = random.text(SESSION, random.between(2, 64));
    const arn = `arn:aws:sts::${account}:assumed-role/${nameOf(random)}/${session}`;
    return { arn, account, userId: `${id ?? `AROA${random.text(UPPER, 17)}`}:${session}`, temporary: true };
  };
}

function user(account: string, resourceOf: (random: Random) => string, id?: string): (random: Random) => Told {
  return (random) => {
    const arn = `arn:aws:iam::${account}:${resourceOf(random)}`;
    return { arn, account, userId: id ?? `AIDA${random.text(UPPER, 17)}`, temporary: false };
  };
}

function federated(account: string, name: string): (random: Random) => Told {
  return () => {
    const arn = `arn:aws:sts::${account}:federated-user/${name}`;
    return { arn, account, userId: `${account}:${name}`, temporary: true };
  };
}

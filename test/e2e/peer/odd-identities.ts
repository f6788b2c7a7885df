// Identities that STS never returns: well formed, in accounts that both servers map.

import { HOME, STRANGE, TEAM } from "./mappings.ts";
import type { Random } from "./random.ts";
import { naming, type StsBehaviour, type Told } from "./sts-answers.ts";

const ROLE_ID = "AROAODDODDODDODDODD00";
const USER_ID = "AIDAODDODDODDODDODD00";

const role = (account: string, name: string, session: string, more: Partial<Told> = {}): Told => ({
  ...{ arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`, account, userId: `${ROLE_ID}:${session}` },
  ...more,
});
const user = (account: string, resource: string, more: Partial<Told> = {}): Told => ({
  ...{ arn: `arn:aws:iam::${account}:${resource}`, account, userId: USER_ID },
  ...more,
});

const TELL: Readonly<Record<string, (random: Random) => Told>> = {
  "of another partition": ({ pick }) => {
    const partition = pick(["aws-cn", "aws-us-gov", "aws-iso", "aws-eusc"]);
    const told = pick([role(TEAM, "Known", "odd"), user(TEAM, "user/odd"), role(HOME, "Developers", "odd")]);
    return { ...told, arn: told.arn.replace("arn:aws:", `arn:${partition}:`) };
  },
  "of no partition": ({ pick }) => ({
    ...user(TEAM, "user/odd"),
    arn: `arn:${pick(["", "AWS", "azure"])}:iam::${TEAM}:user/odd`,
  }),
  "of another account than the ARN's": ({ pick }) =>
    pick([
      role(HOME, "Developers", "odd", { account: STRANGE }),
      user(HOME, "user/engineering/alice", { account: STRANGE }),
      role(STRANGE, "Odd", "odd", { account: TEAM }),
      user(STRANGE, "user/odd", { account: TEAM }),
    ]),
  "of an account that is none": ({ pick }) => {
    const account = pick(["", "1234", "44445555666x"]);
    return pick([user(account, "user/odd", { account: TEAM }), user(account, "user/odd")]);
  },
  "of a region": () => ({ ...user(TEAM, "user/odd"), arn: `arn:aws:iam:us-east-1:${TEAM}:user/odd` }),
  "of another service": ({ pick }) => ({
    ...user(TEAM, "user/odd"),
    arn: `arn:aws:${pick(["ec2", "s3", "IAM"])}::${TEAM}:user/odd`,
  }),
  "of another kind": ({ pick }) => user(TEAM, pick(["group/odd", "policy/odd", "odd", "instance-profile/odd"])),
  "a role instead of an assumed role": () => user(TEAM, "role/Known", { userId: `${ROLE_ID}:odd` }),
  "a role with a path": ({ pick }) => role(TEAM, pick(["team/Known", "a/b/c"]), "odd"),
  "a role with the path of its mapping": () => role(HOME, "team/blue/Deployers", "odd"),
  "a role without a session": () => ({ ...role(TEAM, "Known", "odd"), arn: `arn:aws:sts::${TEAM}:assumed-role/Known` }),
  "root with something behind it": () => user(TEAM, "root/odd", { userId: TEAM }),
  "no ARN": ({ pick }) => ({ ...user(TEAM, "user/odd"), arn: pick(["", "odd", "arn:aws:iam", "*"]) }),
  "another session in UserId": ({ pick }) =>
    role(HOME, pick(["Developers", "Raw"]), "odd", { userId: `${ROLE_ID}:${pick(["odo", "even"])}` }),
  "a UserId without session": () => role(HOME, "Developers", "odd", { userId: ROLE_ID }),
  "a UserId with two sessions": () => role(HOME, "Developers", "odd", { userId: `${ROLE_ID}:odd:odd` }),
  "a role's UserId that is none": ({ pick }) =>
    role(HOME, "Developers", "odd", { userId: `${pick(["", "aroa", "A B"])}:odd` }),
  "a user's UserId that is none": ({ pick }) =>
    user(TEAM, "user/odd", { userId: pick(["", "aida", `${USER_ID}:odd`]) }),
  "root's UserId that is none": () => user(HOME, "root", { userId: STRANGE }),
  "a federated user's UserId that is none": () => ({
    arn: `arn:aws:sts::${HOME}:federated-user/dave`,
    account: HOME,
    userId: `${HOME}:mallory`,
  }),
  "a name with other characters": ({ pick }) =>
    user(TEAM, `user/${pick(["o dd", "ödd", "o*d", "odd\u0000", "o\u2028d", ""])}`),
  "a session with other characters": ({ pick }) =>
    role(HOME, "Developers", pick(["o dd", "{{AccessKeyID}}", "o\nd", "ödd", ""])),
  "a long name": () => user(TEAM, `user/${"o".repeat(200)}`),
  "a session with a slash": () => role(HOME, "Developers", "odd/even"),
};

export const ODD_IDENTITIES: Readonly<Record<string, (random: Random) => StsBehaviour>> = Object.fromEntries(
  Object.entries(TELL).map(([name, log]) => [name, (random: Random) => [naming(log(random))]]),
);

// Who logs in, with the right answers at any time: people, AWS-signed tokens, nodes and forgers.
// And changes of their mappings.

import assert from "node:assert/strict";
import type { QueryServer } from "../../../local/aws/query-services.ts";
import { type LocalIdentity, mintToken } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-files.ts";
import { people } from "../../bench/crowd.ts";
import { localIdentity, type MemoryStore } from "../../local-aws.ts";
import { MAPPING_PREFIX } from "../cluster/backend.ts";
import { type Answers, history, type Outages, type Service } from "./outages.ts";
import type { Issuer } from "./rotating.ts";

export interface Member {
  readonly name: string;
  /** Services without which a review may be a fault, besides Parameter Store. */
  readonly needs: readonly Service[];
  readonly mint: () => Promise<{ readonly token: string; readonly answers: Answers }>;
}

const ACCOUNT = "111122223333";
const [PEOPLE, TEAMS, ROBOTS, NODES, FORGERS] = [150, 50, 30, 8, 6];
/** A list has at most 4 KB. */
const DENIALS = 12;
/** The times of the contract. */
const [FOUND_MS, ABSENT_MS, STALE_MS, NODE_MS] = [30_000, 10_000, 300_000, 60_000];

const { identities: persons } = people(PEOPLE, TEAMS, MAPPING_PREFIX);
const nodes = Array.from({ length: NODES }, (_, index) => {
  const node = localIdentity("node");
  const instanceId = `i-0000000000000000${index}`;
  const [arn = "", userId = ""] = [node.arn, node.userId].map((text) =>
    text.replace(/i-\w+$/, instanceId),
  );
  return {
    ...node,
    instanceId,
    arn,
    userId,
    accessKeyId: node.accessKeyId.replace(/.$/, `${index}`),
  };
});
export const identities: readonly LocalIdentity[] = [...persons, ...nodes];
const robots = Array.from({ length: ROBOTS }, (_, index) => `Robot${index}`);
const roles = [...Array.from({ length: TEAMS }, (_, index) => `Team${index}`), ...robots];
const roleArn = (role: string) => `arn:aws:iam::${ACCOUNT}:role/${role}`;
const arns = [...persons.map(({ arn }) => arn), ...robots.map(roleArn)];

export function createMembers(
  store: MemoryStore,
  ec2: QueryServer,
  issuer: Issuer,
  explain: Outages["explain"],
) {
  /** An absent parameter is read again: during an outage, that is a fault. */
  function lagMs(value: unknown, from: number, to: number): number {
    if (value === undefined) return ABSENT_MS;
    return FOUND_MS + (explain(["store"], from, to) ? STALE_MS : 0);
  }
  const denied = history<readonly string[]>([], lagMs);
  /** By role: the groups of its mapping; `undefined` without a mapping. */
  const mappings = new Map(
    roles.map((role) => [role, history<string | undefined>(undefined, lagMs)]),
  );

  function map(role: string, groups: string | undefined): void {
    const name = `${MAPPING_PREFIX}/role/${ACCOUNT}/${role.toLowerCase()}`;
    const username = robots.includes(role) ? role : `${role}:{SessionName}`;
    if (groups === undefined) store.remove(name);
    else
      store.put(name, JSON.stringify({ arn: roleArn(role), username, groups: groups.split(",") }));
    mappings.get(role)?.set(groups);
  }
  function deny(denials: readonly string[]): void {
    store.put(
      `${MAPPING_PREFIX}/deny/${ACCOUNT}`,
      JSON.stringify(denials.map((arnLike) => ({ arnLike }))),
    );
    denied.set(denials);
  }
  function answersOf(role: string, arn: string, username: string): Answers {
    return (from, to) => {
      const isDenied = denied.during(from, to).map((denials) => denials.includes(arn));
      const users = mappings.get(role)?.during(from, to) ?? [];
      const mapped = users.map((groups) =>
        groups === undefined ? "denied" : `${username} in ${groups}`,
      );
      return [
        ...(isDenied.includes(true) ? ["denied"] : []),
        ...(isDenied.includes(false) ? mapped : []),
      ];
    };
  }

  function member(identity: LocalIdentity, needs: Member["needs"], answers: Answers): Member {
    const options = { identity, clusterId: CLUSTER_ID, region: REGION };
    return {
      name: identity.name,
      needs,
      mint: async () => ({ token: await mintToken(options), answers }),
    };
  }
  function signedBy(
    key: "current" | "old" | "unknown",
    role: string,
    needs: Member["needs"],
  ): Member {
    const answers = answersOf(role, roleArn(role), role);
    return {
      name: `${role}, ${key} key`,
      needs,
      mint: () => issuer.sign(roleArn(role), key, answers),
    };
  }
  const states = nodes.map(({ instanceId }, index) => {
    const [instance = assert.fail()] = ec2.instances;
    ec2.instances.push({ ...instance, instanceId, privateDnsName: `node-${index}` });
    return history(true, (isRunning) => (isRunning ? NODE_MS : 0));
  });
  const members = [
    ...persons.map((identity) => {
      const [, role = ""] = /assumed-role\/(\w+)\//.exec(identity.arn) ?? [];
      return member(
        identity,
        ["sts"],
        answersOf(role, identity.arn, `${role}:${identity.name.replace("@", "-")}`),
      );
    }),
    // Keys that were read remain usable while their issuer is down.
    ...robots.map((role) => signedBy("current", role, [])),
    ...nodes.map((identity, index) => {
      const user = `system:node:node-${index} in system:bootstrappers,system:nodes`;
      return member(identity, ["sts", "ec2"], (from, to) => {
        return (states[index]?.during(from, to) ?? []).map((isRunning) =>
          isRunning ? user : "denied",
        );
      });
    }),
    ...persons
      .slice(0, FORGERS)
      .map((person) => member({ ...person, secretAccessKey: "forged" }, ["sts"], () => ["denied"])),
    ...robots
      .slice(0, FORGERS)
      .map((role, index) => signedBy(index % 2 === 0 ? "unknown" : "old", role, ["keys"])),
  ];
  for (const role of roles) map(role, `${role}s`);
  deny(arns.slice(-2));

  /**
   * The next change: another list of denials, another or no mapping of a role, another state of an
   * instance.
   */
  function change(turn: number): void {
    const next = <T>(list: readonly T[]) =>
      list[(turn * 7 + Math.floor(turn / 16)) % list.length] ?? assert.fail();
    if (turn % 4 === 0) {
      deny([...denied.now(), next(arns)].slice(-DENIALS));
    } else if (turn % 16 === 1) {
      const [state, { instanceId }] = [next(states), next(nodes)];
      const instance =
        ec2.instances.find((instance) => instance.instanceId === instanceId) ?? assert.fail();
      instance.state = state.now() ? "stopped" : "running";
      state.set(!state.now());
    } else {
      const role = next(roles);
      const isRemoved = turn % 4 === 2 && mappings.get(role)?.now() !== undefined;
      map(role, isRemoved ? undefined : `${role}s,change-${turn}`);
    }
  }
  return { members, change };
}

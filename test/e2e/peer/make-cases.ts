// Creates the cases: every kind many times, in an order determined by the seed.

import fc from "fast-check";
import type { LocalIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID } from "../../../local/sandbox-settings.ts";
import { mintToken } from "../../../local/token.ts";
import { edited, respelled } from "../../functions/authenticator/token/edits.ts";
import { tokenOf } from "../../token.ts";
import type { Case } from "./case.ts";
import { DAMAGED_QUERIES } from "./damaged-queries.ts";
import { DAMAGED_URLS } from "./damaged-urls.ts";
import { GRANTED_BY_BOTH, makeIdentities } from "./identities.ts";
import { ODD_IDENTITIES } from "./odd-identities.ts";
import { anySigning, presign, render, type Signing } from "./presign.ts";
import { type Random, seededRandom, shuffled } from "./random.ts";
import { REGIONS } from "./regions.ts";
import { OTHER_BODIES, OTHER_TOKENS, usualBody } from "./reviews.ts";
import { naming, SILENT_ANSWERS, STS_ANSWERS, type StsBehaviour } from "./sts-answers.ts";

type Make = (signing: Signing, random: Random) => Promise<Partial<Case>> | Partial<Case>;

export interface Cases {
  readonly identities: readonly LocalIdentity[];
  /** Creates the case with this index at the time of the call, since its token has a date. */
  make(index: number): Promise<Case>;
}

const OF_EACH_IDENTITY = 5;

/** Creates `total` cases. */
export function makeCases(seed: number, total: number): Cases {
  const identities = makeIdentities(seededRandom(seed, -1), OF_EACH_IDENTITY);
  const named = Map.groupBy(identities, ({ name }) => name);
  const good = identities.filter(({ name }) => GRANTED_BY_BOTH.has(name));
  const kinds: [kind: string, count: number, from: readonly LocalIdentity[], make: Make][] = [
    ...Array.from(named, ([name, from]): [string, number, readonly LocalIdentity[], Make] => [
      name,
      60,
      from,
      goodToken,
    ]),
    ["signed by the AWS SDK", 300, good, async (signing) => ({ good: true, token: await bySdk(signing) })],
    [
      "spelled otherwise",
      400,
      good,
      async (signing, random) => ({ token: sample(respelled([await bySdk(signing)]), random) }),
    ],
    [
      "edited at random",
      1500,
      good,
      async (signing, random) => ({
        token: sample(edited([await bySdk(signing)]), random),
        sts: perhaps(signing, random),
      }),
    ],
    ...of({ ...DAMAGED_URLS, ...DAMAGED_QUERIES }, 40, good, (damage) => (signing, random) => ({
      token: damage(signing, random),
      sts: perhaps(signing, random),
    })),
    ...of(STS_ANSWERS, 40, good, (behave) => ({ identity }, random) => ({ sts: behave(identity, random) })),
    ...of(SILENT_ANSWERS, 4, good, (behave) => ({ identity }, random) => ({ sts: behave(identity, random) })),
    ...of(ODD_IDENTITIES, 25, good, (behave) => (_, random) => ({ sts: behave(random) })),
    ...of(OTHER_BODIES, 20, good, (write) => (signing, random) => ({
      body: write(tokenOf(render(presign(signing))), random),
    })),
    ...of(OTHER_TOKENS, 30, good, (write) => (signing, random) => ({
      token: write(tokenOf(render(presign(signing))), random),
    })),
  ];
  const listed = kinds.flatMap((entry) => Array.from({ length: entry[1] }, () => entry));
  if (listed.length > total) throw new Error(`${listed.length} cases exceed ${total}`);
  const rest = Array.from({ length: total - listed.length }, () => ["any good one", 0, good, goodToken] as const);
  const order = shuffled([...listed, ...rest], seededRandom(seed, -2));

  return {
    identities,
    async make(index) {
      const random = seededRandom(seed, index);
      const [kind, , from, make] = order[index] ?? ["", 0, good, goodToken];
      const signing = anySigning(random, random.pick(from), REGIONS);
      const made = { token: tokenOf(render(presign(signing))), sts: [], good: false, ...(await make(signing, random)) };
      return { kind, identity: signing.identity, body: usualBody(made.token, random), ...made };
    },
  };
}

const goodToken: Make = ({ identity }) => ({ good: GRANTED_BY_BOTH.has(identity.name) });

function of<T>(
  table: Readonly<Record<string, T>>,
  count: number,
  from: readonly LocalIdentity[],
  make: (entry: T) => Make,
): [string, number, readonly LocalIdentity[], Make][] {
  return Object.entries(table).map(([kind, entry]) => [kind, count, from, make(entry)]);
}

/** Either an STS that verifies, or one that always returns the signer, so that only the server's rules apply. */
function perhaps({ identity }: Signing, random: Random): StsBehaviour {
  return random.int(2) === 0 ? [] : [naming(identity)];
}

function bySdk({ identity, host, region, signedAt, expires }: Signing): Promise<string> {
  return mintToken({ identity, clusterId: CLUSTER_ID, host, region, now: signedAt, expiresIn: Number(expires) });
}

function sample(arbitrary: fc.Arbitrary<{ readonly text: string }>, random: Random): string {
  const [first] = fc.sample(arbitrary, { seed: random.int(2 ** 31), numRuns: 1 });
  return first?.text ?? "";
}

// Every plan over two parameters that concern one identity, each with every shape of value, before
// and after.

import { candidates } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { prepare, type Value, valueFor, type World, worldsFor } from "./answers.ts";
import { type AnyPlan, CONTEXT, ENDS, type Text } from "./any-plan.ts";
import { A, arnOf, PINS, SET_ROLES, UNIVERSE } from "./universe.ts";

const json = (value: unknown) => JSON.stringify(value);
const R = SET_ROLES[0] ?? "";
const names = (username: string, ...groups: string[]) => ({ username, groups });
const [ended, soon, july] = [ENDS.past, ENDS.soon, ENDS.july].map((notAfter) => ({ notAfter }));

/** What a mapping may give. Claims are left to random plans. */
const GIVEN = [
  names("u", "g"),
  { ...names("v", "g", "h"), description: "d" },
  names("u", "system:masters"),
  names("u", "g", "system:x"),
  names("{SessionName}:x", "{AccountID}"),
  { ...names("u", "g"), ...ended },
  { ...names("u", "g"), ...soon },
  { ...names("v"), ...july },
] as const;
const [plain, other] = GIVEN;

/**
 * Resources of a principal: all of its kind, its own, and a session or another spelling. Then a
 * name that denies it, or its sessions.
 */
const RESOURCES: Readonly<
  Record<string, readonly [wide: string, own: string, denied: string, name: string]>
> = {
  [`role/${A}/ci`]: ["iam:role/*", "iam:role/ci", "sts:assumed-role/ci/jane", "Jane"],
  [`role/${A}/${R.toLowerCase()}`]: [
    "iam:role/*",
    "iam:role/AWSReservedSSO_View_*",
    "sts:assumed-role/*/jane",
    "jane",
  ],
  [`user/${A}/alice`]: ["iam:user/*", "iam:user/ops/alice", "iam:user/alice", "ALICE"],
  [`federated-user/${A}/fred`]: [
    "sts:federated-user/*",
    "sts:federated-user/fred",
    "sts:federated-user/Fr?d",
    "fred",
  ],
  // No name matches it.
  [`root/${A}`]: ["iam:*", "iam:root", "iam:ROOT", "root"],
};
const ARNS = [
  "iam:role/ci",
  `iam:role/${R}`,
  "iam:user/ops/alice",
  "sts:federated-user/fred",
  "iam:root",
].map((resource) => arnOf(resource, A));
const PRINCIPALS = Object.keys(RESOURCES);
const BESIDE = [`sso/${A}/view`, `sso-session/${A}/view`];
const BROAD = [`pattern/${A}`, "pattern/any", `account/${A}`, `deny/${A}`, "deny/any"];

function shapesOf(short: string, principal: string): readonly Text[] {
  const [kind, of = ""] = short.split("/");
  const [name = "", ...resources] = (RESOURCES[principal] ?? []).toReversed();
  const [denied, own, wide] = resources.map((resource) => arnOf(resource, of === "any" ? "*" : A));
  const like = (arnLike: string | undefined, more: object = {}) => ({ arnLike, ...more });
  const lists = (...all: readonly (readonly object[])[]) => [...["[]", "[1]"], ...all.map(json)];
  switch (kind) {
    case "deny":
      return lists(
        ...[
          [like(wide)],
          [like(own)],
          [like(denied)],
          [like(own), like(denied)],
          [like(wide), like(own)],
        ],
        ...[ended, soon, july].map((end) => [like(own, end)]),
        [like(own, soon), like(wide, july)],
        [like(own, july), like(own, { description: "d" })],
        ...[[{ name }], [{ name, ...soon }], [{ name: name.toLowerCase(), ...july }, like(denied)]],
      );
    case "pattern":
      return lists(
        ...GIVEN.map((given) => [like(wide, given)]),
        [like(own, plain), like(wide, other)],
        [like(wide, other), like(own, plain)],
        [like(own, { ...other, ...soon })],
      );
    case "sso-session": {
      const jane = (more: object) => ({ session: "jane", ...more });
      const several = [
        [jane(other), { session: "Jane", ...plain }],
        [jane({ ...plain, ...soon }), jane(other)],
      ];
      return lists(...GIVEN.map((given) => [jane(given)]), ...several);
    }
    case "sso":
      return [undefined, "{", ...GIVEN.map(json)];
    case "account":
      return [undefined, "{", "{}", ...GIVEN.map(json), json(soon)];
    default: {
      const arn = ARNS[PRINCIPALS.indexOf(short)] ?? "";
      const pin = kind === "role" || kind === "user" ? [{ ...plain, principalId: PINS[kind] }] : [];
      const spelt = arn.replace(/[^/:]+$/, (own) =>
        kind === "federated-user" ? "Fred" : own.toUpperCase(),
      );
      return [
        undefined,
        "{",
        ...[...GIVEN, ...pin, { ...plain, arn: spelt }].map((names) => json({ arn, ...names })),
      ];
    }
  }
}

export interface Family {
  readonly shorts: readonly string[];
  readonly shapes: readonly (readonly Text[])[];
}

/** Every set of this many parameters that one identity has. */
export function families(size: number): readonly Family[] {
  const all = [...PRINCIPALS, ...BESIDE, ...BROAD];
  const isOfOne = (shorts: readonly string[]) =>
    UNIVERSE.some((identity) => {
      const own = candidates(CONTEXT.prefix, identity).map(({ parameter }) => parameter);
      return shorts.every((short) => own.includes(`${CONTEXT.prefix}/${short}`));
    });
  let sets: readonly (readonly string[])[] = [[]];
  for (let count = 0; count < size; count += 1) {
    sets = sets.flatMap((set) =>
      all.slice(all.indexOf(set.at(-1) ?? "") + 1).map((short) => [...set, short]),
    );
  }
  return sets.filter(isOfOne).map((shorts) => {
    const own =
      shorts.find((short) => PRINCIPALS.includes(short)) ??
      PRINCIPALS[shorts.some((short) => BESIDE.includes(short)) ? 1 : 0];
    return { shorts, shapes: shorts.map((short) => shapesOf(short, own ?? "")) };
  });
}

export function countOf({ shapes }: Family): number {
  return shapes.reduce((product, { length }) => product * length ** 2, 1);
}

/** `undefined` if it changes nothing, or writes an invalid value. */
export function planAt({ shorts, shapes }: Family, index: number): AnyPlan | undefined {
  let rest = index;
  const pick = (texts: readonly Text[]) => {
    const at = rest % texts.length;
    rest = (rest - at) / texts.length;
    return texts[at];
  };
  const states = [0, 1].map(() =>
    Object.fromEntries(shorts.map((short, at) => [short, pick(shapes[at] ?? [])])),
  );
  const [before = {}, after = {}] = states;
  const changed = shorts.filter((short) => before[short] !== after[short]);
  const isInvalid = (text: Text) => text === "{" || text === "[1]";
  if (
    changed.length === 0 ||
    changed.some(
      (short) =>
        isInvalid(after[short]) ||
        (after[short] === undefined && /^(?:deny|pattern|sso-s)/.test(short)),
    )
  )
    return undefined;
  return { states, reserved: true };
}

/** Without those that have the same answers as another one, whatever the values are. */
export async function worldsOf({ shorts, shapes }: Family): Promise<readonly World[]> {
  const all = worldsFor(
    [Object.fromEntries(shapes.flat().map((text, index) => [String(index), text]))],
    true,
  );
  const values: Value[] = [];
  for (const [at, short] of shorts.entries()) {
    for (const text of shapes[at] ?? []) {
      const value = valueFor(`${CONTEXT.prefix}/${short}`, text);
      await prepare(`${CONTEXT.prefix}/${short}`, value, all);
      values.push(value);
    }
  }
  const own = all.filter(({ places }) =>
    shorts.some((short) =>
      places.some(({ parameter }) => parameter === `${CONTEXT.prefix}/${short}`),
    ),
  );
  const keyOf = (world: World) =>
    json(
      values.map((value) =>
        (value.answers[world.number] ?? []).map(({ verdict, user }) => [
          verdict.kind,
          "sessionArn" in verdict,
          user,
        ]),
      ),
    );
  return [...new Map(own.map((world) => [keyOf(world), world])).values()];
}

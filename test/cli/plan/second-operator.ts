// Runs random commands while a colleague creates, changes and deletes between any two of their
// calls, and AWS fails in some, and finds what is lost.
//
// node second-operator.ts <runs> <seed>: prints the number of runs with each outcome, or each lost
// change.

import fc from "fast-check";
import { parseJson } from "../../../functions/lib/json.ts";
import type { LocalRequest } from "../../../local/aws/http-server.ts";
import { answering } from "../../local/aws/service-faults.ts";
import { PREFIX, storedCluster } from "../commands/mappings/cluster.ts";

const A = "111122223333";
const arn = (resource: string) => `arn:aws:iam::${A}:${resource}`;
const session = (name: string) => `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_View_*/${name}`;

/** The keys of a list's entries; none for a parameter with one mapping. */
const PLACES: Readonly<Record<string, readonly object[]>> = {
  [`role/${A}/ci`]: [],
  [`user/${A}/bob`]: [],
  [`sso/${A}/view`]: [],
  [`account/${A}`]: [],
  [`sso-session/${A}/view`]: ["jane", "joe"].map((session) => ({ session })),
  [`pattern/${A}`]: ["role/ci*", "user/b*"].map((resource) => ({ arnLike: arn(resource) })),
  "pattern/any": [{ arnLike: "arn:aws:iam::*:role/any-*" }],
  [`deny/${A}`]: [arn("role/ci"), arn("user/bob"), session("jane")].map((arnLike) => ({ arnLike })),
  "deny/any": [{ arnLike: "arn:aws:iam::*:user/bob" }],
};
const NAMES = Object.keys(PLACES);
const ARNS: Readonly<Record<string, object>> = {
  [`role/${A}/ci`]: { arn: arn("role/ci") },
  [`user/${A}/bob`]: { arn: arn("user/bob") },
};
/** Nothing denies it and no command changes it. */
const ADMIN = {
  [`role/${A}/admin`]: { arn: arn("role/admin"), username: "admin", groups: ["system:masters"] },
};

/** A change of one entry, or of a parameter with one mapping. */
interface Edit {
  readonly name: string;
  readonly key: number;
  readonly isRemoved: boolean;
}

const edit: fc.Arbitrary<Edit> = fc.constantFrom(...NAMES).chain((name) =>
  fc.record({
    name: fc.constant(name),
    key: fc.nat(Math.max(0, (PLACES[name]?.length ?? 0) - 1)),
    isRemoved: fc.constantFrom(false, false, true),
  }),
);

function entryOf({ name, key }: Edit, marker: string): object {
  if (name.startsWith("deny/")) return { ...PLACES[name]?.[key], description: marker };
  return {
    ...(PLACES[name]?.[key] ?? ARNS[name]),
    username: marker,
    groups: [/-[159]/.test(marker) ? "system:masters" : "g"],
  };
}

/** The parameter's text after the change; `undefined` if it does not exist then. */
function edited(text: string | undefined, change: Edit, marker: string): string | undefined {
  const place = PLACES[change.name]?.[change.key];
  const entry = entryOf(change, marker);
  if (place === undefined) return change.isRemoved ? undefined : JSON.stringify(entry);
  const [[field = "", value] = []] = Object.entries(place);
  const list = (parseJson(text ?? "[]") ?? []) as readonly Record<string, unknown>[];
  const at = list.findIndex((item) => item[field] === value);
  if (change.isRemoved)
    return text === undefined ? undefined : JSON.stringify(list.filter((_, index) => index !== at));
  return JSON.stringify(
    at < 0 ? [...list, entry] : list.with(at, entry as Record<string, unknown>),
  );
}

const who: Readonly<Record<string, string>> = {
  [`role/${A}/ci`]: arn("role/ci"),
  [`user/${A}/bob`]: arn("user/bob"),
  [`sso/${A}/view`]: `sso/${A}/View`,
  [`account/${A}`]: `account/${A}`,
};

/** The words of a command for one entry. */
function wordsFor(change: Edit): readonly string[] {
  const { session: own, arnLike } = {
    session: undefined,
    arnLike: undefined,
    ...PLACES[change.name]?.[change.key],
  };
  if (change.name.startsWith("deny/"))
    return [change.isRemoved ? "allow" : "deny", String(arnLike)];
  const target =
    own === undefined ? [arnLike ?? who[change.name] ?? ""] : [`sso/${A}/View`, "--session", own];
  return change.isRemoved
    ? ["remove", ...target]
    : ["set", ...target, "--username", "mine", "--group", "mine"];
}

function fileOf(edits: readonly Edit[]): string {
  const entries = edits
    .filter(({ isRemoved }) => !isRemoved)
    .map((change) => ({ change, entry: entryOf(change, "mine") }));
  const unique = [
    ...new Map(entries.map((each) => [`${each.change.name} ${each.change.key}`, each])).values(),
  ];
  const mappings = unique.flatMap(({ change, entry }) => {
    if (change.name.startsWith("deny/")) return [];
    const place = /^sso/.test(change.name)
      ? { permissionSet: "View", account: A }
      : /^account/.test(change.name)
        ? { account: A }
        : {};
    return { ...place, ...entry };
  });
  return JSON.stringify({
    mappings: [...mappings, ...Object.values(ADMIN)],
    deny: unique.flatMap(({ change, entry }) => (change.name.startsWith("deny/") ? entry : [])),
  });
}

export interface Scenario {
  readonly before: readonly Edit[];
  readonly command: {
    readonly edits: readonly Edit[];
    readonly file: boolean;
    readonly prune: boolean;
  };
  readonly isWeakening: boolean;
  /** Before the command's n-th call. */
  readonly theirs: readonly { readonly point: number; readonly edit: Edit }[];
  /** What the n-th call gets instead of an answer, or the end of a permission from it on. */
  readonly fault?: { readonly point: number; readonly kind: FaultKind } | undefined;
}

/** A removed permission, and single errors. */
type FaultKind = "no history" | "revoked" | keyof typeof FAULTS;

const refusal = (type: string, status = 400) =>
  answering(status, JSON.stringify({ __type: type, message: "x" }));
const FAULTS = {
  denied: refusal("AccessDeniedException"),
  outage: refusal("InternalServerError", 500),
  expired: refusal("ExpiredTokenException"),
  unusable: answering(200, "{}"),
  reset: { kind: "reset" },
} as const;

const faultNames = Object.keys(FAULTS) as (keyof typeof FAULTS)[];

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  before: fc.array(edit, { maxLength: 8 }),
  command: fc.record({
    edits: fc.array(edit, { minLength: 1, maxLength: 4 }),
    file: fc.boolean(),
    prune: fc.constantFrom(false, false, true),
  }),
  isWeakening: fc.constantFrom(true, true, false),
  theirs: fc.array(fc.record({ point: fc.nat(9), edit }), { minLength: 1, maxLength: 3 }),
  fault: fc.option(
    fc.record({
      point: fc.integer({ min: 3, max: 14 }),
      kind: fc.constantFrom<FaultKind>("no history", "revoked", ...faultNames),
    }),
    { nil: undefined },
  ),
});

type Cluster = Awaited<ReturnType<typeof storedCluster>>;

const operationOf = ({ headers }: LocalRequest) => headers["x-amz-target"] ?? "";

const TOO_MANY_UPDATES = answering(400, JSON.stringify({ __type: "TooManyUpdates", message: "x" }));

/** What is lost, as sentences, and how the command ended. */
export async function race(
  { store, mappings }: Cluster,
  { before, command, isWeakening, theirs, fault }: Scenario,
) {
  for (const name of [...NAMES, ...Object.keys(ADMIN)]) store.remove(`${PREFIX}/${name}`);
  const full = (name: string) => `${PREFIX}/${name}`;
  const read = (name: string) => store.value(full(name));
  function write(name: string, text: string | undefined): void {
    if (text === undefined) store.remove(full(name));
    else store.put(full(name), text);
  }
  for (const [name, value] of Object.entries(ADMIN)) write(name, JSON.stringify(value));
  for (const [at, change] of before.entries())
    write(change.name, edited(read(change.name), change, `old-${at}`));
  const last = new Map<
    string,
    { readonly change: Edit; readonly marker: string; readonly was: string | undefined }
  >();
  let [calls, count] = [0, 0];
  store.fail((request) => {
    const operation = operationOf(request);
    const isFor = ({ name }: Edit) => request.body.includes(`"${full(name)}"`);
    let isBusy = false;
    for (const { edit: change } of theirs.filter(({ point }) => point === calls)) {
      // DeleteParameter has no condition, and nothing tells a deletion right before a write.
      const isUnseen =
        operation.endsWith("DeleteParameter") ||
        (operation.endsWith("PutParameter") && change.isRemoved);
      if (isUnseen && isFor(change)) continue;
      // Half of the writes right before this command's overlap with it.
      isBusy ||= operation.endsWith("PutParameter") && isFor(change) && count % 2 === 0;
      const marker = `theirs-${count++}`;
      const was = read(change.name);
      write(change.name, edited(was, change, marker));
      last.set(`${change.name} ${change.key}`, { change, marker, was });
    }
    const call = calls++;
    return isBusy ? TOO_MANY_UPDATES : faultAt(call, operation, fault);
  });
  const flags = ["-y", ...(isWeakening ? ["--allow-weakening"] : [])];
  const [first] = command.edits;
  const words =
    command.file || first === undefined
      ? ["apply", "-f", "-", ...(command.prune ? ["--prune"] : [])]
      : wordsFor(first);
  const { code, out, err } = await mappings([...words, ...flags], {
    input: fileOf(command.edits),
    ...(fault !== undefined && { environment: { AWS_MAX_ATTEMPTS: "1" } }),
  });
  store.fail(undefined);
  const lost = [...last.values()].flatMap(({ change, marker, was }) => {
    const now = read(change.name) ?? "";
    const isReported =
      code !== 0 &&
      /your write replaced theirs|not known whether/.test(err) &&
      err.includes(full(change.name));
    if (change.isRemoved) return isReported ? [] : lostRemoval(change, was, now);
    const isSeen = now.includes(marker) || out.includes(marker) || isReported;
    return isSeen ? [] : [`${marker} of ${change.name}: ${now}`];
  });
  // What could not be read may be the administrator.
  if (fault === undefined && err.includes("no administrator would surely remain"))
    lost.push(`locked out: ${err}`);
  if (/bug/.test(err) || ![0, 1, 2, 3].includes(code)) lost.push(`exit ${code}: ${err}`);
  return { lost, code, err, words, hasRaced: last.size > 0 };
}

function faultAt(call: number, operation: string, fault: Scenario["fault"]) {
  if (fault === undefined) return undefined;
  const { point, kind } = fault;
  if (kind === "no history")
    return operation.endsWith("History") && call >= point ? FAULTS.denied : undefined;
  if (kind === "revoked") return call >= point ? FAULTS.denied : undefined;
  return call === point ? FAULTS[kind] : undefined;
}

function lostRemoval(change: Edit, was: string | undefined, now: string): string[] {
  const marks = ownMarker(was, change);
  return marks !== undefined && now.includes(marks)
    ? [`removal of ${marks} in ${change.name}: ${now}`]
    : [];
}

/** The marker of the entry that a removal removes. */
function ownMarker(text: string | undefined, change: Edit): string | undefined {
  const place = PLACES[change.name]?.[change.key];
  const value = text === undefined ? undefined : parseJson(text);
  const item =
    place === undefined
      ? value
      : ((value ?? []) as readonly object[]).find((each) =>
          Object.entries(place).every(([key, own]) => each[key as keyof object] === own),
        );
  return /(?:old|theirs)-\d+"/.exec(JSON.stringify(item) ?? "")?.[0];
}

export async function raceAll(
  runs: number,
  seed: number,
): Promise<Readonly<Record<string, number>>> {
  const cluster = await storedCluster();
  const outcomes: Record<string, number> = { raced: 0, lost: 0 };
  try {
    for (const change of fc.sample(scenario, { numRuns: runs, seed })) {
      const { lost, code, hasRaced, words } = await race(cluster, change);
      outcomes[`exit ${code}`] = (outcomes[`exit ${code}`] ?? 0) + 1;
      outcomes["raced"] = (outcomes["raced"] ?? 0) + (hasRaced ? 1 : 0);
      if (lost.length === 0) continue;
      outcomes["lost"] = (outcomes["lost"] ?? 0) + 1;
      console.error(words.join(" "), JSON.stringify(change), lost.join("\n"));
    }
  } finally {
    await cluster.close();
  }
  return outcomes;
}

if (import.meta.main) {
  const [runs = 100, seed = 1] = process.argv.slice(2).map(Number);
  console.log(JSON.stringify(await raceAll(runs, seed)));
}

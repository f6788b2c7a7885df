// Generates valid and slightly invalid mapping files.

import fc from "fast-check";

const account = fc.constantFrom("111122223333", "012345678901");
const name = fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{1,12}$/);
const path = fc.constantFrom("", "", "team/", "a/b/", "aws-reserved/sso.amazonaws.com/");
const template = fc
  .array(fc.constantFrom("dev:", "{SessionName}", "{AccountID}", "{EC2PrivateDNSName}", "ä b", "x/y"), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.join(""));
const notAfter = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("2026-12-31T00:00:00Z", "2024-02-29T23:59:59.123Z") },
  { weight: 1, arbitrary: fc.constant("2026-02-30T00:00:00Z") },
);
const ROLE_ID = "AROAAAAAAAAAAAAAAAAAA";
const USER_ID = "AIDAAAAAAAAAAAAAAAAAA";
const end = { notAfter, description: fc.string({ maxLength: 5 }) };
const user = { username: template, groups: fc.array(template, { maxLength: 2 }) };

function arnOf(kind: "role" | "user") {
  return fc.tuple(account, path, name).map(([a, p, n]) => `arn:aws:iam::${a}:${kind}/${p}${n}`);
}
const otherArn = fc.constantFrom(
  "ARN:AWS:IAM::111122223333:ROOT",
  "arn:aws-cn:iam::111122223333:root",
  "arn:aws:sts::111122223333:federated-user/Bob",
);
const arnLike = fc
  .tuple(
    fc.constantFrom("aws", "aws-*", "*", "a?s", "AWS"),
    fc.constantFrom("iam", "sts", "*", "i?m"),
    fc.constantFrom("", "*"),
    fc.constantFrom("111122223333", "*", "1111*", "1111????3333", "???"),
    fc.constantFrom("role/", "user/", "assumed-role/", "root", "*", "r*/", "federated-user/", "ROLE/"),
    fc.constantFrom("*", "ci-*", "a/b", "a/*", "jane", "ci-?/jane", ""),
  )
  .map(([partition, service, region, of, kind, rest]) => `arn:${partition}:${service}:${region}:${of}:${kind}${rest}`);

const mapping = fc.oneof(
  fc.record(
    { arn: arnOf("role"), ...user, principalId: fc.constant(ROLE_ID), ...end },
    { requiredKeys: ["arn", "username"] },
  ),
  fc.record(
    { arn: arnOf("user"), ...user, principalId: fc.constant(USER_ID), ...end },
    { requiredKeys: ["arn", "username"] },
  ),
  fc.record({ arn: otherArn, ...user, ...end }, { requiredKeys: ["arn", "username"] }),
  fc.record(
    { arnLike, account: fc.constantFrom("any", "111122223333"), ...user, ...end },
    { requiredKeys: ["arnLike", "username"] },
  ),
  fc.record(
    { permissionSet: name, account, ...user, ...end },
    { requiredKeys: ["permissionSet", "account", "username"] },
  ),
  fc.record(
    { permissionSet: name, account, session: name, ...user, ...end },
    { requiredKeys: ["permissionSet", "account", "session", "username"] },
  ),
  fc.record({ account, ...end }, { requiredKeys: ["account"] }),
  fc.record({ account, ...user, ...end }, { requiredKeys: ["account", "username"] }),
);
const denial = fc.record(
  { arnLike: fc.oneof(arnLike, arnOf("role"), arnOf("user"), otherArn), ...end },
  { requiredKeys: ["arnLike"] },
);
/** File contents that are mostly valid. */
export const mappingFile = fc.record(
  {
    $schema: fc.constant("./mapping-file.schema.json"),
    mappings: fc.array(mapping, { minLength: 1, maxLength: 2 }),
    deny: fc.array(denial, { maxLength: 2 }),
  },
  { requiredKeys: ["mappings"] },
);

const KEYS = [
  "arn",
  "arnLike",
  "account",
  "permissionSet",
  "session",
  "username",
  "groups",
  "principalId",
  "notAfter",
  "deny",
  "description",
];
const junk = fc.oneof(
  fc.constantFrom<unknown>(null, "", 0, 111122223333, true, false, [], {}, [""], ["{x}"], "any", "*", ROLE_ID, USER_ID),
  fc.constantFrom("{SessionName", "{{SessionName}}", "{Session}", "12345678901", "2026-12-31", "2026-13-01T00:00:00Z"),
  fc.constantFrom(
    "arn:aws:iam::111122223333:group/x",
    "arn:aws:sts::111122223333:assumed-role/x/y",
    "arn:aws:iam::1:role/x",
  ),
  fc.string({ maxLength: 4 }),
  arnLike,
);
/** One mutation: a key removed, added or changed, or a character of a string removed or added. */
const slip = fc.record({
  kind: fc.constantFrom("drop", "put", "put", "cut", "insert"),
  key: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...KEYS) },
    { weight: 1, arbitrary: fc.string({ maxLength: 3 }) },
  ),
  value: junk,
  at: fc.nat(60),
  character: fc.constantFrom("*", "?", ":", "/", "{", "}", " ", "\n", "A", "z", "0", "-", "ü", "\u212a", "\u2028"),
});
type Slip = typeof slip extends fc.Arbitrary<infer T> ? T : never;

function withSlip(item: Record<string, unknown>, { kind, key, value, at, character }: Slip): Record<string, unknown> {
  const keys = Object.keys(item);
  const own = keys[at % keys.length] ?? key;
  const text = item[own];
  if (kind === "drop") return Object.fromEntries(Object.entries(item).filter(([name]) => name !== own));
  if (kind === "put" || typeof text !== "string") return Object.fromEntries([...Object.entries(item), [key, value]]);
  const index = at % (text.length + 1);
  const rest = text.slice(kind === "cut" ? index + 1 : index);
  return { ...item, [own]: `${text.slice(0, index)}${kind === "cut" ? "" : character}${rest}` };
}

/** A file with one mutation. */
export const fileWithSlip = fc
  .tuple(mappingFile, fc.constantFrom("mappings", "deny", "file"), slip, junk)
  .map(([file, where, change, value]): unknown => {
    if (where === "file") {
      const key = change.kind === "insert" ? change.key : (["mappings", "deny", "$schema"][change.at % 3] ?? "deny");
      return change.kind === "drop" ? value : { ...file, [key]: value };
    }
    const [first, ...others] = file[where] ?? [];
    return { ...file, [where]: [first === undefined ? value : withSlip(first, change), ...others] };
  });

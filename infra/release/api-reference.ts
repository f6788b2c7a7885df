// Generates API.md, the reference of the package's exports, from its type declarations. Run by `npm run docs`.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
const ENTRY = join(ROOT, "dist", "construct", "infra", "iam-authenticator.d.ts");

interface Member {
  /** The declaration on one line, without `readonly`. */
  readonly signature: string;
  readonly meaning: string;
  readonly byDefault: string | undefined;
}

/** Requires the built construct. */
export function apiReference(entry = ENTRY): string {
  const text = readFileSync(entry, "utf8");
  const imported = [...text.matchAll(/^(?:import|export) (?:type )?\{ ([^}]+?),? \} from "(\.[^"]+)\.ts";$/gm)];
  const files = new Map(
    imported.flatMap(([, names = "", path = ""]) =>
      names.split(", ").map((name) => [name.replace("type ", ""), join(dirname(entry), `${path}.d.ts`)] as const),
    ),
  );
  const exported = [...text.matchAll(/^export (?:type )?\{ ([^}]+?),? \}/gm)].flatMap(([, names = ""]) =>
    names.split(", ").map((name) => name.replace("type ", "")),
  );
  // The entry's own types first. `Mapping` is not exported, but MappedUser refers to it.
  const names = ["IamAuthenticator", "IamAuthenticatorProps", "MappedUser", "Mapping", "SsoSubject", ...exported];
  const sections = [...new Set(names)].map((name) => section(name, files.get(name) ?? entry));
  return `${HEAD}\n${sections.join("\n")}`;
}

const HEAD = `# API

What \`lambda-iam-authenticator\` exports to CDK apps; [docs/cdk.md](docs/cdk.md#in-your-own-cdk-app) has an example. Made of the
declarations by \`npm run docs\`.
`;

function section(name: string, file: string): string {
  const text = readFileSync(file, "utf8");
  const declared = new RegExp(
    `(?:^/\\*\\*((?:(?!\\*/).)*)\\*/\\n)?^export (?:declare )?(class|interface|type) ${name}\\b([^{=]*)(= [^;]*;|\\{\\n(.*?)^\\})`,
    "ms",
  ).exec(text);
  if (declared === null) throw new Error(`${file} does not declare ${name}`);
  const [, comment = "", kind, heritage = "", body = "", members = ""] = declared;
  const about = [`\`${kind}${heritage.trim() === "" ? "" : ` ${heritage.trim()}`}\``, documented(comment).meaning];
  const head = `## ${name}\n\n${about.filter((part) => part !== "").join(": ")}\n`;
  if (kind === "type") return `${head}\n\`\`\`ts\n${spelledOut(body.slice(2), text)}\n\`\`\`\n`;
  return `${head}\n${tables(membersOf(members)).replace("`constructor(", `\`new ${name}(`)}`;
}

/** Replaces `(typeof NAMES)[number]` with the union of the list's items. */
function spelledOut(type: string, text: string): string {
  const [, list = ""] = /^\(typeof (\w+)\)\[number\];$/.exec(type) ?? [];
  const [, items] = new RegExp(`^export declare const ${list}: readonly \\[(.*)\\];$`, "m").exec(text) ?? [];
  return list === "" || items === undefined ? type : `${items.replaceAll(", ", " | ")};`;
}

/** A table of properties and a table of methods. */
function tables(members: readonly Member[]): string {
  const isMethod = ({ signature }: Member) => /^\w+\(/.test(signature);
  const properties = members.filter((member) => !isMethod(member));
  const methods = members.filter(isMethod);
  const rows = [
    ...(properties.length > 0 ? ["| property | default | meaning |", "| --- | --- | --- |"] : []),
    ...properties.map(({ signature, byDefault = "", meaning }) => `| ${code(signature)} | ${byDefault} | ${meaning} |`),
    ...(properties.length > 0 && methods.length > 0 ? [""] : []),
    ...(methods.length > 0 ? ["| method | meaning |", "| --- | --- |"] : []),
    ...methods.map(({ signature, meaning }) => `| ${code(signature)} | ${meaning} |`),
  ];
  return `${rows.join("\n")}\n`;
}

function code(signature: string): string {
  return `\`${signature.replaceAll("|", "\\|")}\``;
}

/** Each declaration of the body with its comment. Nested declarations have more indentation. */
function membersOf(body: string): Member[] {
  const members = body.matchAll(
    /(?:^ {4}\/\*\*((?:(?!\*\/).)*)\*\/\n)?^ {4}([^\s/}].*?;)(?=\n {4}[^\s}]|\n*$(?![\s\S]))/gms,
  );
  return [...members]
    .map(([, comment = "", declaration = ""]) => ({
      signature: declaration
        .replace(/\breadonly /g, "")
        .replace(/\s+/g, " ")
        .replace(/;( \}|$)/g, "$1"),
      ...documented(comment),
    }))
    .filter(({ signature }) => signature !== "#private");
}

/** A comment's text on one line, with `@default` separate. */
function documented(comment: string): Pick<Member, "meaning" | "byDefault"> {
  const lines = comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*?/, "").trim())
    .join(" ")
    .replaceAll("|", "\\|");
  const [meaning = "", byDefault] = lines.split("@default");
  return { meaning: meaning.trim(), byDefault: byDefault?.replace(/^ - /, "").trim() };
}

if (import.meta.main) writeFileSync(join(ROOT, "API.md"), apiReference());

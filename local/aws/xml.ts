// Writes XML for the query protocols from plain objects.

/** Text, or elements by name. A list repeats its element; undefined members are omitted. */
export type XmlNode = string | { readonly [name: string]: XmlNode | readonly XmlNode[] | undefined };

/** A document with one root element. EC2 and IAM send a declaration, STS does not. */
export function xmlDocument(
  root: string,
  namespace: string | undefined,
  content: XmlNode,
  declaration = `<?xml version="1.0" encoding="UTF-8"?>\n`,
): string {
  const attribute = namespace === undefined ? "" : ` xmlns="${namespace}"`;
  return `${declaration}<${root}${attribute}>${inner(content)}</${root}>`;
}

function inner(node: XmlNode): string {
  if (typeof node === "string") return escapeText(node);
  return Object.entries(node)
    .flatMap(([name, value]) => {
      if (value === undefined) return [];
      return [value].flat().map((item) => `<${name}>${inner(item)}</${name}>`);
    })
    .join("");
}

function escapeText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

// SVG elements as text, for the images of the documents.

export type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, content = ""): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return `<${name}${written.join("")}>${content}</${name}>\n`;
}

/** `spec` may contain `font-size`, `text-anchor`, ...; the text is escaped. */
export function label(x: number, y: number, text: string, spec: Attributes = {}): string {
  return element("text", { x, y, ...spec }, escaped(text));
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** An image with a background, readable on light and dark pages. `title` is its text for screen readers. */
export function image(size: { width: number; height: number }, title: string, background: string, content: string) {
  const { width, height } = size;
  const spec = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "font-family": "system-ui, sans-serif",
    "font-size": 13,
  };
  const back = element("rect", { width, height, rx: 6, fill: background });
  return element("svg", spec, `\n${element("title", {}, escaped(title))}${back}${content}`);
}

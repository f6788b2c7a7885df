// Images of the documents: SVG elements as text, and the plot of docs/performance.md from
// test/bench/figures.json.

export interface Figures {
  readonly people: number;
  readonly roles: number;
  /** By when 5 %, 10 %, ... 100 % are logged in. */
  readonly logins: readonly { readonly settings: string; readonly seconds: readonly number[] }[];
}

const SIZE = { width: 720, height: 340 };
const PLOT = { left: 60, right: 700, top: 50, bottom: 290 };
const COLOURS = ["#b45309", "#1d4ed8", "#15803d"];
const INK = "#1f2937";
const GRID = "#d1d5db";
const TITLE = { fill: INK, "font-size": 15, "font-weight": 600 };
const MIDDLE = { fill: INK, "text-anchor": "middle" };
const END = { fill: INK, "text-anchor": "end" };

export function loginsPlot({ people, roles, logins }: Figures): string {
  const last = Math.ceil(Math.max(...logins.flatMap(({ seconds }) => seconds)));
  const x = (second: number) => round(PLOT.left + ((PLOT.right - PLOT.left) * second) / last);
  const y = (share: number) => round(PLOT.bottom - (PLOT.bottom - PLOT.top) * share);
  const title = `Logged in: ${people} people of ${roles} roles at three restarted kube-apiservers`;
  const lines = logins.map(({ settings, seconds }, index) => {
    const stroke = COLOURS[index % COLOURS.length] ?? INK;
    const points = [
      [0, 0],
      ...seconds.map((second, step) => [second, (step + 1) / seconds.length]),
    ];
    const path = points.map(([second = 0, share = 0]) => `${x(second)},${y(share)}`).join(" ");
    const row = PLOT.bottom - 20 * (logins.length - index);
    return (
      element("polyline", { points: path, fill: "none", stroke, "stroke-width": 2.5 }) +
      element("line", { x1: 330, x2: 355, y1: row, y2: row, stroke, "stroke-width": 2.5 }) +
      label(363, row + 4, `${settings}: all after ${seconds.at(-1)?.toFixed(1)} s`, { fill: INK })
    );
  });
  const ticks = Array.from({ length: Math.floor(last / 2) + 1 }, (_, index) => index * 2);
  return image(
    SIZE,
    title,
    "#ffffff",
    label(PLOT.left, 28, title, TITLE) +
      [0, 0.25, 0.5, 0.75, 1].map((share) => level(y(share), `${share * 100} %`)).join("") +
      ticks.map((second) => label(x(second), PLOT.bottom + 20, String(second), MIDDLE)).join("") +
      label((PLOT.left + PLOT.right) / 2, PLOT.bottom + 40, "seconds", MIDDLE) +
      lines.join(""),
  );
}

function level(y: number, text: string): string {
  const line = element("line", { x1: PLOT.left, x2: PLOT.right, y1: y, y2: y, stroke: GRID });
  return line + label(PLOT.left - 8, y + 4, text, END);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, content = ""): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escaped(String(value))}"`,
  );
  return `<${name}${written.join("")}>${content}</${name}>\n`;
}

/** `spec` may contain `font-size`, `text-anchor`, ...; the text is escaped. */
export function label(x: number, y: number, text: string, spec: Attributes = {}): string {
  return element("text", { x, y, ...spec }, escaped(text));
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/**
 * An image with a background, readable on light and dark pages. `title` is its text for screen
 * readers.
 */
export function image(
  size: { width: number; height: number },
  title: string,
  background: string,
  content: string,
) {
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

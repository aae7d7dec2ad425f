import { describe, expect, test } from "bun:test";
import { drawFigure, type Figure, type Series } from "../../src/plot/figure.ts";

const figure = (
  series: readonly Series[],
  more: Partial<Figure["panels"][number]> = {},
): Figure => ({
  title: "a < b",
  x: { title: "seconds", domain: [0, 10] },
  panels: [{ title: "frames/s", series, ...more }],
  panelHeight: 200,
});

/** Attributes of the first element of this name, as numbers where they are. */
function numbers(svg: string, pattern: RegExp): number[] {
  return (pattern.exec(svg)?.slice(1) ?? []).map(Number);
}

describe("drawFigure()", () => {
  test("points lie where both axes say: 520 × 200 pixels from 64, 56", () => {
    const svg = drawFigure(figure([{ name: "a", points: [{ x: 5, y: 25 }] }], { yMax: 100 }));
    expect(numbers(svg, /<circle cx="([\d.]+)" cy="([\d.]+)"/)).toEqual([64 + 260, 56 + 150]);
  });

  test("the y axis reaches to the highest end of an interval; references do not count", () => {
    const svg = drawFigure(
      figure([
        { name: "a", points: [{ x: 1, y: 7, low: 5, high: 10 }] },
        { name: "bound", look: "reference", points: [{ x: 0, y: 1000 }] },
      ]),
    );
    expect(numbers(svg, /y1="([\d.]+)" y2="([\d.]+)" stroke="#0072b2"\/>/)).toEqual([156, 56]);
    expect(svg).not.toContain(">1000<");
  });

  test("lines of one name have one colour and one entry in the legend", () => {
    const points = [{ x: 1, y: 1 }];
    const svg = drawFigure({
      ...figure([]),
      panels: ["fps", "ms"].map((title) => ({
        title,
        series: [
          { name: "a", points },
          { name: "b", points },
          { name: "b", look: "reference", points },
        ],
      })),
    });
    expect(svg.match(/>b<\/text>/g)).toHaveLength(1);
    expect(svg.match(/<polyline [^>]*stroke="#d55e00"/g)).toHaveLength(4);
  });

  test("names that come first keep their colours, whether or not they have a line", () => {
    const series = [{ name: "b", points: [{ x: 1, y: 1 }] }];
    expect(drawFigure({ ...figure(series), names: ["a", "b"] })).toContain(
      '<polyline points="116.0,56.0" fill="none" stroke="#d55e00"',
    );
  });

  test("a reference of its own is grey, and dashed in the legend too", () => {
    const svg = drawFigure(
      figure([{ name: "bound", look: "reference", points: [{ x: 1, y: 1 }] }]),
    );
    expect(svg.match(/stroke="#444444"[^>]*stroke-dasharray/g)).toHaveLength(2);
  });

  test("the legend stands beside the panels, and the picture is as wide as the longest name", () => {
    const wide = (name: string): number[] =>
      numbers(drawFigure(figure([{ name, points: [] }])), /viewBox="0 0 (\d+)/);
    const [short = 0, long = 0] = [wide("a"), wide("a".repeat(21))].flat();
    expect(long - short).toBe(20 * 7);
    const svg = drawFigure(figure([{ name: "a", points: [] }]));
    const [x = 0] = numbers(svg, /<text x="([\d.]+)" y="[\d.]+">a<\/text>/);
    expect(x).toBeGreaterThan(64 + 520);
  });

  test("has a background of its own, and names in it are text", () => {
    const svg = drawFigure(figure([{ name: "x & y", points: [] }]));
    expect(svg).toContain('fill="#ffffff"');
    expect(svg).toContain("<title>a &lt; b</title>");
    expect(svg).toContain(">x &amp; y</text>");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("what leaves a panel is cut off at it", () => {
    const points = [
      { x: 0, y: 1 },
      { x: 1, y: 900 },
    ];
    const svg = drawFigure(figure([{ name: "a", points }], { yMax: 10 }));
    expect(svg).toContain('<clipPath id="panel-0"><rect x="64" y="52" width="520" height="208"/>');
    expect(svg).toContain('<g clip-path="url(#panel-0)">');
  });

  test("steps go on level until the next point: 52 pixels to the right, then 40 up", () => {
    const points = [
      { x: 1, y: 2 },
      { x: 2, y: 4 },
    ];
    const svg = drawFigure(figure([{ name: "a", look: "steps", points }], { yMax: 10 }));
    expect(svg).toContain('<polyline points="116.0,216.0 168.0,216.0 168.0,176.0"');
    expect(svg.match(/<circle/g)).toHaveLength(2);
  });

  test("points are joined by nothing, and are a dot in the legend", () => {
    const svg = drawFigure(figure([{ name: "a", look: "points", points: [{ x: 1, y: 2 }] }]));
    expect(svg).not.toContain("<polyline");
    expect(svg.match(/<circle [^>]*r="5" fill="#0072b2"/g)).toHaveLength(2);
  });

  test("a reference that goes straight up does so in the legend", () => {
    const points = [0, 9].map((y) => ({ x: 5, y }));
    const svg = drawFigure(figure([{ name: "budget", look: "reference", points }]));
    const [from, to] = numbers(svg, /<line x1="([\d.]+)" x2="([\d.]+)"[^>]*stroke-width="1.5"/);
    expect(from).toBe(to as number);
  });

  test("shares are parts of a bar as wide as the panels", () => {
    const parts = [
      { name: "early", share: 0.25 },
      { name: "late", share: 0.75 },
    ];
    const svg = drawFigure({ ...figure([]), shares: { title: "answers", parts } });
    expect(svg).toContain('<rect x="64.0" y="332.0" width="130.0" height="16.0"');
    expect(svg).toContain('<rect x="194.0" y="332.0" width="390.0" height="16.0"');
    expect(svg).toContain(">late 75 %</text>");
  });
});

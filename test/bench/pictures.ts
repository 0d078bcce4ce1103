/** One curve of a picture: values by their label on the x axis. */
export interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [label: string, value: number])[];
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 320, 70, 20, 40, 50];
const STEPS = 4;

/** An SVG with curves over the same, equally spaced labels. The y axis begins at 0. */
export function picture(title: string, xTitle: string, unit: string, curves: readonly Curve[]): string {
  const most = roundUp(Math.max(...curves.flatMap(({ points }) => points.map(([, value]) => value))));
  const labels = curves[0]?.points.map(([label]) => label) ?? [];
  const x = (at: number) => LEFT + (at * (WIDTH - LEFT - RIGHT)) / Math.max(1, labels.length - 1);
  const y = (value: number) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const text = (at: number, height: number, content: string, anchor = 'middle', colour = '#444') =>
    `<text x="${at.toFixed(1)}" y="${height.toFixed(1)}" text-anchor="${anchor}" fill="${colour}">${escapeXml(content)}</text>`;
  const grid = Array.from({ length: STEPS + 1 }, (_, i) => (most * i) / STEPS).flatMap((value) => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#ddd"/>`,
    text(LEFT - 8, y(value) + 4, format(value), 'end'),
  ]);
  const drawn = curves.flatMap(({ name, colour, points }, at) => {
    const places = points.map(([, value], i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`);
    return [
      `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...places.map((place) => {
        const [cx, cy] = place.split(',');
        return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`;
      }),
      text(WIDTH - RIGHT, TOP - 6 + at * 14, name, 'end', colour),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${escapeXml(title)}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 18, `${title} (${unit})`, 'start', '#000'),
    ...grid,
    ...labels.map((label, at) => text(x(at), HEIGHT - BOTTOM + 18, label)),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, xTitle),
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

/** 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

const format = (value: number): string =>
  value >= 1_000 ? value.toLocaleString('en') : String(Number(value.toPrecision(3)));

const escapeXml = (text: string): string => text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);

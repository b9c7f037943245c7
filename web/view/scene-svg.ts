import { grown, type Box } from '../layout/geometry.ts';
import type { Palette } from './palette.ts';
import type { SceneGroup } from './closed-groups.ts';
import type { Scene, SceneBox } from './scene.ts';
import { fenceMargin, type SceneLink } from './scene-links.ts';
import { arrowPath, boxPath, cylinderRim, roundedBox, scissors } from './shapes.ts';

/** What stands over the picture and under it. */
export interface TitleBlock {
  readonly title: string;
  /** Window, source, sampling, how much is drawn, when it was made. */
  readonly lines: readonly string[];
}

/**
 * A scene as an SVG document: pure text, attributes instead of style sheets, `<text>` instead of foreign markup, so that it
 * looks the same in a browser, an office document and an editor for drawings. Names are escaped.
 */
export function sceneSvg(scene: Scene, palette: Palette, block: TitleBlock): string {
  const inner = scene.bounds ?? { x: 0, y: 0, width: 400, height: 120 };
  const head = 46 + block.lines.length * 18;
  const area = { x: inner.x - 24, y: inner.y - head - 12, width: inner.width + 48, height: inner.height + head + 76 };
  const width = Math.max(area.width, 640);
  const parts = [
    rectangle({ ...area, width }, 0, `fill="${palette.ground}"`),
    ...titleOf(block, area, palette),
    ...scene.frames.map((frame) => frameOf(frame.kind === 'circle', frame.box, palette)),
    ...scene.fences.flatMap((island) => fenceOf(scene, island.rectangles, palette)),
    ...scene.groups.map((group) => rectangle(group.box, 12, `fill="${palette.surface}" stroke="${palette.link}"`)),
    ...scene.links.map((link) => linkOf(link, palette)),
    ...scene.frames
      .filter(({ kind }) => kind !== 'circle')
      .map(({ box, name }) =>
        text(name, box.x + 14, box.y + 24, 13, palette.muted, 'font-weight="600"', box.width - 24),
      ),
    ...scene.boxes.flatMap((item) => boxOf(item, scene, palette)),
    ...scene.groups.flatMap((group) => groupWords(group, palette)),
    ...scene.links.flatMap((link) => linkMarks(link, palette)),
    ...scene.fences.flatMap((island) => [
      rectangle(
        { x: island.x + 6, y: island.y + fenceMargin(scene.density) - 8, width: 34, height: 16 },
        3,
        `fill="${palette.cde}"`,
      ),
      text('CDE', island.x + 23, island.y + fenceMargin(scene.density) + 4, 11, palette.onAccent, bold + middle),
    ]),
    ...scene.notes.map(({ x, y, words }) => text(words, x, y + 4, 13, palette.muted, 'font-weight="600"')),
    ...legendOf(area, palette),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${[area.x, area.y, width, area.height].map(short).join(' ')}" width="${short(width)}" height="${short(area.height)}" font-family="${fonts}">`,
    `<title>${escaped(block.title)}</title>`,
    hatch(palette),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

const fonts = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif";
const bold = 'font-weight="700" ';
const middle = 'text-anchor="middle"';

function titleOf({ title, lines }: TitleBlock, area: Box, palette: Palette): string[] {
  const x = area.x + 24;
  return [
    text(title, x, area.y + 34, 20, palette.ink, bold),
    ...lines.map((line, place) => text(line, x, area.y + 56 + place * 18, 12.5, palette.muted)),
  ];
}

function frameOf(isCircle: boolean, box: Box, palette: Palette): string {
  const outline = isCircle
    ? `stroke="${palette.cycle}" stroke-width="1.4" stroke-dasharray="2 4"`
    : `stroke="${palette.line}"`;
  return rectangle(box, 12, `fill="${palette.territory}" ${outline}`);
}

/** As on the screen: each time a little smaller, which outlines the union. */
function fenceOf(scene: Scene, rectangles: readonly Box[], palette: Palette): string[] {
  const layers = [
    [13, palette.cde],
    [11.2, palette.territory],
    [9.2, palette.cde],
    [7.8, palette.cdeWash],
    [7.8, 'url(#hatch)'],
  ] as const;
  return layers.map(([margin, fill]) => {
    const reach = (margin * fenceMargin(scene.density)) / 13;
    return `<path d="${rectangles.map((box) => roundedBox(grown(box, reach), 11)).join('')}" fill="${fill}"/>`;
  });
}

function linkOf(link: SceneLink, palette: Palette): string {
  const colour = link.isStep
    ? palette.critical
    : link.isCycle
      ? palette.cycle
      : link.crossing === undefined
        ? palette.link
        : palette.cde;
  const width = link.isStep ? 3.6 : link.isCycle ? 2.3 : Math.min(6, 1.2 + Math.log2(link.linkCount));
  const isAsync = link.mode === 'async';
  const dash = isAsync ? ' stroke-dasharray="6 4.5"' : '';
  const arrow = `d="${arrowPath(link.route, isAsync, 0.82 + width * 0.16)}"`;
  const head = isAsync ? `<path ${arrow} fill="none" stroke="${colour}"/>` : `<path ${arrow} fill="${colour}"/>`;
  return `<path d="${link.path}" fill="none" stroke="${colour}" stroke-width="${short(width)}"${dash}/>${head}`;
}

function boxOf(item: SceneBox, scene: Scene, palette: Palette): string[] {
  const { box } = item;
  const fill = item.heat === 0 ? palette.surface : palette.heat[item.heat - 1]!;
  const stroke = item.isCritical
    ? `stroke="${palette.critical}" stroke-width="2"`
    : `stroke="${palette.link}" stroke-width="1.15"`;
  const parts = [
    `<path d="${boxPath(item.kind, box)}" fill="${fill}" ${stroke}${item.isOutside ? ' stroke-dasharray="5 4"' : ''}/>`,
  ];
  if (item.kind === 'database') parts.push(`<path d="${cylinderRim(box)}" fill="none" ${stroke}/>`);
  if (item.pci === 'connected-to' || item.pci === 'security-impacting')
    parts.push(
      `<path d="${roundedBox(grown(box, 4.5), item.kind === 'destination' ? 40 : 11)}" fill="none" stroke="${palette.cde}" stroke-width="1.8" stroke-dasharray="0.1 4.2" stroke-linecap="round"/>`,
    );
  const isRoomy = scene.density === 'roomy';
  const left = box.x + (item.kind === 'destination' ? 16 : 11);
  const room = box.width - (left - box.x) - 10;
  const share = item.shareText;
  const shareRoom = share === undefined ? 0 : share.length * 7 + 6;
  const nameY = box.y + box.height / 2 + (isRoomy ? -3 : 4.5);
  parts.push(text(item.name, left, nameY, 12.5, palette.ink, 'font-weight="600"', isRoomy ? room : room - shareRoom));
  if (isRoomy)
    parts.push(text(item.detail, left, box.y + box.height / 2 + 13, 11, palette.muted, '', room - shareRoom));
  if (share !== undefined)
    parts.push(
      text(
        share,
        box.x + box.width - 9,
        isRoomy ? box.y + box.height / 2 + 13 : nameY,
        11.5,
        palette.ink,
        'font-weight="600" text-anchor="end"',
      ),
    );
  if (item.letter !== undefined) parts.push(disc(box.x + box.width - 3, box.y, item.letter, palette.cycle, palette));
  if (item.step !== undefined) parts.push(disc(box.x + 3, box.y, String(item.step), palette.critical, palette));
  return parts;
}

function groupWords({ box, name, memberCount, letters, cdeCount }: SceneGroup, palette: Palette): string[] {
  const facts = [`${memberCount} services`];
  if (letters.length > 0) facts.push(`circle ${letters.slice(0, 6).join(' ')}`);
  if (cdeCount > 0) facts.push(`CDE ${cdeCount}`);
  const size = Math.min(40, box.width / 10);
  return [
    text(name, box.x + 14, box.y + 10 + size, size, palette.ink, bold, box.width - 28),
    text(facts.join(' · '), box.x + 14, box.y + 14 + size * 2, size * 0.7, palette.muted, '', box.width - 28),
  ];
}

function linkMarks(link: SceneLink, palette: Palette): string[] {
  const marks: string[] = [];
  if (link.crossing !== undefined) {
    const { number, at } = link.crossing;
    marks.push(rectangle({ x: at.x - 9, y: at.y - 8, width: 18, height: 16 }, 3, `fill="${palette.cde}"`));
    marks.push(text(String(number), at.x, at.y + 4, 10.5, palette.onAccent, bold + middle));
  }
  if (link.cutAt !== undefined) {
    const { x, y } = link.cutAt;
    marks.push(
      `<g transform="translate(${short(x)} ${short(y)})"><circle r="11" fill="${palette.surface}" stroke="${palette.cycle}" stroke-width="1.6"/><path d="${scissors}" fill="none" stroke="${palette.cycle}" stroke-width="1.5"/></g>`,
    );
  }
  return marks;
}

function disc(x: number, y: number, words: string, colour: string, palette: Palette): string {
  return (
    `<circle cx="${short(x)}" cy="${short(y)}" r="9" fill="${colour}" stroke="${palette.surface}" stroke-width="1.5"/>` +
    text(words, x, y + 3.7, words.length > 2 ? 8.5 : 10.5, palette.onAccent, bold + middle)
  );
}

function legendOf(area: Box, palette: Palette): string[] {
  const y = area.y + area.height - 22;
  const entries: readonly (readonly [colour: string, words: string])[] = [
    [palette.critical, 'critical path, numbered; % = share of waiting time'],
    [palette.cycle, 'circle A, B …; scissors: cut here'],
    [palette.cde, 'double fence: CDE; dotted: connected to it; numbers: crossings'],
  ];
  let x = area.x + 24;
  return entries.flatMap(([colour, words]) => {
    const parts = [
      rectangle({ x, y: y - 9, width: 16, height: 10 }, 2, `fill="${colour}"`),
      text(words, x + 22, y, 11.5, palette.muted),
    ];
    x += 46 + words.length * characterWidth * 11.5;
    return parts;
  });
}

function hatch(palette: Palette): string {
  return `<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse"><path d="M-2 10L10 -2M-2 2L2 -2M6 10L10 6" stroke="${palette.cde}" stroke-opacity="0.28" stroke-width="1.1"/></pattern></defs>`;
}

function rectangle({ x, y, width, height }: Box, radius: number, attributes: string): string {
  return `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" rx="${radius}" ${attributes}/>`;
}

/** Of the size, in the usual fonts: there is nobody here to measure. */
const characterWidth = 0.56;

function text(
  words: string,
  x: number,
  y: number,
  size: number,
  colour: string,
  attributes = '',
  room = Infinity,
): string {
  const most = Math.max(1, Math.floor(room / (size * characterWidth)));
  const fitted = words.length <= most ? words : `${words.slice(0, most - 1)}…`;
  const more = attributes === '' ? '' : ` ${attributes.trim()}`;
  return `<text x="${short(x)}" y="${short(y)}" font-size="${short(size)}" fill="${colour}"${more}>${escaped(fitted)}</text>`;
}

/** No markup, and no character that XML forbids. */
function escaped(words: string): string {
  return words
    .replaceAll(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '\ufffd',
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function short(value: number): number {
  return Math.round(value * 10) / 10;
}

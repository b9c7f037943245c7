import { useLayoutEffect, useRef } from 'preact/hooks';
import { currentScene } from './current-scene.ts';
import { dotOf, findingsCsv, linksCsv, mermaidOf, servicesCsv } from './exports.ts';
import { fullCount, instant } from './format.ts';
import { paint } from './paint.ts';
import { palettes } from './palette.ts';
import type { Scene } from './scene.ts';
import { sceneSvg, type TitleBlock } from './scene-svg.ts';
import { useSession, type Session } from './session.ts';

/** Side of a canvas that browsers still draw. */
const mostPixels = 16_384;

/** What is on the screen as a picture, for drawing tools, or as tables. */
export function Export() {
  const session = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = (): void => session.setDialog('none');
  const analysis = session.analysis.value.value;
  const scene = currentScene(session);
  if (analysis === undefined) return null;
  const save = (name: string, type: string, text: string): void => {
    download(`ringfence-${name}`, new Blob([text], { type }));
    close();
  };
  const png = (scale: number): void => {
    if (scene !== undefined) void pngOf(scene, scale).then((blob) => download('ringfence-map.png', blob));
    close();
  };
  return (
    <dialog
      ref={dialog}
      class="help export"
      aria-labelledby="export-title"
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <header>
        <h2 id="export-title">Export</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={close}>
          ×
        </button>
      </header>
      {scene === undefined ? (
        <p class="quiet">The matrix has no picture to save: its cells are the table of links.</p>
      ) : (
        <>
          <h3>The map as it is now</h3>
          <div class="export-choice">
            <button
              type="button"
              onClick={() =>
                save('map.svg', 'image/svg+xml', sceneSvg(scene, palettes.light, titleBlock(session, scene)))
              }
            >
              SVG
            </button>
            <button type="button" onClick={() => png(2)}>
              PNG, 2×
            </button>
            <button type="button" onClick={() => png(4)}>
              PNG, 4×
            </button>
            <button type="button" onClick={() => save('map.mmd', 'text/plain', mermaidOf(scene))}>
              Mermaid
            </button>
            <button type="button" onClick={() => save('map.dot', 'text/plain', dotOf(scene))}>
              Graphviz
            </button>
          </div>
        </>
      )}
      <h3>Everything in this window</h3>
      <div class="export-choice">
        <button type="button" onClick={() => save('links.csv', 'text/csv', linksCsv(analysis))}>
          Links, CSV
        </button>
        <button type="button" onClick={() => save('services.csv', 'text/csv', servicesCsv(analysis))}>
          Services, CSV
        </button>
        <button type="button" onClick={() => save('findings.csv', 'text/csv', findingsCsv(analysis))}>
          Findings, CSV
        </button>
        <button
          type="button"
          onClick={() => save('analysis.json', 'application/json', JSON.stringify(analysis, undefined, 2))}
        >
          Analysis, JSON
        </button>
        <button type="button" onClick={() => print()}>
          Print…
        </button>
      </div>
    </dialog>
  );
}

function titleBlock(session: Session, scene: Scene): TitleBlock {
  const { analysis } = session.lookup.peek()!;
  const { window: seen, environment, traceCount } = analysis;
  const drawn = scene.links.reduce((sum, link) => sum + link.linkCount, 0);
  const time =
    seen.from === null || seen.to === null ? 'no times known' : `${instant(seen.from)} to ${instant(seen.to)} UTC`;
  return {
    title: `Service dependencies${environment === null ? '' : `, ${environment}`}`,
    lines: [
      `${time} · ${fullCount(traceCount)} traces · drawn ${fullCount(drawn)} of ${fullCount(scene.linkTotal)} links`,
      `made ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC by ringfence; observed calls, which prove no absence`,
    ],
  };
}

async function pngOf(scene: Scene, wanted: number): Promise<Blob> {
  const bounds = scene.bounds ?? { x: 0, y: 0, width: 1, height: 1 };
  const zoom = Math.min(wanted, mostPixels / bounds.width, mostPixels / bounds.height);
  const canvas = document.createElement('canvas');
  const [width, height] = [Math.ceil(bounds.width * zoom), Math.ceil(bounds.height * zoom)];
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  paint(context, scene, palettes.light, {
    x: -bounds.x * zoom,
    y: -bounds.y * zoom,
    zoom,
    width,
    height,
    pixelRatio: 1,
  });
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = palettes.light.ground;
  context.fillRect(0, 0, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('the picture is too large')) : resolve(blob)),
      'image/png',
    );
  });
}

function download(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

import { computed, effect, useSignal } from '@preact/signals';
import { select } from 'd3-selection';
import { zoom as zoomBehaviour, zoomIdentity, type D3ZoomEvent, type ZoomBehavior } from 'd3-zoom';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { boundsOf, grown, type Box, type Point } from '../layout/geometry.ts';
import {
  between,
  cameraOf,
  fit,
  leastZoom,
  mostZoom,
  readableZoom,
  reveal,
  transformOf,
  type Size,
  type Transform,
} from './camera.ts';
import { FocusBar } from './arrangements.tsx';
import { brightPart, highlightOf, selectedServices } from './highlight.ts';
import { hitTest, type Hit } from './hit.ts';
import { HoverCard } from './hover-card.tsx';
import { Legend } from './legend.tsx';
import { describeService } from './describe.ts';
import { paint } from './paint.ts';
import { palettes } from './palette.ts';
import { sceneOf, type Scene } from './scene.ts';
import { useSession, type Session, type Spotlight } from './session.ts';
import { boxPath } from './shapes.ts';
import { nearestInDirection, type Direction } from './walk.ts';
import { fullCount } from './format.ts';

/** The map: a canvas for everything, a second one for what is highlighted, and a little SVG for focus and hover. */
export function MapView() {
  const session = useSession();
  const host = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const bright = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<SVGGElement>(null);
  const hover = useSignal<{ readonly hit: Hit; readonly at: Point } | undefined>(undefined);
  const active = useSignal<string | undefined>(undefined);
  const hasFocus = useSignal(false);
  const engine = useRef<Engine | null>(null);
  const { scene, highlight } = useMemo(() => sceneSignals(session), [session]);

  useEffect(() => {
    const running = new Engine(session, host.current!, base.current!, bright.current!, overlay.current!);
    engine.current = running;
    const ends = [
      effect(() =>
        running.draw(scene.value, highlight.value && scene.value && brightPart(scene.value, highlight.value)),
      ),
      effect(() => running.recolour(session.theme.value)),
      effect(() => running.follow(session.view.value.camera)),
      effect(() => running.spotlight(session.spotlight.value)),
    ];
    return () => {
      for (const end of ends) end();
      running.stop();
    };
  }, [session, scene, highlight]);

  const now = scene.value;
  const activeBox = now?.boxes.find((item) => item.id === active.value);
  const hovered = hover.value?.hit;

  const onPointerMove = (event: PointerEvent): void => {
    const running = engine.current;
    if (event.pointerType === 'touch' || event.buttons !== 0 || now === undefined || running === null) return;
    const at = running.worldOf(event);
    const hit = hitTest(now, at, 6 / running.zoom);
    hover.value = hit === undefined ? undefined : { hit, at: { x: event.offsetX, y: event.offsetY } };
  };
  const onClick = (event: MouseEvent): void => {
    const running = engine.current;
    if (now === undefined || running === null) return;
    const hit = hitTest(now, running.worldOf(event), 8 / running.zoom);
    hover.value = undefined;
    if (hit === undefined) session.select(null);
    else if (hit.kind === 'box') {
      active.value = hit.box.id;
      session.select({ kind: 'service', id: hit.box.id });
    } else session.select({ kind: 'dependency', caller: hit.link.caller, callee: hit.link.callee });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const running = engine.current;
    if (now === undefined || running === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = directions[event.key];
    if (direction !== undefined) {
      const next = event.shiftKey ? alongLink(session, active.value, direction) : stepTo(now, activeBox, direction);
      if (next !== undefined) {
        active.value = next;
        running.spotlight({ ids: [next], around: [] });
        session.announce(describeService(next, session.lookup.peek()!));
      }
    } else if (event.key === 'Enter' && active.value !== undefined)
      session.select({ kind: 'service', id: active.value });
    else if (event.key === 'Escape' && hover.value !== undefined) hover.value = undefined;
    else if (event.key === '+' || event.key === '=') running.zoomBy(1.3);
    else if (event.key === '-') running.zoomBy(1 / 1.3);
    else if (event.key === '0') running.whole();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <section class="map" aria-label="Map">
      <div class="map-stage">
        <div
          class={hovered === undefined ? 'map-ground' : 'map-ground is-over'}
          ref={host}
          tabIndex={0}
          role="application"
          aria-label="Dependency map. Arrow keys walk from box to box, Shift and arrows along the calls, Enter opens. The outline holds the same as a list."
          onPointerMove={onPointerMove}
          onPointerLeave={() => (hover.value = undefined)}
          onClick={onClick}
          onKeyDown={onKeyDown}
          onFocus={() => {
            hasFocus.value = true;
            active.value ??= now?.boxes[0]?.id;
          }}
          onBlur={() => (hasFocus.value = false)}
        >
          <canvas ref={base} class={highlight.value === undefined ? 'map-base' : 'map-base is-dimmed'} />
          <canvas ref={bright} class="map-bright" />
          <svg class="map-overlay" aria-hidden="true">
            <g ref={overlay}>
              {hovered?.kind === 'box' && (
                <path class="hovered" d={boxPath(hovered.box.kind, grown(hovered.box.box, 1))} />
              )}
              {hovered?.kind === 'box' &&
                now?.links
                  .filter((link) => link.caller === hovered.box.id || link.callee === hovered.box.id)
                  .map((link) => <path key={link.key} class="hovered-link" d={link.path} />)}
              {hovered?.kind === 'link' && <path class="hovered-link" d={hovered.link.path} />}
              {hasFocus.value && activeBox !== undefined && (
                <path class="active" d={boxPath('service', grown(activeBox.box, 7))} />
              )}
            </g>
          </svg>
        </div>
        {hover.value !== undefined && <HoverCard hit={hover.value.hit} at={hover.value.at} />}
        <div class="map-tools">
          <button type="button" title="Zoom in (+)" aria-label="Zoom in" onClick={() => engine.current?.zoomBy(1.4)}>
            +
          </button>
          <button
            type="button"
            title="Zoom out (-)"
            aria-label="Zoom out"
            onClick={() => engine.current?.zoomBy(1 / 1.4)}
          >
            −
          </button>
          <button type="button" title="Whole map (0)" onClick={() => engine.current?.whole()}>
            Fit
          </button>
          <button type="button" title="Give every service a new place" onClick={() => session.rearrange()}>
            Re-arrange
          </button>
        </div>
        {now !== undefined && (
          <button
            type="button"
            class="map-count"
            title="List all links. Critical, circular and fence-crossing ones are drawn first."
            onClick={() => {
              session.show({ tab: 'links', selection: null });
              session.setSheet(true);
            }}
          >
            drawn <b>{fullCount(now.links.length)}</b> of <b>{fullCount(now.linkTotal)}</b> links
            {now.boxes.length < now.serviceTotal && (
              <>
                , <b>{fullCount(now.boxes.length)}</b> of <b>{fullCount(now.serviceTotal)}</b> services
              </>
            )}
          </button>
        )}
        <FocusBar />
      </div>
      <Legend />
    </section>
  );
}

const directions: Readonly<Record<string, Direction | undefined>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

function sceneSignals(session: Session) {
  // Only what changes the drawing: a moved camera must not build a new scene.
  const overlays = computed(() => session.view.value.overlays);
  const selection = computed(() => session.view.value.selection);
  const scene = computed(() => {
    const lookup = session.lookup.value;
    const plan = session.plan.value;
    if (lookup === undefined || plan === undefined || lookup.services.size === 0) return undefined;
    return sceneOf(lookup, plan, overlays.value, selectedServices(selection.value, lookup));
  });
  const highlight = computed(() => {
    const lookup = session.lookup.value;
    return lookup === undefined ? undefined : highlightOf(selection.value, lookup);
  });
  return { scene, highlight };
}

function stepTo(scene: Scene, from: Scene['boxes'][number] | undefined, direction: Direction): string | undefined {
  if (from === undefined) return scene.boxes[0]?.id;
  return nearestInDirection(
    scene.boxes.filter((item) => item.id !== from.id).map((item) => [item.id, item.box] as const),
    from.box,
    direction,
  );
}

/** Up to the strongest caller, down to the strongest callee. */
function alongLink(session: Session, from: string | undefined, direction: Direction): string | undefined {
  const lookup = session.lookup.peek();
  if (lookup === undefined || from === undefined) return undefined;
  if (direction === 'up') return lookup.callers.get(from)?.[0]?.caller;
  if (direction === 'down') return lookup.callees.get(from)?.[0]?.callee;
  return undefined;
}

/** The part of the map that is not markup: camera, canvases and their frames. */
class Engine {
  readonly #session: Session;
  readonly #host: HTMLDivElement;
  readonly #base: HTMLCanvasElement;
  readonly #bright: HTMLCanvasElement;
  readonly #overlay: SVGGElement;
  readonly #behaviour: ZoomBehavior<HTMLDivElement, unknown>;
  readonly #observer: ResizeObserver;
  #at: Transform = { x: 0, y: 0, zoom: 1 };
  #scene: Scene | undefined;
  #brightScene: Scene | undefined;
  #size: Size = { width: 0, height: 0 };
  #palette = palettes.light;
  #frame = 0;
  #motion = 0;
  #isFitted = true;
  #followed: ReturnType<typeof cameraOf> | null = null;

  constructor(
    session: Session,
    host: HTMLDivElement,
    base: HTMLCanvasElement,
    bright: HTMLCanvasElement,
    overlay: SVGGElement,
  ) {
    this.#session = session;
    this.#host = host;
    this.#base = base;
    this.#bright = bright;
    this.#overlay = overlay;
    this.#behaviour = zoomBehaviour<HTMLDivElement, unknown>()
      .scaleExtent([leastZoom, mostZoom])
      .clickDistance(4)
      .on('zoom', (event: D3ZoomEvent<HTMLDivElement, unknown>) => {
        const { x, y, k } = event.transform;
        this.#at = { x, y, zoom: k };
        if (event.sourceEvent !== null) cancelAnimationFrame(this.#motion);
        this.#request();
      })
      .on('end', (event: D3ZoomEvent<HTMLDivElement, unknown>) => {
        if (event.sourceEvent !== null) this.#rememberCamera();
      });
    select(host).call(this.#behaviour).on('dblclick.zoom', null);
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(host);
    this.#resize();
  }

  get zoom(): number {
    return this.#at.zoom;
  }

  worldOf(event: MouseEvent): Point {
    const { left, top } = this.#host.getBoundingClientRect();
    return {
      x: (event.clientX - left - this.#at.x) / this.#at.zoom,
      y: (event.clientY - top - this.#at.y) / this.#at.zoom,
    };
  }

  draw(scene: Scene | undefined, bright: Scene | undefined): void {
    const isFirst = this.#scene === undefined;
    const hasGrown = JSON.stringify(this.#scene?.bounds) !== JSON.stringify(scene?.bounds);
    this.#scene = scene;
    this.#brightScene = bright;
    if (this.#isFitted && hasGrown) this.#fit(!isFirst);
    this.#request();
  }

  recolour(theme: keyof typeof palettes): void {
    this.#palette = palettes[theme];
    this.#request();
  }

  follow(camera: ReturnType<typeof cameraOf> | null): void {
    if (this.#size.width === 0) return;
    // Every other change of the view comes by here too: only a new camera may move the map.
    if (camera === this.#followed) return;
    this.#followed = camera;
    this.#isFitted = camera === null;
    if (camera === null) this.#fit(true);
    else if (JSON.stringify(camera) !== JSON.stringify(cameraOf(this.#at, this.#size)))
      this.#moveTo(transformOf(camera, this.#size), true);
  }

  whole(): void {
    this.#isFitted = true;
    this.#fit(true);
    this.#session.show({ camera: null });
  }

  spotlight({ ids, around }: Spotlight): void {
    const whole = this.#boundsOf(around);
    const isReadable = whole !== undefined && fit(whole, this.#size).zoom >= readableZoom;
    const box = isReadable ? whole : this.#boundsOf(ids);
    if (box === undefined) return;
    const target = reveal(grown(box, 24), this.#at, this.#size);
    if (target === undefined) return;
    this.#isFitted = false;
    this.#moveTo(target, true, () => this.#rememberCamera());
  }

  zoomBy(factor: number): void {
    const zoom = Math.max(leastZoom, Math.min(mostZoom, this.#at.zoom * factor));
    const { x, y } = cameraOf(this.#at, this.#size);
    this.#isFitted = false;
    this.#moveTo(transformOf({ x, y, zoom }, this.#size), true, () => this.#rememberCamera());
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    cancelAnimationFrame(this.#motion);
    this.#observer.disconnect();
    select(this.#host).on('.zoom', null);
  }

  #boundsOf(ids: readonly string[]): Box | undefined {
    const wanted = new Set(ids);
    return boundsOf((this.#scene?.boxes ?? []).filter((item) => wanted.has(item.id)).map((item) => item.box));
  }

  #rememberCamera(): void {
    this.#isFitted = false;
    this.#session.show({ camera: cameraOf(this.#at, this.#size) }, 'drift');
  }

  #fit(isMotion: boolean): void {
    if (this.#scene?.bounds === undefined || this.#size.width === 0) return;
    this.#moveTo(fit(this.#scene.bounds, this.#size), isMotion);
  }

  #moveTo(target: Transform, isMotion: boolean, then?: () => void): void {
    cancelAnimationFrame(this.#motion);
    const from = this.#at;
    const start = performance.now();
    const lengthMs = isMotion && !matchMedia('(prefers-reduced-motion: reduce)').matches ? 260 : 0;
    const step = (): void => {
      const share = lengthMs === 0 ? 1 : Math.min(1, (performance.now() - start) / lengthMs);
      const { x, y, zoom } = between(from, target, share);
      this.#behaviour.transform(select(this.#host), zoomIdentity.translate(x, y).scale(zoom));
      if (share < 1) this.#motion = requestAnimationFrame(step);
      else then?.();
    };
    step();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (width === 0 || height === 0) return;
    const before = this.#size;
    this.#size = { width, height };
    for (const canvas of [this.#base, this.#bright]) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
    }
    const { camera } = this.#session.view.peek();
    const isSheetRaised = before.width === width && height < before.height * 0.8;
    // Under a raised sheet the map stays as large as it was, and shows what the sheet speaks of.
    if (camera === null && isSheetRaised) this.spotlight(this.#session.spotlight.peek());
    else if (camera === null) this.#fit(false);
    else if (before.width === 0) this.#moveTo(transformOf(camera, this.#size), false);
    this.#isFitted = camera === null;
    // At once: a cleared canvas must not be seen.
    this.#paint();
  }

  #request(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    const viewport = { ...this.#at, ...this.#size, pixelRatio: devicePixelRatio };
    this.#overlay.setAttribute('transform', `translate(${this.#at.x} ${this.#at.y}) scale(${this.#at.zoom})`);
    for (const [canvas, scene] of [
      [this.#base, this.#scene],
      [this.#bright, this.#brightScene],
    ] as const) {
      const context = canvas.getContext('2d');
      if (context === null) continue;
      if (scene !== undefined) paint(context, scene, this.#palette, viewport);
      else {
        context.setTransform(1, 0, 0, 1, 0, 0);
        context.clearRect(0, 0, canvas.width, canvas.height);
      }
    }
  }
}

import { select } from 'd3-selection';
import { zoom as zoomBehaviour, zoomIdentity, type D3ZoomEvent, type ZoomBehavior } from 'd3-zoom';
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
import { stops } from './map-stops.ts';
import { paint } from './paint.ts';
import { palettes } from './palette.ts';
import type { Scene } from './scene.ts';
import type { Session, Spotlight } from './session.ts';

/** The part of the map that is not markup: camera, canvases and their frames. */
export class MapEngine {
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

  /** Opens a closed territory where it is and comes near enough to read it, or closes it. */
  toggleGroup(key: string): void {
    const { toggled } = this.#session.view.peek();
    const box = this.#scene?.groups.find((group) => group.key === key)?.box;
    this.#session.show({ toggled: toggledWith(toggled, key) });
    const target = box === undefined ? undefined : reveal(grown(box, 24), this.#at, this.#size);
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
    return boundsOf(
      stops(this.#scene)
        .filter((item) => wanted.has(item.id))
        .map((item) => item.box),
    );
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

function toggledWith(toggled: readonly string[], key: string): readonly string[] {
  return toggled.includes(key) ? toggled.filter((other) => other !== key) : [...toggled, key].sort();
}

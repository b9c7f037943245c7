import { computed, effect, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { centreOf, contains, grown, type Point } from '../layout/geometry.ts';
import { closedFrames } from './closed-groups.ts';
import { brightPart, highlightOf, selectedServices } from './highlight.ts';
import { hitTest, type Hit } from './hit.ts';
import { onDemand } from './on-demand.tsx';
import { Legend } from './legend.tsx';
import { describeGroup, describeService } from './describe.ts';
import { MapEngine } from './map-engine.ts';
import { groupOf, stepTo, stops } from './map-stops.ts';
import { sceneOf } from './scene.ts';
import { useSession, type Session } from './session.ts';
import { boxPath } from './shapes.ts';
import type { Direction } from './walk.ts';
import { fullCount } from './format.ts';

const FocusBar = onDemand(async () => (await import('./focus-bar.tsx')).FocusBar);
const HoverCard = onDemand(async () => (await import('./hover-card.tsx')).HoverCard);

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
  const engine = useRef<MapEngine | null>(null);
  const { scene, highlight } = useMemo(() => sceneSignals(session), [session]);

  useEffect(() => {
    const running = new MapEngine(session, host.current!, base.current!, bright.current!, overlay.current!);
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
  const activeBox = stops(now).find((item) => item.id === active.value);
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
    } else if (hit.kind === 'group') running.toggleGroup(hit.group.key);
    else if (hit.kind === 'title') running.toggleGroup(hit.frame.key);
    else if (hit.link.linkCount > 1) session.show({ tab: 'links', selection: null });
    else session.select({ kind: 'dependency', caller: hit.link.caller, callee: hit.link.callee });
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
        const group = groupOf(now, next);
        session.announce(
          group === undefined
            ? describeService(next, session.lookup.peek()!)
            : `${group.name}, closed, ${describeGroup(group)}`,
        );
      }
    } else if (event.key === 'Enter' && active.value !== undefined) {
      const group = groupOf(now, active.value);
      if (group === undefined) session.select({ kind: 'service', id: active.value });
      else running.toggleGroup(group.key);
    } else if (event.key === 'Escape' && hover.value !== undefined) hover.value = undefined;
    else if (event.key === 'o' && activeBox !== undefined) {
      const frame = now.frames.find(({ box }) => contains(box, centreOf(activeBox.box)));
      if (frame?.kind === 'territory') running.toggleGroup(frame.key);
    } else if (event.key === '+' || event.key === '=') running.zoomBy(1.3);
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
            active.value ??= stops(now)[0]?.id;
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
              {hovered?.kind === 'group' && (
                <path class="hovered" d={boxPath('service', grown(hovered.group.box, 1))} />
              )}
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
            drawn <b>{fullCount(now.links.reduce((sum, link) => sum + link.linkCount, 0))}</b> of{' '}
            <b>{fullCount(now.linkTotal)}</b> links
            {now.groups.length > 0 && (
              <>
                {' '}
                in <b>{fullCount(now.links.length)}</b> lines
              </>
            )}
            {now.groups.length === 0 && now.boxes.length < now.serviceTotal && (
              <>
                , <b>{fullCount(now.boxes.length)}</b> of <b>{fullCount(now.serviceTotal)}</b> services
              </>
            )}
          </button>
        )}
        {session.view.value.arrangement === 'focus' && <FocusBar />}
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
  const toggled = computed(() => session.view.value.toggled);
  const scene = computed(() => {
    const lookup = session.lookup.value;
    const plan = session.plan.value;
    if (lookup === undefined || plan === undefined || lookup.services.size === 0) return undefined;
    const selected = selectedServices(selection.value, lookup);
    return sceneOf(
      lookup,
      plan,
      overlays.value,
      selected,
      closedFrames(plan, lookup, { toggled: toggled.value }, selected),
    );
  });
  const highlight = computed(() => {
    const lookup = session.lookup.value;
    return lookup === undefined ? undefined : highlightOf(selection.value, lookup);
  });
  return { scene, highlight };
}

/** Up to the strongest caller, down to the strongest callee. */
function alongLink(session: Session, from: string | undefined, direction: Direction): string | undefined {
  const lookup = session.lookup.peek();
  if (lookup === undefined || from === undefined) return undefined;
  if (direction === 'up') return lookup.callers.get(from)?.[0]?.caller;
  if (direction === 'down') return lookup.callees.get(from)?.[0]?.callee;
  return undefined;
}

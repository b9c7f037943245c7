import { linkKey, type Lookup } from './lookup.ts';
import type { Scene } from './scene.ts';
import type { Selection } from './session.ts';

/** What stays bright while the rest of the map steps back. */
export interface Highlight {
  readonly services: ReadonlySet<string>;
  readonly links: ReadonlySet<string>;
}

export function highlightOf(selection: Selection | null, lookup: Lookup): Highlight | undefined {
  if (selection === null) return undefined;
  switch (selection.kind) {
    case 'service':
      return lookup.services.has(selection.id) ? aroundService(selection.id, lookup) : undefined;
    case 'dependency':
      return {
        services: new Set([selection.caller, selection.callee]),
        links: new Set([linkKey(selection.caller, selection.callee)]),
      };
    case 'finding': {
      const finding = lookup.findings.get(selection.id);
      if (finding === undefined) return undefined;
      const cycle = lookup.analysis.cycles.find((candidate) => candidate.id === finding.id);
      if (cycle === undefined && finding.services.length === 1) return aroundService(finding.services[0]!, lookup);
      const links = new Set(cycle?.edges.map((edge) => linkKey(edge.caller, edge.callee)));
      finding.services.forEach((id, index) => {
        const next = finding.services[index + 1];
        if (cycle === undefined && next !== undefined) links.add(linkKey(id, next));
      });
      return { services: new Set(finding.services), links };
    }
  }
}

/** The services of a selection: their links are drawn even where the budget is spent. */
export function selectedServices(selection: Selection | null, lookup: Lookup | undefined): ReadonlySet<string> {
  if (selection === null) return new Set();
  if (selection.kind === 'service') return new Set([selection.id]);
  if (selection.kind === 'dependency') return new Set([selection.caller]);
  return new Set(lookup?.findings.get(selection.id)?.services);
}

/** The part of a scene that a highlight keeps. */
export function brightPart(scene: Scene, highlight: Highlight): Scene {
  const boxes = scene.boxes.filter((item) => highlight.services.has(item.id));
  const fenced = boxes.filter((item) => item.pci === 'cde').map((item) => item.box);
  return {
    ...scene,
    frames: [],
    groups: [],
    notes: [],
    fences: scene.fences.flatMap((island) => {
      const rectangles = island.rectangles.filter((rectangle) => fenced.includes(rectangle));
      if (rectangles.length === 0) return [];
      const y = Math.max(...rectangles.map((box) => box.y + box.height));
      const lowest = rectangles.filter((box) => box.y + box.height === y);
      return [{ rectangles, x: Math.min(...lowest.map((box) => box.x)), y }];
    }),
    boxes,
    links: scene.links.filter((link) => highlight.links.has(link.key)),
  };
}

function aroundService(id: string, lookup: Lookup): Highlight {
  const services = new Set([id]);
  const links = new Set<string>();
  for (const { callee } of lookup.callees.get(id) ?? []) {
    services.add(callee);
    links.add(linkKey(id, callee));
  }
  for (const { caller } of lookup.callers.get(id) ?? []) {
    services.add(caller);
    links.add(linkKey(caller, id));
  }
  return { services, links };
}

import { flow } from './layout/flow.ts';
import { focus as focusPlan } from './layout/focus.ts';
import { keepPlaces, type Plan } from './layout/plan.ts';
import { roomyLimit } from './layout/territory.ts';
import { scope } from './layout/scope.ts';
import type { AnalyzedService } from '../analyzer/model/analysis.ts';
import { linksOf, type Lookup } from './view/lookup.ts';
import { focusCentre } from './view/focus-centre.ts';
import type { ArrangementName, Focus } from './view/session.ts';
import { textMeasure } from './view/text-width.ts';

/** The most boxes a layered picture is drawn with: beyond, every method ends in a weave. */
const mostInFlow = 300;

/** Flow, Focus and Scope: fetched when first asked for. With `previous` every known service stays where it was. */
export function planOf(
  name: Exclude<ArrangementName, 'territory' | 'matrix'>,
  lookup: Lookup,
  focus: Focus,
  aspect: number,
  previous: Plan | undefined,
): Plan {
  switch (name) {
    case 'flow':
      return keepPlaces(previous, flowOf(lookup, aspect));
    case 'focus':
      return keepPlaces(previous, focusOf(lookup, focus));
    case 'scope':
      return keepPlaces(previous, scopeOf(lookup, aspect));
  }
}

function flowOf(lookup: Lookup, aspect: number): Plan {
  const { analysis, steps } = lookup;
  const chosen = flowServices(lookup);
  const measure = textMeasure(chosen.length <= roomyLimit, 0.6);
  return flow(
    chosen.map((service) => ({ id: service.id, labelWidth: measure.label(service), step: steps.get(service.id) })),
    linksOf(analysis).map(({ key, caller, callee }) => ({ caller, callee, isBackward: lookup.backward.has(key) })),
    aspect,
  );
}

/** All, or of a large system those that say most: the path, the circles, the CDE, then the busiest. */
function flowServices({ analysis, steps, letters }: Lookup): readonly AnalyzedService[] {
  if (analysis.services.length <= mostInFlow) return analysis.services;
  const rank = (service: AnalyzedService): number =>
    steps.has(service.id) ? 0 : letters.has(service.id) ? 1 : service.pci.class === 'cde' ? 2 : 3;
  return [...analysis.services]
    .sort((a, b) => rank(a) - rank(b) || b.callCount - a.callCount || (a.id < b.id ? -1 : 1))
    .slice(0, mostInFlow);
}

function focusOf(lookup: Lookup, { centre, up, down }: Focus): Plan {
  const measure = textMeasure(true, 0.72);
  return focusPlan(
    lookup.analysis.services.map((service) => ({ id: service.id, labelWidth: measure.label(service) })),
    // Whole per cents, so that the order does not change with every trace.
    linksOf(lookup.analysis).map(({ caller, callee, criticalShare, callCount }) => ({
      caller,
      callee,
      weight: Math.round(criticalShare * 100) + callCount / (callCount + 1000),
    })),
    { centre: focusCentre(centre, lookup), up, down },
  );
}

function scopeOf(lookup: Lookup, aspect: number): Plan {
  const { services } = lookup.analysis;
  const measure = textMeasure(services.length <= roomyLimit, 0.72);
  return scope(
    services.map((service) => ({
      id: service.id,
      labelWidth: measure.label(service),
      zone: zoneOf(service),
    })),
    linksOf(lookup.analysis),
    aspect,
  );
}

function zoneOf({ pci }: AnalyzedService): 'cde' | 'connected' | 'elsewhere' {
  if (pci.class === 'cde') return 'cde';
  return pci.class === 'connected-to' || pci.class === 'security-impacting' ? 'connected' : 'elsewhere';
}

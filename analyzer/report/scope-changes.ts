import type { Analysis, PciClass } from '../model/analysis.ts';
import type { Baseline, BaselineCall } from '../model/baseline.ts';
import { code } from './markdown-text.ts';
import { IN_SCOPE } from './scope-flows.ts';

/**
 * What is different in scope from when it was confirmed last, a line of Markdown each: components, connections between the CDE
 * and what lies outside it, third parties. What was not seen again may still be there: traces are a sample.
 */
export function scopeChanges(analysis: Analysis, lastConfirmed: Baseline): string[] {
  return [
    ...componentChanges(analysis, lastConfirmed),
    ...connectionChanges(analysis, lastConfirmed),
    ...hostChanges(analysis, lastConfirmed),
  ];
}

function componentChanges({ services }: Analysis, { pciScope }: Baseline): string[] {
  const before = new Map<string, PciClass>(pciScope.map((scope) => [scope.service, scope.class]));
  const now = new Map(services.map(({ id, pci }) => [id, pci.class]));
  const lines: string[] = [];
  for (const { id, pci } of services) {
    const was = before.get(id);
    if (!IN_SCOPE.has(pci.class) || was === pci.class) continue;
    lines.push(
      was === undefined ? `new in scope: ${code(id)}, ${pci.class}` : `${code(id)}: ${was} before, ${pci.class} now`,
    );
  }
  for (const [service, was] of before) {
    const is = now.get(service);
    if (is === undefined) lines.push(`not seen this time: ${code(service)}, ${was} before`);
    else if (!IN_SCOPE.has(is)) lines.push(`not seen in scope this time: ${code(service)}, ${was} before, ${is} now`);
  }
  return lines;
}

function connectionChanges({ services, dependencies }: Analysis, { cdeDependencies }: Baseline): string[] {
  const cde = new Set(services.filter(({ pci }) => pci.class === 'cde').map(({ id }) => id));
  const into = new Map<string, BaselineCall>();
  for (const { caller, callee } of dependencies) {
    if (cde.has(callee) && !cde.has(caller)) into.set(keyOf({ caller, callee }), { caller, callee });
  }
  const before = new Map(cdeDependencies.map((call) => [keyOf(call), call]));
  return [
    ...[...into].filter(([key]) => !before.has(key)).map(([, call]) => `new connection into the CDE: ${arrow(call)}`),
    ...[...before]
      .filter(([key]) => !into.has(key))
      .map(([, call]) => `connection into the CDE not seen this time: ${arrow(call)}`),
  ];
}

function hostChanges({ services }: Analysis, { externalPeers }: Baseline): string[] {
  const now = services.filter(({ kind }) => kind === 'external').map(({ id }) => id);
  const before = new Set(externalPeers);
  const known = new Set(now);
  return [
    ...now.filter((host) => !before.has(host)).map((host) => `new host outside: ${code(host)}`),
    ...externalPeers.filter((host) => !known.has(host)).map((host) => `host outside not seen this time: ${code(host)}`),
  ];
}

function keyOf({ caller, callee }: BaselineCall): string {
  return `${caller}\u0000${callee}`;
}

function arrow({ caller, callee }: BaselineCall): string {
  return `${code(caller)} → ${code(callee)}`;
}

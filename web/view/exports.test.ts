import { describe, expect, it } from 'vitest';
import { cloudAnalysis, syntheticAnalysis } from '../../fixtures/analysis.ts';
import { territory } from '../layout/territory.ts';
import { territoryPlan } from '../layout/territory-plan.ts';
import { dotOf, findingsCsv, linksCsv, mermaidOf, servicesCsv } from './exports.ts';
import { lookupOf, territoryInput } from './lookup.ts';
import { palettes } from './palette.ts';
import { sceneOf, type Scene } from './scene.ts';
import { sceneSvg } from './scene-svg.ts';
import { initialView } from './session.ts';

function sceneFor(analysis: ReturnType<typeof cloudAnalysis>): Scene {
  const lookup = lookupOf(analysis);
  const { nodes, links } = territoryInput(lookup);
  return sceneOf(lookup, territoryPlan(territory(nodes, links)), initialView.overlays, new Set());
}

const hostile = '"]; <script>x</script> %%{init}%% `#\n\u0001\ud800';

/** The demo with a name that tries everything. */
function withHostileName(name: string): ReturnType<typeof cloudAnalysis> {
  const cloud = cloudAnalysis();
  const rename = (id: string): string => (id === 'edge/bff' ? `edge/${name}` : id);
  return {
    ...cloud,
    services: cloud.services.map((service) => ({ ...service, id: rename(service.id) })),
    dependencies: cloud.dependencies.map((each) => ({
      ...each,
      caller: rename(each.caller),
      callee: rename(each.callee),
    })),
  };
}

const block = { title: 'Dependencies & <more>', lines: ['22 Nov', 'drawn 27 of 27'] };

describe('the map as SVG', () => {
  const svg = sceneSvg(sceneFor(cloudAnalysis()), palettes.light, block);

  it('holds every box and link, the title block and the legend', () => {
    for (const words of ['droplets', 'billing', '>CDE<', '21 %', 'drawn 27 of 27', 'critical path, numbered'])
      expect(svg).toContain(words);
    expect(svg).toContain('Dependencies &amp; &lt;more&gt;');
    expect(svg.match(/stroke="#b84a00" stroke-width="3.6"/g)).toHaveLength(5);
  });

  it('needs no style sheet, no foreign markup, no script and nothing from elsewhere', () => {
    expect(svg).not.toMatch(/<style|class=|foreignObject|<script|href|var\(--|NaN|undefined|Infinity/);
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="')).toBe(true);
  });

  it('is the same bytes for the same scene', () => {
    expect(sceneSvg(sceneFor(cloudAnalysis()), palettes.light, block)).toBe(svg);
  });

  it('keeps a hostile name a text', () => {
    const text = sceneSvg(sceneFor(withHostileName(hostile)), palettes.light, block);
    expect(text).not.toContain('<script');
    expect(text).not.toMatch(/[\u0000-\u0008]/);
    expect(text.isWellFormed()).toBe(true);
  });
});

describe('the drawn map for other tools', () => {
  it('is Mermaid within its limits, and says what it left out', () => {
    expect(mermaidOf(sceneFor(cloudAnalysis()))).toMatch(/^flowchart TD\n {2}%% drawn 27 of 27 links\n/);
    const large = mermaidOf(sceneFor(syntheticAnalysis(1000)));
    expect(large.length).toBeLessThanOrEqual(50_000);
    expect(large.match(/-->|-\.->/g)!.length).toBeLessThanOrEqual(500);
  });

  it('lets no name out of its quotes', () => {
    const scene = sceneFor(withHostileName(hostile));
    const [mermaidLine] = mermaidOf(scene)
      .split('\n')
      .filter((line) => line.includes('script'));
    expect(mermaidLine).toMatch(/^ {2}n\d+\["[^"<>{}%`\\]*"\]$/);
    for (const line of dotOf(scene)
      .split('\n')
      .filter((each) => each.includes('script')))
      expect(line.replaceAll(/"(?:[^"\\]|\\.)*"/g, 'Q')).toMatch(
        /^ {2}Q(?: \[label=Q\]| -> Q(?: \[style=dashed\])?);$/,
      );
  });
});

describe('tables', () => {
  it('have a row for each dependency, service and finding', () => {
    const cloud = cloudAnalysis();
    const rows = (csv: string): number => csv.split('\r\n').length - 2;
    expect(rows(linksCsv(cloud))).toBe(cloud.dependencies.length);
    expect(rows(servicesCsv(cloud))).toBe(cloud.services.length);
    expect(rows(findingsCsv(cloud))).toBe(cloud.findings.length);
    expect(linksCsv(cloud).split('\r\n')[0]).toMatch(/^caller,callee,mode,calls,/);
  });

  it('start no formula and keep commas and quotes in their cell', () => {
    const cloud = cloudAnalysis();
    const [first] = cloud.services;
    const csv = servicesCsv({ ...cloud, services: [{ ...first!, id: '=HYPERLINK("x"),1' }] });
    expect(csv.split('\r\n')[1]).toMatch(/^"'=HYPERLINK\(""x""\),1",/);
  });
});

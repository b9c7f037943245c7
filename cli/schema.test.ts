import Ajv from 'ajv';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { baselineOf, checkOf, differenceOf, EMPTY_BASELINE, formatBaseline } from '../analyzer/baseline/index.ts';
import { EMPTY_POLICY } from '../analyzer/model/policy.ts';
import { CHECK_REPORTS } from '../analyzer/report/check.ts';
import { DIFFERENCE_REPORTS } from '../analyzer/report/difference.ts';
import { REPORTS } from '../analyzer/report/index.ts';
import { cloudAnalysis, emptyAnalysis } from '../fixtures/analysis.ts';
import { hostileAnalysis } from '../fixtures/hostile-analysis.ts';
import { jsonSchemaOf } from '../fixtures/json-schema.ts';

const PLAIN = { color: false, width: 100 };
const inRepo = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const ANALYSES = [cloudAnalysis(), hostileAnalysis(), emptyAnalysis()];
const FILES = { baselineFile: 'ringfence.baseline.json', policyFile: null };

/** The schemas of the package, the types they are made of, and what they have to fit. */
const SCHEMAS = {
  analysis: {
    of: ['analyzer/model/analysis.ts', 'Analysis', 'ringfence analyze --format json'],
    texts: ANALYSES.map((analysis) => REPORTS.json(analysis, PLAIN)),
  },
  check: {
    of: ['analyzer/model/check.ts', 'Check', 'ringfence check --format json'],
    texts: ANALYSES.map((analysis) =>
      CHECK_REPORTS.json(checkOf(analysis, EMPTY_BASELINE, EMPTY_POLICY, FILES), PLAIN),
    ),
  },
  diff: {
    of: ['analyzer/model/difference.ts', 'SystemDifference', 'ringfence diff --format json'],
    texts: ANALYSES.map((analysis) =>
      DIFFERENCE_REPORTS.json(
        differenceOf({ label: 'a', analysis: cloudAnalysis() }, { label: 'b', analysis }, EMPTY_POLICY),
        PLAIN,
      ),
    ),
  },
  baseline: {
    of: ['analyzer/model/baseline.ts', 'Baseline', 'ringfence.baseline.json'],
    texts: ANALYSES.map((analysis) => formatBaseline(baselineOf(analysis, EMPTY_POLICY))),
  },
} as const;

describe.each(Object.entries(SCHEMAS))('schema/%s.json', (name, { of: [file, type, title], texts }) => {
  it('says what the types say; `npx vitest run cli/schema.test.ts -u` writes it anew', async () => {
    const schema = jsonSchemaOf(inRepo(file), type, title);
    await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(inRepo(`schema/${name}.json`));
  }, 120_000);

  it('fits what is written, field by field', () => {
    const text = JSON.stringify(jsonSchemaOf(inRepo(file), type, title));
    // Held strictly here: what the schema does not name would be a promise that nobody wrote down.
    const strict = text.replaceAll('"properties":{', '"additionalProperties":false,"properties":{');
    const validate = new Ajv({ allErrors: true }).compile(JSON.parse(strict) as object);
    for (const report of texts) expect([validate(JSON.parse(report)), validate.errors]).toEqual([true, null]);
    expect(validate({ schema: 'other' })).toBe(false);
  }, 120_000);
});

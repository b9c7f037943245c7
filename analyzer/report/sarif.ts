import type { Severity } from '../model/analysis.ts';
import type { Results } from './result.ts';
import { printable, printableJson } from './text.ts';

/** GitHub takes no more results of a run than this, and shows 5,000. */
const MOST_RESULTS = 25_000;

/**
 * SARIF 2.1.0 (OASIS) for code scanning. A result points at the file where its way out is; its fingerprint is of rule and
 * subject, so that an alert stays the same alert while figures and wording change.
 */
export function sarif({ rules, results }: Results): string {
  const indexOf = new Map(rules.map(({ id }, index) => [id, index]));
  return `${printableJson({
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'ringfence',
            rules: rules.map(({ id, severity, title, why }) => ({
              id,
              name: id,
              shortDescription: { text: plainText(title) },
              fullDescription: { text: plainText(why) },
              help: { text: plainText(why) },
              defaultConfiguration: { level: LEVELS[severity] },
            })),
          },
        },
        automationDetails: { id: 'ringfence/' },
        columnKind: 'utf16CodeUnits',
        results: results.slice(0, MOST_RESULTS).map((result) => ({
          ruleId: result.rule,
          ruleIndex: indexOf.get(result.rule),
          level: LEVELS[result.severity],
          message: { text: plainText(`${result.title}. ${result.message}`) },
          locations: [
            {
              physicalLocation: { artifactLocation: { uri: uriOf(result.path) }, region: { startLine: 1 } },
              logicalLocations: result.services.map((service) => ({
                fullyQualifiedName: printable(service),
                kind: 'module',
              })),
            },
          ],
          partialFingerprints: { 'ringfence/v1': printable(result.id) },
          properties: { services: result.services, traceIds: result.traceIds },
        })),
      },
    ],
  })}\n`;
}

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  note: 'note',
};

/** Brackets would make a link (SARIF 2.1.0, 3.11.6 messages with embedded links). */
function plainText(text: string): string {
  return printable(text).replace(/[\\[\]]/g, (character) => `\\${character}`);
}

/** The path as a relative reference: each of its parts encoded, also a colon, which would read as a scheme. */
function uriOf(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join('/');
}

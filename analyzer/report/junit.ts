import type { Result, Results } from './result.ts';
import { printable } from './text.ts';

/**
 * JUnit's XML, for build servers that know tests only: each finding is a test, and so is each rule that found nothing. Errors
 * are failures; what fails no build is a test that passed and says something.
 */
export function junit({ rules, results }: Results): string {
  const failed = results.filter(({ severity }) => severity === 'error').length;
  const cases = rules.flatMap(({ id, title }) => {
    const found = results.filter(({ rule }) => rule === id);
    return found.length === 0 ? [testcase(id, title)] : found.map((result) => testcase(id, result.title, result));
  });
  const totals = `name="ringfence" tests="${cases.length}" failures="${failed}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite ${totals} skipped="0">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testcase(rule: string, name: string, result?: Result): string {
  const head = `    <testcase classname="ringfence.${xml(rule)}" name="${xml(name)}"`;
  if (result === undefined) return `${head} />`;
  const { severity, title, message } = result;
  const inner =
    severity === 'error'
      ? `      <failure type="${xml(rule)}" message="${xml(title)}">${xml(message)}</failure>`
      : `      <system-out>${xml(`${severity}: ${message}`)}</system-out>`;
  return `${head}>\n${inner}\n    </testcase>`;
}

/** XML 1.0 has no place for some characters, not even escaped. */
function xml(text: string): string {
  return printable(text)
    .toWellFormed()
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

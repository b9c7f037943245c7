/** Asks for all environments together; nothing else does where traces are of several. */
export const ALL_ENVIRONMENTS = '*';

/** Why there is no answer yet: staging and production never merge unasked. */
export function askForEnvironment(environments: Iterable<string>): string {
  const names = [...environments].sort();
  return (
    `the traces are of ${names.length} environments (${names.join(', ')}), which are not thrown together unasked: ` +
    `name one with --environment ${names[0]!}, or all with --environment '${ALL_ENVIRONMENTS}'`
  );
}

/** What an operation does to what, read from its name: `POST /orders/:id/items` adds items, `shop.Orders/CancelOrder` cancels orders. */
export interface OperationMeaning {
  /** `write` changes something, `read` gives it back, `answer` works something out for the caller; undefined where the name does not tell. */
  readonly does: 'write' | 'read' | 'answer' | undefined;
  /** What happened, in the past tense: `items created`, `order canceled`. */
  readonly event: string;
  /** What a copy of the data would be kept up to date by: `usage changed`. */
  readonly change: string;
}

const METHODS: Readonly<Record<string, OperationMeaning['does']>> = {
  POST: 'write',
  PUT: 'write',
  PATCH: 'write',
  DELETE: 'write',
  GET: 'read',
  HEAD: 'read',
  OPTIONS: 'read',
};
const EVENT_OF_METHOD: Readonly<Record<string, string>> = { PUT: 'changed', PATCH: 'changed', DELETE: 'removed' };

const WRITE_VERBS = new Set(
  'create add insert update set put delete remove cancel send notify publish record log track emit report save store archive evict invalidate refresh execute start stop submit complete approve close process'.split(
    ' ',
  ),
);
const READ_VERBS = new Set('get list find read fetch load lookup count describe search query'.split(' '));
/** Verbs and nouns of operations that are called for what they answer, even by POST: `POST /quotes`, `POST /orders/:id/resize-check`. */
const ANSWERS =
  /^(?:check|validat\w+|verif\w+|quotes?|estimat\w+|calculat\w+|comput\w+|price|pricing|search|quer(?:y|ies)|previews?|simulat\w+|lookup|resolve|match|scores?|evaluat\w+|authori[sz]\w*|authenticat\w+|login|(?:de)?tokeni[sz]e|graphql|translate|convert|render)$/i;

const IRREGULAR: Readonly<Record<string, string>> = {
  send: 'sent',
  set: 'set',
  put: 'put',
  read: 'read',
  find: 'found',
  stop: 'stopped',
  submit: 'submitted',
};

export function meaningOf(operation: string): OperationMeaning {
  const [first = '', ...rest] = operation.split(' ');
  // Zipkin writes names in lower case.
  const method = first.toUpperCase();
  const does = METHODS[method];
  return does === undefined ? ofMethodName(operation) : ofRoute(method, does, rest.join(' '));
}

function ofRoute(method: string, does: OperationMeaning['does'], route: string): OperationMeaning {
  const segments = route.split(/[/?]/).filter((segment) => /^[a-z][\w.-]*$/i.test(segment) && !/^v\d+$/.test(segment));
  const last = segments.at(-1) ?? '';
  const words = wordsOf(last);
  const thing = words.join(' ') || 'data';
  const change = `${thing} changed`;
  if (method === 'POST' && ANSWERS.test(words.at(-1) ?? ''))
    return { does: 'answer', event: `${thing} asked for`, change };
  // `POST /orders/:id/cancel` names what is done; `POST /orders` names what is made.
  const verb = words.at(-1) ?? '';
  const object = words.slice(0, -1).join(' ') || wordsOf(segments.at(-2) ?? '').join(' ') || 'request';
  const isVerb = method === 'POST' && WRITE_VERBS.has(verb);
  const event = isVerb ? `${object} ${past(verb)}` : `${thing} ${EVENT_OF_METHOD[method] ?? 'created'}`;
  return { does, event, change };
}

function ofMethodName(operation: string): OperationMeaning {
  const name = operation.slice(Math.max(operation.lastIndexOf('/'), operation.lastIndexOf('.')) + 1);
  const [verb = '', ...object] = wordsOf(name);
  const thing = object.join(' ') || 'data';
  const lower = verb.toLowerCase();
  const change = `${thing} changed`;
  if (ANSWERS.test(lower)) return { does: 'answer', event: `${thing} asked for`, change };
  if (WRITE_VERBS.has(lower)) return { does: 'write', event: `${thing} ${past(lower)}`, change };
  if (READ_VERBS.has(lower)) return { does: 'read', event: `${thing} ${past(lower)}`, change };
  const words = wordsOf(name).join(' ');
  return { does: undefined, event: words === '' ? 'request made' : `${words} done`, change };
}

/** `resizeCheck`, `resize-check` and `resize_check` are two words each. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
}

function past(verb: string): string {
  const lower = verb.toLowerCase();
  if (IRREGULAR[lower] !== undefined) return IRREGULAR[lower];
  if (lower.endsWith('e')) return `${lower}d`;
  return /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ied` : `${lower}ed`;
}

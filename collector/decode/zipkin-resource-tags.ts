import { encodeUtf8, viewOf } from '../../analyzer/model/string-table.ts';
import { type KnownKey, NOT_KEPT } from './known-keys.ts';
import { SpanWriter } from './span-writer.ts';
import { RESOURCE_TAGS } from './zipkin-records.ts';

const { keys } = new SpanWriter();
const IDS = [...RESOURCE_TAGS].map((wireKey) => {
  const bytes = encodeUtf8(wireKey);
  return keys.find(bytes, viewOf(bytes), 0, bytes.length).id;
});
/** By number of the key. */
const IS_RESOURCE_TAG = new Uint8Array(Math.max(...IDS) + 1);
for (const id of IDS) IS_RESOURCE_TAG[id] = 1;

/** Whether the key is one of `RESOURCE_TAGS`. */
export function isResourceTag(key: KnownKey): boolean {
  return key.resourceField !== NOT_KEPT && IS_RESOURCE_TAG[key.id] === 1;
}

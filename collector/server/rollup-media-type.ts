/** What `GET /api/v1/rollup` answers with: the bytes of `encodeRollup`. */
export const ROLLUP_MEDIA_TYPE = 'application/vnd.ringfence.rollup';

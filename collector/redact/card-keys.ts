/** What an attribute's key says about its value. */
export const KEY_CONTEXT = {
  none: 0,
  /** The key speaks of a card number. */
  card: 1,
  /** The key speaks of a card verification code. */
  verificationCode: 2,
  /** The key speaks of a PIN. */
  pin: 3,
  /** The key speaks of an encrypted PIN block. */
  pinBlock: 4,
  /** The key speaks of magnetic stripe data. */
  track: 5,
} as const;
export type KeyContext = (typeof KEY_CONTEXT)[keyof typeof KEY_CONTEXT];

/**
 * Reads a key by its words, since `pan` is also in `span`, `company` and `panel`: `cardNumber`, `card_number` and
 * `CARD-NUMBER` are the words card and number.
 */
export function keyContext(key: string): KeyContext {
  if (!MENTIONS_CARDS.test(key)) return KEY_CONTEXT.none;
  const words = ` ${key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z\d]+/g, ' ')
    .toLowerCase()
    .trim()} `;
  if (/ (?:cvv|cvc|csc|cid|cvn)\d? |card ?(?:security|verification)/.test(words)) return KEY_CONTEXT.verificationCode;
  if (/ pin ?block/.test(words)) return KEY_CONTEXT.pinBlock;
  if (/ track ?(?:1|2|data) /.test(words)) return KEY_CONTEXT.track;
  if (words.endsWith(' pin ')) return KEY_CONTEXT.pin;
  if (/ pan |card ?(?:no|nr|num)| cc ?(?:no|num)|primary ?account|account ?number|^ card $/.test(words)) {
    return KEY_CONTEXT.card;
  }
  return KEY_CONTEXT.none;
}

const MENTIONS_CARDS = /pan|card|cc|account|cv[vcn]|csc|cid|pin|track/i;

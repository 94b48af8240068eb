/**
 * Why something was not accepted: a stable code (PROTOCOL § 7), the fact in words, and the document in the way.
 * Thrown, never returned: who forgets an `await` gets no document, instead of one that was not checked.
 */
export class Refusal extends Error {
  /**
   * @param {string} code the stable text, such as `bad-signature`
   * @param {string} [detail] for people and logs; not stable
   */
  constructor(code, detail = '') {
    super(detail ? `${code}: ${detail}` : code);
    this.name = 'Refusal';
    this.code = code;
    this.detail = detail;
  }
}

/** base45 (RFC 9285): bytes as text that fits the alphanumeric mode of a QR code. */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/** @param {Uint8Array} bytes @returns {string} */
export function encode(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 2) {
    const isPair = i + 1 < bytes.length;
    const n = isPair ? bytes[i] * 256 + bytes[i + 1] : bytes[i];
    text += ALPHABET[n % 45] + ALPHABET[Math.floor(n / 45) % 45];
    if (isPair) text += ALPHABET[Math.floor(n / 2025)];
  }
  return text;
}

/** @param {string} text @returns {Uint8Array | null} null when it is no base45 (RFC 9285 § 6: every overflow is refused) */
export function decode(text) {
  if (text.length % 3 === 1) return null;
  const bytes = [];
  for (let i = 0; i < text.length; i += 3) {
    const group = [...text.slice(i, i + 3)].map((c) => ALPHABET.indexOf(c));
    if (group.includes(-1) || group.length < Math.min(3, text.length - i)) return null;
    const n = group[0] + 45 * group[1] + 2025 * (group[2] ?? 0);
    if (n > (group.length === 3 ? 0xffff : 0xff)) return null;
    if (group.length === 3) bytes.push(n >> 8);
    bytes.push(n & 0xff);
  }
  return Uint8Array.from(bytes);
}

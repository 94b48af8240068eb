/** How numbers, names and times are written for people. Time and zone are arguments. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A container number as painted on the box: `MSKU 123456 5`. Anything else stays as it is. @param {string} number */
export function container(number) {
  return number.length === 11 ? `${number.slice(0, 4)} ${number.slice(4, 10)} ${number.slice(10)}` : number;
}

/** A case code in its groups, whatever blanks or hyphens it came with. @param {string} code */
export function caseCode(code) {
  const symbols = code.replace(/[\s-]/g, '').toUpperCase();
  return symbols.length === 9 ? `${symbols.slice(0, 4)}-${symbols.slice(4, 8)}-${symbols.slice(8)}` : code;
}

/** The first 8 digits of a hash, for people to compare; not unique. @param {string} hex */
export function shortHash(hex) {
  return hex.slice(0, 8);
}

/** @param {string} language @param {string} zone IANA name of the port's zone @param {Intl.DateTimeFormatOptions} options */
const formatter = (language, zone, options) => new Intl.DateTimeFormat(language, { timeZone: zone, hourCycle: 'h23', ...options });

/** The day a moment falls on in the port, `2026-11-23`. @param {number} at @param {string} zone */
export function day(at, zone) {
  return formatter('en-CA', zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
}

/**
 * A moment in the port's own time: the hour alone today, with the day otherwise.
 * @param {number | string} at milliseconds, or RFC 3339
 * @param {{ language: string, zone: string, now: number }} place
 */
export function time(at, { language, zone, now }) {
  const millis = new Date(at).getTime();
  const clock = { hour: '2-digit', minute: '2-digit' };
  const isToday = day(millis, zone) === day(now, zone);
  const isThisYear = day(millis, zone).slice(0, 4) === day(now, zone).slice(0, 4);
  const date = { month: 'short', day: 'numeric', ...(isThisYear ? {} : { year: 'numeric' }) };
  return formatter(language, zone, /** @type {any} */ (isToday ? clock : { ...date, ...clock })).format(millis);
}

/**
 * A window: the day once when it begins and ends on one.
 * @param {{ from: string, until: string }} window
 * @param {{ language: string, zone: string, now: number }} place
 */
export function window({ from, until }, place) {
  const [start, end] = [from, until].map((at) => new Date(at).getTime());
  const isOneDay = day(start, place.zone) === day(end, place.zone);
  const clock = formatter(place.language, place.zone, { hour: '2-digit', minute: '2-digit' });
  return `${time(start, place)} – ${isOneDay ? clock.format(end) : time(end, place)}`;
}

/**
 * A length of time, in its largest unit, the next one too from hours on: `2 h 5 min`.
 * @param {number} millis 0 or more
 * @param {string} language
 */
export function span(millis, language) {
  const parts = /** @type {const} */ ([[DAY, 'day'], [HOUR, 'hour'], [MINUTE, 'minute'], [SECOND, 'second']]);
  const first = parts.findIndex(([unit]) => millis >= unit);
  const at = first < 0 ? parts.length - 1 : first;
  const [unit, name] = parts[at];
  const whole = Math.floor(millis / unit);
  const rest = at < 2 ? Math.floor((millis % unit) / parts[at + 1][0]) : 0;
  const texts = [inUnit(whole, name, language)];
  if (rest > 0) texts.push(inUnit(rest, parts[at + 1][1], language));
  return texts.join(' ');
}

/** @param {number} n @param {string} unit @param {string} language */
function inUnit(n, unit, language) {
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(n);
}

/**
 * How long ago, in words of the language: `5 min. ago`, `刚刚` is left to the language.
 * @param {number} at @param {number} now @param {string} language
 */
export function age(at, now, language) {
  const passed = Math.max(0, now - at);
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  for (const [unit, name] of /** @type {const} */ ([[DAY, 'day'], [HOUR, 'hour'], [MINUTE, 'minute']])) {
    if (passed >= unit) return words.format(-Math.floor(passed / unit), name);
  }
  return words.format(0, 'second');
}

/** `4:09`, or `1:04:09`: what is left until a moment, 0:00 after it. @param {number} until @param {number} now */
export function countdown(until, now) {
  const left = Math.max(0, Math.ceil((until - now) / SECOND));
  const [h, m, s] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

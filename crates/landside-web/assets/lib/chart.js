/** Charts as plain SVG. Series are told apart by shape and dash, not by colour alone; measures are CSS pixels. */

const SVG = 'http://www.w3.org/2000/svg';

/** Height of a chart, and room below it for the days. */
const HEIGHT = 220;
const BELOW = 24;
const ABOVE = 10;

/** Least pixels from one day that is named to the next, and widths of a letter and of a Chinese sign on the axis, roughly. */
const NAMED_EVERY = 72;
const LETTER = 7;
const SIGN = 13;

/** Most lines across. */
const LINES_MAX = 4;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Round lengths of time. */
const SPANS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500], ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND), ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR), ...[1, 2, 5, 10, 20, 50, 100, 200].map((n) => n * DAY),
];

/** Round numbers. */
const COUNTS = [...Array(9)].flatMap((_, power) => [1, 2, 5].map((n) => n * 10 ** power));

/**
 * @param {string} tag @param {Record<string, string | number>} attributes @param {...(Element | string)} children
 * @returns {Element}
 */
function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Pixels that a text on the axis takes. @param {string} text */
export const wide = (text) => [...text].reduce((sum, sign) => sum + (sign >= '\u2e80' ? SIGN : LETTER), 0);

/** Where lines across stand, a step apart. @param {number} most @param {number} by */
const marksOf = (most, by) => [...Array(Math.ceil(most / by) + 1)].map((_, i) => i * by);

/**
 * The step between lines across, so that there are few of them and no two are called the same.
 * @param {number} most @param {boolean} isTime @param {(value: number) => string} [write]
 */
export function step(most, isTime, write = String) {
  const steps = isTime ? SPANS : COUNTS;
  const isClear = (/** @type {number} */ by) => {
    const names = marksOf(most, by).map(write);
    return new Set(names).size === names.length;
  };
  const few = steps.filter((one) => most / one <= LINES_MAX);
  return few.find(isClear) ?? few[0] ?? /** @type {number} */ (steps.at(-1));
}

/** Which days are named below a chart: the last, and others at even distances before it. @param {number} count @param {number} width */
export function named(count, width) {
  const room = Math.max(1, Math.floor(width / NAMED_EVERY));
  const every = Math.max(1, Math.ceil(count / room));
  return [...Array(count).keys()].filter((i) => (count - 1 - i) % every === 0);
}

/**
 * @typedef {{ name: string, look: 'one' | 'two', values: (number | null)[] }} Series null where there is nothing to show
 * @typedef {{ width: number, label: string, days: string[], series: Series[], isTime: boolean, write: (value: number) => string }} Chart
 */

/** The frame of a chart: lines across, days below. @param {Chart} chart */
function frame({ width, label, days, series, isTime, write }) {
  const most = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const by = step(most, isTime, write);
  const marks = marksOf(most, by);
  const top = /** @type {number} */ (marks.at(-1));
  const left = 12 + Math.max(...marks.map((mark) => wide(write(mark))));
  const [right, bottom] = [width - 12, HEIGHT - BELOW];
  const slot = (right - left) / days.length;
  const x = (/** @type {number} */ day) => left + slot * (day + 0.5);
  const y = (/** @type {number} */ value) => bottom - (value / top) * (bottom - ABOVE);
  const svg = s('svg', { class: 'chart', role: 'img', 'aria-label': label, viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT },
    ...marks.map((mark) => s('line', { class: 'across', x1: left, x2: right, y1: y(mark), y2: y(mark) })),
    ...marks.map((mark) => s('text', { class: 'mark', x: left - 6, y: y(mark) + 4, 'text-anchor': 'end' }, write(mark))),
    ...named(days.length, right - left).map((i) => s('text', { class: 'mark', x: Math.min(x(i), right - 14), y: HEIGHT - 6, 'text-anchor': 'middle' }, days[i])));
  return { svg, x, y, slot, bottom };
}

/** A point that tells itself under the pointer. @param {string} look @param {number} x @param {number} y @param {string} text */
function point(look, x, y, text) {
  const title = s('title', {}, text);
  if (look === 'one') return s('circle', { class: 'point one', cx: x, cy: y, r: 3.5 }, title);
  return s('rect', { class: 'point two', x: x - 3.5, y: y - 3.5, width: 7, height: 7 }, title);
}

/** Lines over days; a day without a value is a gap. @param {Chart} chart */
export function lines(chart) {
  const { svg, x, y } = frame(chart);
  // The first comes last: where two points are one, its dot stands in the other's square.
  for (const { name, look, values } of [...chart.series].reverse()) {
    let path = '';
    values.forEach((value, i) => {
      if (value === null) return;
      path += `${i > 0 && values[i - 1] !== null ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    });
    if (path) svg.append(s('path', { class: `line ${look}`, d: path }));
    values.forEach((value, i) => value !== null && svg.append(point(look, x(i), y(value), `${chart.days[i]} · ${name}: ${chart.write(value)}`)));
  }
  return svg;
}

/** Bars over days, those of one day side by side. @param {Chart} chart */
export function bars(chart) {
  const { svg, x, y, slot, bottom } = frame(chart);
  const broad = Math.max(1, Math.min(18, (slot * 0.8) / chart.series.length));
  chart.series.forEach(({ name, look, values }, nth) => values.forEach((value, i) => {
    if (!value) return;
    const from = x(i) + broad * (nth - chart.series.length / 2);
    svg.append(s('rect', { class: `bar-of ${look}`, x: from + 0.5, y: y(value), width: Math.max(1, broad - 1), height: bottom - y(value) },
      s('title', {}, `${chart.days[i]} · ${name}: ${chart.write(value)}`)));
  }));
  return svg;
}

/** What a series looks like, beside its name. @param {'line' | 'bar'} kind @param {string} look */
export function swatch(kind, look) {
  const svg = s('svg', { class: 'swatch', 'aria-hidden': 'true', viewBox: '0 0 28 12', width: 28, height: 12 });
  if (kind === 'bar') svg.append(s('rect', { class: `bar-of ${look}`, x: 6, y: 1, width: 14, height: 10 }));
  else svg.append(s('path', { class: `line ${look}`, d: 'M1 6L27 6' }), point(look, 14, 6, ''));
  return svg;
}

/**
 * One bar across, in parts. The numbers stand beside it as text.
 * @param {{ value: number, look: string }[]} parts @param {number} most what fills the whole width
 */
export function across(parts, most) {
  const svg = s('svg', { class: 'across-of', 'aria-hidden': 'true', viewBox: '0 0 1000 10', preserveAspectRatio: 'none' });
  let from = 0;
  for (const { value, look } of parts) {
    const width = most > 0 ? (value / most) * 1000 : 0;
    if (width > 0) svg.append(s('rect', { class: `part ${look}`, x: from + 1, y: 1, width: Math.max(2, width - 2), height: 8 }));
    from += width;
  }
  return svg;
}

/** What a link shows of a case, as elements. Nothing is known here but what the node put together for it. */

import * as say from '../console/say.js';
import { lightOf, lightWord } from '../console/worklist.js';
import { h, icon } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';

const { t, word } = i18n;

/**
 * @param {any} seen a `shared` object (docs/OPERATING.md § JSON)
 * @param {number} now
 */
export function page(seen, now) {
  const place = { zone: seen.zone, now, names: new Map(Object.entries(seen.names)) };
  return [
    h('div', { class: 'head' }, h('div', { class: 'name' },
      h('h1', { id: 'title', class: 'code', tabindex: '-1' }, format.container(seen.container)),
      h('p', { class: 'row' }, h('span', { class: 'code', id: 'case-code' }, seen.code), seen.state === 'closed' && h('span', { class: 'badge' }, t('console.closed')), h('span', { class: 'soft' }, say.party(seen.terminal, place))))),
    h('ul', { class: 'lights', 'aria-label': t('console.col.lights') }, ...['commercial', 'customs', 'terminal'].map((light) => {
      const { tone, image } = lightOf(seen.lights[light]);
      return h('li', { class: tone, 'data-light': light }, image, word('light', light), ' ', h('b', null, lightWord(seen.lights[light])));
    })),
    h('div', { class: 'columns' }, h('div', { class: 'stack' }, needs(seen, place), facts(seen, place)), timeline(seen, place)),
    h('p', { class: 'small soft foot' }, h('span', { id: 'good-until' }, t('share.until', { until: say.time(seen.until, place) })), h('span', null, t('share.as-of', { time: say.time(seen.now, place) }))),
  ];
}

/** @param {any} seen @param {any} place */
function needs(seen, place) {
  const left = seen.state === 'closed';
  const done = [
    seen.driver_named && t('share.driver-named'),
    seen.slot.state === 'granted' && `${t('field.slot')} ${say.window(seen.slot, place)}`,
    seen.pass_issued && t('console.pass-there'),
  ].filter(Boolean);
  const content = seen.needs.length === 0
    ? h('p', { class: 'note go' }, icon('check'), h('span', null, left ? t('console.left') : t('console.nothing-missing')))
    : h('ul', { class: 'needs' }, ...seen.needs.map((/** @type {any} */ need) => h('li', { class: 'need wait', 'data-need': need.code }, icon('clock'), h('div', null,
      h('b', null, say.need(need.code)),
      h('p', null, t('ui.owed-by', { who: say.party(need.owed_by, place) }), need.promised_at && ` · ${t('share.promised', { time: say.time(need.promised_at, place) })}`,
        need.overdue && h('span', { class: 'badge stop' }, icon('warning'), t('share.overdue')))))));
  return h('section', { class: 'card stack', 'aria-labelledby': 'needs' }, h('h2', { id: 'needs' }, t('console.needs')), content,
    done.length > 0 && h('ul', { class: 'needs there', 'aria-label': t('console.there') }, ...done.map((text) => h('li', { class: 'need done' }, icon('check'), h('div', null, text)))));
}

/** @param {any} seen @param {any} place */
function facts(seen, place) {
  const row = (/** @type {string} */ name, /** @type {any} */ value) => value && h('div', null, h('dt', null, name), h('dd', null, value));
  const { box } = seen;
  const rows = [
    row(t('field.position'), box.position),
    row(t('console.field.discharged'), box.discharged_at && say.time(box.discharged_at, place)),
    row(t('share.left-at'), seen.left_at && say.time(seen.left_at, place)),
    row(t('field.size-type'), box.size_type),
    seen.slot.state === 'asked' && row(t('field.slot'), `${say.window(seen.slot, place)} · ${t('need.slot-unanswered')}`),
    ...(box.empty_return ?? []).map((/** @type {string} */ depot) => row(t('field.depot'), depot)),
  ].filter(Boolean);
  return rows.length > 0 && h('section', { class: 'card', 'aria-label': t('console.facts') }, h('dl', { class: 'facts two' }, ...rows));
}

/** @param {any} seen @param {any} place */
function timeline(seen, place) {
  const said = (/** @type {any} */ step) => {
    if (step.verdict) return step.verdict === 'admit' ? t('share.admitted') : t('share.refused');
    return word('kind', step.kind);
  };
  return h('section', { class: 'card stack', 'aria-labelledby': 'timeline' }, h('h2', { id: 'timeline' }, t('console.timeline')),
    seen.steps.length === 0 && h('p', { class: 'soft' }, t('console.timeline.empty')),
    h('ol', { class: 'timeline' }, ...[...seen.steps].reverse().map((step) => h('li', { class: 'done', 'data-kind': step.kind },
      h('time', { datetime: step.at }, say.time(step.at, place)),
      h('b', null, said(step)),
      step.by && h('p', { class: 'small by' }, say.party(step.by, place))))));
}

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as csv from '../../crates/landside-web/assets/console/csv.js';
import * as state from '../../crates/landside-web/assets/console/state.js';
import { lines } from './desk.js';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const parties = new Map([['forwarder', { id: 'forwarder', name: 'Brandt Forwarding', roles: ['forwarder'] }]]);
const port = { zone: 'Asia/Shanghai', parties };
const list = (count, next = null) => ({ lines: lines(count, NOW), next, open: count, mine: 0, complete: true });

test('a case that changes goes to its place, and one that is open no more goes', () => {
  const before = list(20);
  const other = before.lines.at(-1);
  const after = state.changed(before, other.code, { ...other, waits_for_me: true, opened_at: '2000-01-01T00:00:00.000Z' });
  assert.equal(after.lines[0].code, other.code);
  assert.equal(after.lines.length, 20);
  assert.equal(state.changed(before, other.code, null).lines.length, 19);
  assert.equal(before.lines.length, 20, 'the list before is as it was');
});

test('what belongs behind the last loaded line is left to its page', () => {
  const before = list(20, 'cursor');
  const late = { ...before.lines[0], code: 'ZZZZ-ZZZZ-Z', waits_for_me: false, opened_at: '2099-01-01T00:00:00.000Z' };
  assert.equal(state.changed(before, late.code, late).lines.length, 20);
  assert.equal(state.changed({ ...before, next: null }, late.code, late).lines.length, 21);
});

test('a line that moved between two pages stands once', () => {
  const [a, b, c] = lines(3, NOW);
  const first = state.begun({ cases: [a, b], next: 'x', open: 3, mine: 0, complete: true });
  const both = state.longer(first, { cases: [b, c], next: null, open: 3, mine: 0, complete: true });
  assert.deepEqual(both.lines.map((line) => line.code), [a.code, b.code, c.code]);
});

test('only a truck that is about to come for what is kept is urgent', () => {
  const line = { ...lines(1, NOW)[0], slot: { from: new Date(NOW + 3600_000).toISOString(), until: new Date(NOW + 7200_000).toISOString() } };
  assert.ok(state.isUrgent(line, NOW));
  assert.ok(!state.isUrgent({ ...line, needs: [] }, NOW));
  assert.ok(!state.isUrgent({ ...line, admitted: true }, NOW));
  assert.ok(!state.isUrgent(line, NOW - 2 * 3600_000));
  assert.ok(!state.isUrgent({ ...line, slot: undefined }, NOW));
});

test('never more rows are drawn than are seen and a margin, wherever the list is', () => {
  for (const top of [0, 40_000, 799_000, 10_000_000]) {
    const { from, until } = state.drawn({ top, height: 900 }, 40, 20_000, 12);
    assert.ok(from >= 0 && until <= 20_000 && until - from <= 48, `${top}: ${from} to ${until}`);
  }
  assert.deepEqual(state.drawn({ top: 0, height: 900 }, 40, 0, 12), { from: 0, until: 0 });
});

test('what stands in a case is what its documents add up to', () => {
  const step = (id, kind, payload, issuer = 'line') => ({ id, kind, payload, issuer });
  const known = state.facts({ timeline: [
    step('1', 'release-order', { bill: 'A', terms: { release_to: 'x' } }), step('2', 'release-order', { bill: 'B', terms: {} }),
    step('3', 'release-change', { bill: 'A', action: 'block' }), step('4', 'release-change', { bill: 'B', action: 'cancel' }),
    step('5', 'hold', { hold_type: 'freight', reason: 'r' }), step('6', 'hold', { hold_type: 'court', reason: 'r' }, 'customs'), step('7', 'hold-lift', { builds_on: '5' }),
    step('8', 'customs-status', { consignment: 'A', status: 'exam' }, 'customs'), step('9', 'customs-status', { consignment: 'A', status: 'released' }, 'customs'),
    step('10', 'arrival', undefined, 'terminal'), step('11', 'release-change', { bill: 'unknown', action: 'block' }),
  ] });
  assert.deepEqual(known.releases.map((r) => [r.bill, r.state, state.stands(r)]), [['A', 'blocked', true], ['B', 'cancelled', false]]);
  assert.deepEqual(known.holds.map((hold) => hold.id), ['6']);
  assert.deepEqual(known.customs.map((s) => s.status), ['released']);
  assert.equal(known.arrival, null, 'a document that is not to be had says nothing');
});

test('a moment goes into a field and back in the zone of the port, over a change of the clocks too', () => {
  for (const zone of ['Asia/Shanghai', 'Africa/Dar_es_Salaam', 'Europe/Amsterdam', 'UTC', 'America/St_Johns']) {
    for (const at of ['2026-11-23T16:30:00.000Z', '2026-03-29T00:30:00.000Z', '2026-03-29T01:30:00.000Z', '2026-10-25T12:00:00.000Z']) {
      assert.equal(state.moment(state.local(Date.parse(at), zone), zone), at, `${at} in ${zone}`);
    }
  }
  for (const none of ['', 'soon', '2026-13-45T99:99']) assert.equal(state.moment(none, 'UTC'), '');
});

test('a table of releases becomes drafts, in any of the usual separators', () => {
  for (const separator of [',', ';', '\t']) {
    const text = ['\uFEFFContainer,Bill,Release to,Valid until,Depot', 'msku 123456 5,"MEDU ""1""",Brandt Forwarding,2026-12-24,'].join('\r\n').replaceAll(',', separator);
    const { fault, rows } = csv.releases(text, port);
    assert.equal(fault, '');
    assert.deepEqual(rows.map((row) => row.fault), ['']);
    assert.deepEqual(rows[0].fields, { container: 'MSKU1234565', bill: 'MEDU "1"', terms: { release_to: 'forwarder', valid_until: '2026-12-24T15:59:00.000Z', haulage: 'merchant' } });
  }
});

test('a line that is wrong is named with what is wrong, and the others stay', () => {
  const head = 'container,bill,release_to,valid_until,haulage,size_type';
  const bad = { container: 'MSKU1234567,B,forwarder,2026-12-24', reference: 'MSKU1234565,,forwarder,2026-12-24', party: 'MSKU1234565,B,nobody,2026-12-24', time: 'MSKU1234565,B,forwarder,soon', haulage: 'MSKU1234565,B,forwarder,2026-12-24,train', sizeType: 'MSKU1234565,B,forwarder,2026-12-24,carrier,40 feet' };
  const { rows } = csv.releases([head, ...Object.values(bad), 'MSKU1234565,B,forwarder,2026-12-24T08:00,carrier,45g1'].join('\n'), port);
  assert.deepEqual(rows.map((row) => row.fault), [...Object.keys(bad), '']);
  for (const text of ['', 'container,bill\nx,y', `${head},price\n`]) assert.equal(csv.releases(text, port).fault, 'columns');
  assert.equal(csv.releases(`${head}\n${'MSKU1234565,B,forwarder,2026-12-24\n'.repeat(csv.ROWS_MAX + 1)}`, port).fault, 'rows');
});

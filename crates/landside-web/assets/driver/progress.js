/**
 * What a terminal tells the driver of things whose documents a driver does not get: what is red, who owes it, the
 * limits of the right, where the container is, where the empty goes. The one place that knows the form of `progress`.
 */

import { KINDS, LIGHTS } from '../lib/kinds.js';
import * as t from '../lib/schema.js';

const need = t.map([
  [0, 'code', t.remark],
  [1, 'light?', t.word(...LIGHTS)],
  [2, 'detail', t.remark],
  [3, 'owed_by', t.remark],
]);
const limits = t.map([[0, 'until?', t.time], [1, 'plate?', t.plate], [2, 'depot?', t.reference]]);
const arrival = t.map([[0, 'discharged_at?', t.time], [1, 'available', t.bool], [2, 'position?', t.reference]]);

KINDS.progress ??= {
  signers: ['terminal'],
  payload: t.map([
    [0, 'visit', t.tuple([['terminal', t.party], ['container', t.container]])],
    [1, 'needs', t.list(need)],
    [2, 'holder?', t.party],
    [3, 'limits', limits],
    [4, 'arrival?', arrival],
    [5, 'empty_return?', t.map([[0, 'depot', t.reference], [1, 'reference?', t.reference]])],
  ]),
};

/**
 * @typedef {{
 *   needs: { code: string, light: string | null, detail: string, owedBy: string }[],
 *   holder: string | null,
 *   limits: { until?: string, plate?: string, depot?: string },
 *   arrival: { dischargedAt: string | null, isAvailable: boolean, position: string | null } | null,
 *   emptyReturn: { depot: string, reference?: string } | null,
 * }} Progress
 */

/** @param {any} document the JSON form of a `progress` @returns {Progress} */
export function readProgress(document) {
  const { arrival: told } = document;
  return {
    needs: document.needs.map((/** @type {any} */ n) => ({
      code: n.code, light: n.light ?? null, detail: n.detail, owedBy: n.owed_by,
    })),
    holder: document.holder ?? null,
    limits: document.limits,
    arrival: told
      ? { dischargedAt: told.discharged_at ?? null, isAvailable: told.available, position: told.position ?? null }
      : null,
    emptyReturn: document.empty_return ?? null,
  };
}

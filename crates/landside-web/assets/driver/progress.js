/**
 * What a terminal tells the driver of things whose documents a driver does not get: what is red, who owes it, the
 * limits of the right, where the container is, where the empty goes (PROTOCOL § 4, progress).
 */

/**
 * @typedef {{
 *   needs: { code: string, light: string, owedBy: string }[],
 *   holder: string | null,
 *   limits: { until?: string, plate?: string, depot?: string },
 *   pass: string | null, binding: string | null,
 *   isOffShip: boolean, dischargedAt: string | null, position: string | null,
 *   emptyReturns: { depot: string, reference?: string }[],
 * }} Progress
 */

/** @param {any} document the JSON form of a `progress` @returns {Progress} */
export function readProgress(document) {
  const { needs, right, pass, binding, discharged_at: dischargedAt, position, empty_return: emptyReturns } = document;
  return {
    needs: needs.map((/** @type {any} */ n) => ({ code: n.code, light: n.light, owedBy: n.owed_by })),
    holder: right?.holder ?? null,
    limits: right?.limits ?? {},
    pass: pass ?? null,
    binding: binding ?? null,
    isOffShip: !needs.some((/** @type {any} */ n) => n.code === 'not-arrived'),
    dischargedAt: dischargedAt ?? null,
    position: position ?? null,
    emptyReturns: emptyReturns ?? [],
  };
}

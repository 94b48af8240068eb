// A port in which a driver picks up: six parties, and how a container comes to the haulier.

import { containerCheckDigit } from '../../crates/landside-web/assets/lib/ids.js';
import { Port, until } from './port.js';

const PARTIES = {
  line: ['line', 'The line'], terminal: ['terminal', 'The terminal'], customs: ['customs', 'The customs'], forwarder: ['forwarder', 'The forwarder'],
  haulier: ['haulier', 'The haulier'], rival: ['haulier', 'The rival'],
};

/** The parties' nodes, in the time of Dar es Salaam; a truck may come half a day early. */
export const pickupPort = () => Port.open(PARTIES, ['zone = "UTC"', 'zone = "Africa/Dar_es_Salaam"'], ['early_minutes = 30', 'early_minutes = 720']);

/** A container by its number in a row. */
export function container(serial) {
  const unchecked = `PRTU${String(serial).padStart(6, '0')}`;
  return `${unchecked}${containerCheckDigit(unchecked)}`;
}

/** A container released, cleared, off the ship, and passed on to the haulier. @param {Port} port */
export async function withRight(port, number, bill) {
  const days = new Date(Date.now() + 5 * 24 * 3600_000).toISOString();
  await port.say('line', 'issue', 'release-order', '--container', number, '--bill', bill, '--terminal', 'terminal', '--terms.release_to', 'forwarder',
    '--terms.valid_until', days, '--terms.haulage', 'merchant', '--terms.empty_return.depot', 'TZDAR DEPOT 4');
  await until('the forwarder has the case', () => port.say('forwarder', 'status', number).then(() => true, () => false));
  await port.say('customs', 'issue', 'customs-status', '--container', number, '--consignment', bill, '--terminal', 'terminal', '--status', 'released');
  await port.say('terminal', 'issue', 'arrival', '--container', number, '--available', 'true', '--cleared', 'true', '--position', 'yard', '--discharged_at', new Date(Date.now() - 3600_000).toISOString());
  await port.say('forwarder', 'pass', number, '--to', 'haulier');
  await until('the haulier holds the right', () => port.say('haulier', 'status', number).then(([seen]) => seen.right?.holder === 'haulier', () => false));
}

/** Why something was not done, and what to do: from the node's stable code, in the language shown. */

import { has, t } from './i18n.js';

/** @param {any} problem with a code @returns {{ code: string, fact: string, remedy: string, detail: string }} */
export function trouble(problem) {
  const code = problem.code ?? 'console-broken';
  for (const family of ['refusal', 'problem']) {
    if (!has(`${family}.${code}`)) continue;
    const remedy = has(`${family}.${code}.do`) ? t(`${family}.${code}.do`) : '';
    return { code, fact: t(`${family}.${code}`), remedy, detail: problem.detail ?? '' };
  }
  return { code, fact: problem.detail || code, remedy: problem.remedy ?? '', detail: '' };
}

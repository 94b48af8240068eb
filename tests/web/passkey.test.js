// Passkeys on a real node, with the browser's own virtual authenticator (Chrome DevTools Protocol, domain WebAuthn).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { axe, launch, shot, watched } from './browser.js';
import { Port } from './port.js';

const PASSWORD = 'six crates of green apples';

let browser;
let port;
let home;

before(async () => {
  browser = await launch();
  port = await Port.open({ line: ['line', 'Northern Sparrow Line'], terminal: ['terminal', 'Lower Stream Terminal'] });
  // Passkeys are for a name, and an address is none: that of the console here is `localhost`.
  home = new URL(await port.link('line'));
});
after(async () => {
  await browser?.close();
  await port?.close();
});

/** A page in a browser of its own, with an authenticator that knows its person. */
async function device(locale = 'en-GB', options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale });
  const page = await watched(context, /status of 4\d\d|ERR_INCOMPLETE/);
  const wire = await context.newCDPSession(page);
  await wire.send('WebAuthn.enable');
  const { authenticatorId } = await wire.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...options },
  });
  page.authenticator = (method, more) => wire.send(`WebAuthn.${method}`, { authenticatorId, ...more });
  return page;
}

const right = async (page) => {
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(page.faults, []);
};

/** Logs in with the password. */
async function byPassword(page, login) {
  await page.goto(`${home.origin}/`);
  await page.locator('#login').fill(login);
  await page.fill('#password', PASSWORD);
  await page.click('#go');
  await page.waitForSelector('#search');
}

/** Adds a passkey in the account page. */
async function add(page, name) {
  await page.click('#to-account');
  await page.locator('#passkey-name').fill(name);
  await page.fill('#passkey-password', PASSWORD);
  await page.click('#add-passkey');
  await page.locator('li[data-passkey]').filter({ hasText: name }).waitFor();
}

test('a person adds a passkey, logs in with it in both languages, and takes it away', async () => {
  const page = await device();
  await page.goto(home.href);
  await page.locator('#again').waitFor();
  await page.fill('#login', 'wang.wei');
  await page.fill('#name', 'Wang Wei');
  await page.fill('#password', PASSWORD);
  await page.fill('#again', PASSWORD);
  await page.click('#go');
  await page.waitForSelector('#search');
  await page.click('#to-account');
  await page.locator('#passkeys-none').waitFor();
  await page.fill('#passkey-name', 'desk');
  await page.fill('#passkey-password', 'not the password');
  await page.click('#add-passkey');
  await page.locator('[data-code="password-wrong"]').waitFor();
  await right(page);
  await page.fill('#passkey-password', PASSWORD);
  await page.click('#add-passkey');
  const row = page.locator('li[data-passkey]').filter({ hasText: 'desk' });
  await row.waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'passkeys-title');
  await right(page);
  await shot(page, 'console-passkeys');
  const { credentials } = await page.authenticator('getCredentials');
  assert.equal(credentials.length, 1);
  assert.ok(credentials[0].isResidentCredential);
  assert.equal(credentials[0].rpId, 'localhost');

  await page.click('#log-out');
  for (const [language, label] of [['en', 'Log in with a passkey'], ['zh-CN', '使用通行密钥登录']]) {
    await page.locator(`#language-${language}`).click();
    const go = page.getByRole('button', { name: label });
    await go.waitFor();
    await right(page);
    await go.click();
    await page.waitForSelector('#search');
    await page.waitForFunction((code) => document.documentElement.lang === code, language);
    await page.click('#to-account');
    await page.locator('li[data-passkey]').waitFor();
    await right(page);
    await page.locator('#log-out').click();
    await page.locator('#by-passkey').waitFor();
  }

  await page.locator('#language-en').click();
  await page.getByRole('button', { name: 'Log in with a passkey' }).click();
  await page.waitForSelector('#search');
  await page.click('#to-account');
  await page.getByRole('button', { name: 'Remove desk' }).click();
  await page.locator('#passkeys-none').waitFor();
  await page.locator('#log-out').click();
  // The device has it still; the node does not.
  await page.locator('#by-passkey').click();
  await page.locator('[data-code="passkey-wrong"]').waitFor();
  await right(page);
});

test('a copied passkey is found out by its counter, and what the person cancels is said', async () => {
  const page = await device();
  await byPassword(page, 'wang.wei');
  await add(page, 'phone');
  const { credentials: [copied] } = await page.authenticator('getCredentials');
  await page.click('#log-out');
  await page.locator('#by-passkey').click();
  await page.waitForSelector('#search');
  const thief = await device();
  await thief.authenticator('addCredential', { credential: { ...copied, signCount: 0 } });
  await thief.goto(`${home.origin}/`);
  await thief.locator('#by-passkey').click();
  await thief.locator('[data-code="passkey-wrong"]').waitFor();
  const unsure = await device();
  // The virtual authenticator does not say no by itself.
  await unsure.addInitScript(() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')); });
  await unsure.goto(`${home.origin}/`);
  await unsure.locator('#by-passkey').click();
  await unsure.locator('[data-code="passkey-cancelled"]').waitFor();
  await right(unsure);
});

test('an administrator takes the passkeys of a person away, and the session that one began ends', async () => {
  const admin = await device();
  await byPassword(admin, 'wang.wei');
  await admin.click('#to-people');
  await admin.click('#add-person');
  await admin.locator('dialog #login').fill('li.na');
  await admin.fill('dialog #name', 'Li Na');
  await admin.click('dialog #go');
  const link = await admin.locator('#link').inputValue();
  const page = await device('zh-CN');
  await page.goto(link.replace('127.0.0.1', 'localhost'));
  await page.locator('#again').fill(PASSWORD);
  await page.fill('#password', PASSWORD);
  await page.click('#go');
  await page.waitForSelector('#search');
  await add(page, '工作手机');
  await admin.click('dialog #close');
  await admin.reload();
  await admin.locator('#passkeys-li\\.na').click();
  await admin.locator('#sure').click();
  await admin.locator('#passkeys-li\\.na').waitFor({ state: 'detached' });
  await right(admin);
  await page.locator('#anew').waitFor();
  await page.locator('#by-passkey').click();
  await page.locator('#anew [data-code="passkey-wrong"]').waitFor();
  await page.fill('#anew #password', PASSWORD);
  await page.click('#anew #go');
  await page.locator('#anew').waitFor({ state: 'detached' });
});

test('where the page is reached by an address nothing is offered', async () => {
  const page = await device();
  await page.goto(`${home.origin.replace('localhost', '127.0.0.1')}/`);
  await page.locator('#go').waitFor();
  const offered = await page.evaluate(async () => (await (await fetch('api/v1/session/passkey')).json()).origin);
  assert.equal(offered, home.origin);
  assert.ok(await page.locator('#by-passkey').isHidden());
});

test('a clerk of the gate adds a passkey in the account page and logs in to the gate with it', async () => {
  const { url } = (await port.say('terminal', 'people', 'add', 'gerrit', '--name', 'Gerrit Bakker', '--role', 'gate'))[0];
  const page = await device();
  await page.goto(url.replace('127.0.0.1', 'localhost'));
  await page.locator('#again').fill(PASSWORD);
  await page.fill('#password', PASSWORD);
  await page.click('#go');
  await page.waitForURL('**/gate/');
  await page.locator('#typed').waitFor();
  await page.click('#settings');
  await page.click('#account');
  await page.waitForURL('**/#/account');
  await page.locator('#passkey-name').fill('gate tablet');
  await page.fill('#passkey-password', PASSWORD);
  await page.click('#add-passkey');
  await page.locator('li[data-passkey]').filter({ hasText: 'gate tablet' }).waitFor();
  const gate = new URL('/gate/', port.consoles.terminal).href;
  await page.goto(gate);
  await page.locator('#typed').waitFor();
  await page.click('#settings');
  await page.click('#logout');
  await page.locator('#login').waitFor();
  await page.locator('#by-passkey').waitFor();
  await shot(page, 'gate-login-passkey');
  await right(page);
  await page.click('#by-passkey');
  await page.locator('#login').waitFor({ state: 'detached' });
  await page.locator('#typed').waitFor();
  await right(page);
  // A passkey that the node does not know is told, and the password still works.
  await page.click('#settings');
  await page.click('#account');
  await page.getByRole('button', { name: 'Remove gate tablet' }).click();
  await page.locator('#passkeys-none').waitFor();
  await page.goto(gate);
  await page.locator('#typed').waitFor();
  await page.click('#settings');
  await page.click('#logout');
  await page.locator('#by-passkey').click();
  await page.locator('[data-code="passkey-wrong"]').waitFor();
  await page.fill('#login-name', 'gerrit');
  await page.fill('#login-password', PASSWORD);
  await page.click('#login-go');
  await page.locator('#typed').waitFor();
});

/**
 * Lets the app open without a network: keeps its files, all of one version, and gives them from there. Traffic with the
 * node (`api/`) is never touched.
 */

/** SHA-256 over the files below; `tests/web/seal` writes it, and a test compares. A new one makes browsers fetch anew. */
const VERSION = 'f7eb9e36624be4a8';

const FILES = [
  '../lib/base45.js',
  '../lib/bytes.js',
  '../lib/cbor.js',
  '../lib/cose.js',
  '../lib/directory.js',
  '../lib/dom.js',
  '../lib/format.js',
  '../lib/i18n.js',
  '../lib/ids.js',
  '../lib/key.js',
  '../lib/kinds.js',
  '../lib/presentation.js',
  '../lib/qr.js',
  '../lib/refusal.js',
  '../lib/schema.js',
  '../style/base.css',
  '../style/icons.svg',
  '../style/parts.css',
  '../style/tokens.css',
  '../text/en.json',
  '../text/zh-CN.json',
  '../vendor/qr/decode.js',
  '../vendor/qr/index.js',
  'api.js',
  'app.js',
  'driver.css',
  'icon-maskable.svg',
  'icon.svg',
  './',
  'invitation.js',
  'link.js',
  'manifest.webmanifest',
  'phone.js',
  'progress.js',
  'state.js',
  'store.js',
  'views.js',
];

const CACHE = `landside-driver-${VERSION}`;

self.addEventListener('install', (event) => {
  const anew = FILES.map((file) => new Request(file, { cache: 'reload' }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(anew)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith('landside-driver-') && name !== CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener('message', (event) => {
  if (event.data === 'take over') void self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const isOurs = url.origin === location.origin && !url.pathname.startsWith(new URL('api/', location.href).pathname);
  if (request.method === 'GET' && isOurs) event.respondWith(answer(request));
  if (request.mode === 'navigate') event.waitUntil(renewPolicy());
});

/** The page's policy names the node's UDP port, which may change while no file does. It counts from the next opening on. */
async function renewPolicy() {
  const name = 'content-security-policy';
  const cache = await caches.open(CACHE);
  const [kept, fresh] = await Promise.all([cache.match('./'), fetch('./', { method: 'HEAD', cache: 'no-store' }).catch(() => null)]);
  const policy = fresh?.ok ? fresh.headers.get(name) : null;
  if (!kept || !policy || policy === kept.headers.get(name)) return;
  const headers = new Headers(kept.headers);
  headers.set(name, policy);
  await cache.put('./', new Response(await kept.blob(), { headers }));
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  const wanted = request.mode === 'navigate' ? './' : request;
  return (await cache.match(wanted, { ignoreSearch: true })) ?? fetch(request);
}

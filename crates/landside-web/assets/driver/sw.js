/**
 * Lets the app open without a network: keeps its files, all of one version, and gives them from there. Traffic with the
 * node (`api/`) is never touched.
 */

/** SHA-256 over the files below; `tests/web/seal` writes it, and a test compares. A new one makes browsers fetch anew. */
const VERSION = '1e09592e2397c29c';

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
});

async function answer(request) {
  const cache = await caches.open(CACHE);
  const wanted = request.mode === 'navigate' ? './' : request;
  return (await cache.match(wanted, { ignoreSearch: true })) ?? fetch(request);
}

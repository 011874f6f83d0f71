// Keeps the check-in page at hand when there is no line; everything else goes to the network.
const KEPT = "daka-checkin";
const FILES = __FILES__;
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  const path = address.pathname + address.search;
  if (event.request.method !== "GET" || address.origin !== location.origin || !FILES.includes(path)) return;
  event.respondWith((async () => {
    const cache = await caches.open(KEPT);
    try {
      const answer = await fetch(event.request);
      if (answer.ok && !answer.redirected) await cache.put(event.request, answer.clone());
      return answer;
    } catch {
      return (await cache.match(path)) ?? Response.error();
    }
  })());
});

// Shows pushes and opens what they are about. It keeps no pages: a tracking page that is not current misleads.
"use strict";

const HOME = "/orders/";

// Only pages of this portal are opened, whatever a push may say.
const ours = (link) => {
  try {
    const url = new URL(link, self.location.origin);
    return url.origin === self.location.origin ? url.href : new URL(HOME, self.location.origin).href;
  } catch {
    return new URL(HOME, self.location.origin).href;
  }
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    // A push that can't be read must still be shown: browsers end subscriptions that stay silent.
  }
  const { title = "Logistics Portal", body = "", link = HOME, tag, lang } = told;
  const look = { body, tag, lang, icon: "/static/icon-192.png", badge: "/static/badge-96.png", data: { link: ours(link) } };
  event.waitUntil(self.registration.showNotification(title, { ...look, renotify: Boolean(tag) }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { link } = event.notification.data;
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const open = pages.find((page) => page.url.split(/[?#]/)[0] === link);
    return open ? open.focus() : self.clients.openWindow(link);
  })());
});

// The browser's address at its push service changed: the next page of an order that is opened tells us the new one.
self.addEventListener("pushsubscriptionchange", (event) => {
  const options = event.oldSubscription?.options;
  if (options) event.waitUntil(self.registration.pushManager.subscribe(options));
});

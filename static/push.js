// "Tell me on this phone": shown where the browser can, and says what is so. Without this file nothing is missing.
"use strict";

{
  const DAY = 24 * 3600 * 1000;
  const canPush = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  // Safari on phones pushes only to pages that were put on the home screen.
  const isBare = navigator.standalone === false;

  const box = () => document.getElementById("push");
  const show = (name) => {
    for (const part of box().querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== name;
    box().hidden = false;
  };
  const say = (text) => (box().querySelector("[role=status]").textContent = text ?? "");

  // What this browser was told about this merchant and customer: {endpoint, at}.
  const noteName = () => `push ${box().dataset.scope}`;
  const note = () => JSON.parse(localStorage.getItem(noteName()) ?? "null");
  const keep = (endpoint) => localStorage.setItem(noteName(), JSON.stringify({ endpoint, at: Date.now() }));

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (raw) => btoa(String.fromCharCode(...new Uint8Array(raw))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const post = async (address, fields) => {
    const body = new FormData(box().querySelector("form"));
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const answer = await fetch(address, { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.status);
  };

  const tell = async (named) => {
    await post(box().dataset.push, { endpoint: named.endpoint, ...named.keys });
    keep(named.endpoint);
  };

  const worker = async () => {
    await navigator.serviceWorker.register(box().dataset.worker, { scope: "/" });
    return navigator.serviceWorker.ready;
  };

  // The demo shows pushes on a page of its own, so there it goes on without a push service.
  const standIn = async () => {
    const { publicKey } = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const point = await crypto.subtle.exportKey("raw", publicKey), auth = crypto.getRandomValues(new Uint8Array(16));
    return { endpoint: `https://push.invalid/${crypto.randomUUID()}`, keys: { p256dh: text(point), auth: text(auth) } };
  };

  const subscribe = async () => {
    const { pushManager } = await worker();
    const key = bytes(box().dataset.key), old = await pushManager.getSubscription();
    // One that was made with another key of ours takes no pushes any more.
    if (old && text(old.options.applicationServerKey) !== box().dataset.key) await old.unsubscribe();
    try {
      return (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
    } catch (error) {
      if (box().dataset.demo === undefined || error.name === "NotAllowedError") throw error;
      return standIn();
    }
  };

  const turnOn = async () => {
    say("");
    if ((await Notification.requestPermission()) !== "granted") return paint();
    try {
      await tell(await subscribe());
    } catch {
      say(box().dataset.failed);
    }
    paint();
  };

  const turnOff = async () => {
    say("");
    try {
      await post(box().dataset.end, { endpoint: note().endpoint });
      localStorage.removeItem(noteName());
    } catch {
      say(box().dataset.failed);
    }
    paint();
  };

  const paint = () => {
    if (!box()) return;
    if (!canPush) return isBare ? show("home-screen") : undefined;
    if (Notification.permission === "denied") return show("denied");
    show(note() && Notification.permission === "granted" ? "on" : "off");
  };

  // Addresses change, and the number may have been proved anew: what was wanted is told again, once a day.
  const renew = async () => {
    const told = note();
    if (!canPush || !told || Notification.permission !== "granted") return;
    const held = await (await worker()).pushManager.getSubscription();
    if (held && (held.endpoint !== told.endpoint || Date.now() - told.at > DAY)) await tell(held.toJSON());
    if (!held && box().dataset.demo === undefined) localStorage.removeItem(noteName());
    paint();
  };

  document.addEventListener("click", (event) => {
    const act = event.target.closest?.("#push [data-act]")?.dataset.act;
    if (act) (act === "on" ? turnOn : turnOff)();
  });
  document.addEventListener("renewed", paint); // the page took itself over from the server
  paint();
  if (box()) renew().catch(() => {}); // no net, or signed out meanwhile: the next visit does it
}

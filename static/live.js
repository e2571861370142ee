// An open page follows its order: the server says "changed", the page reads itself anew and takes over what differs.
// Without this file, or without the stream, the page is complete and stays as it was read.
"use strict";

{
  const LONGEST = 10 * 60 * 1000, SHOWN = 60 * 1000, SPREAD = 4000;
  const note = document.getElementById("live");
  let address = note.dataset.live, at = note.dataset.at, stream = null, wait = 15000, timer = 0, fading = 0;
  let isReading = false, isStale = false;

  // What scripts have added is no part of what the server sends, and scripts run once.
  const sent = (node) => [...node.childNodes].filter((child) => child !== note && child.nodeName !== "SCRIPT" && child.dataset?.added === undefined);

  const kind = (node) => [node.nodeName, node.id ?? "", node.classList?.[0] ?? ""].join();

  // Turns `old` into `fresh` by few changes, so that focus, selection and opened parts stay.
  const morph = (old, fresh) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const mine = sent(old), theirs = sent(fresh);
    let spot = 0;
    theirs.forEach((child, index) => {
      const isWanted = (node) => theirs.slice(index).some((other) => kind(other) === kind(node));
      while (spot < mine.length && !isWanted(mine[spot])) mine[spot++].remove();
      // A part with a name is found again behind the blank that its lost neighbor leaves: what is typed in it stays.
      while (child.id && mine[spot]?.nodeType === Node.TEXT_NODE && mine[spot + 1]?.id === child.id) mine[spot++].remove();
      if (spot < mine.length && kind(mine[spot]) === kind(child)) morph(mine[spot++], child);
      else old.insertBefore(child, mine[spot] ?? null);
    });
    for (const extra of mine.slice(spot)) extra.remove();
  };

  const sentence = (main) => main.querySelector("h1")?.textContent.trim() ?? "";
  const newest = (main) => main.querySelector(".timeline .what p")?.textContent.trim() ?? "";

  const say = (before, after) => {
    const news = before[0] !== after[0] ? after[0] : before[1] !== after[1] ? after[1] : "";
    note.textContent = [note.dataset.said, news].filter(Boolean).join(" ");
    clearTimeout(fading);
    fading = setTimeout(() => (note.textContent = ""), SHOWN);
  };

  const takeOver = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const main = document.getElementById("main"), theirs = fresh.getElementById("main"), told = fresh.getElementById("live");
    if (!theirs || !told) return stop();
    address = told.dataset.live;
    told.remove();
    const before = [sentence(main), newest(main)], was = main.textContent;
    morph(main, theirs);
    document.dispatchEvent(new Event("renewed"));
    if (main.textContent !== was) say(before, [sentence(main), newest(main)]);
  };

  const read = async () => {
    if (isReading) return (isStale = true);
    isReading = true;
    try {
      do {
        isStale = false;
        const answer = await fetch(location.pathname + location.search, { cache: "no-cache", credentials: "same-origin" });
        if (answer.status >= 400 && answer.status < 500) return stop();
        if (answer.ok) takeOver(await answer.text());
        else later();
      } while (isStale);
    } catch {
      later();
    } finally {
      isReading = false;
    }
  };

  // The stream was refused (its pass ran out, the server is away): look after a while, each time after a longer one.
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => { await read(); open(); }, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST);
  };

  const close = () => {
    clearTimeout(timer);
    stream?.close();
    stream = null;
  };

  const stop = () => {
    close();
    document.removeEventListener("visibilitychange", follow);
  };

  const open = () => {
    if (document.hidden || stream && stream.readyState !== EventSource.CLOSED) return;
    stream = new EventSource(`${address}?at=${at}`);
    stream.addEventListener("open", () => (wait = 15000));
    stream.addEventListener("changed", (event) => { at = event.lastEventId; read(); });
    // Everybody hears this at once, so they come one after the other; who goes before its turn hears it again.
    stream.addEventListener("resync", (event) => {
      clearTimeout(timer);
      timer = setTimeout(() => { at = event.lastEventId; read(); }, Math.random() * SPREAD);
    });
    stream.addEventListener("error", () => { if (stream?.readyState === EventSource.CLOSED) later(); });
  };

  // A page that nobody sees needs no stream; when it is seen again, the stream tells whether it missed something.
  const follow = () => (document.hidden ? close() : open());

  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  open();
}

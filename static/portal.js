// Niceties only: every page is complete without this file.
"use strict";

// A copy button beside a tracking number; again when the page has renewed itself.
const addCopyButtons = () => {
  for (const spot of document.querySelectorAll("[data-copy]")) {
    const place = spot.closest(".parcel")?.lastElementChild; // beside other buttons, where there are some
    if (!navigator.clipboard || (place ?? spot.parentElement).querySelector("[data-added]")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button plain tight";
    button.textContent = spot.dataset.copyLabel;
    button.dataset.added = "";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(spot.dataset.copy);
      button.textContent = spot.dataset.copied;
      setTimeout(() => (button.textContent = spot.dataset.copyLabel), 2000);
    });
    if (place) place.prepend(button);
    else spot.after(button);
  }
};
addCopyButtons();
document.addEventListener("renewed", addCopyButtons);

// Codes are digits: what else is pasted along falls away.
for (const input of document.querySelectorAll("input[data-digits]")) {
  input.addEventListener("input", () => {
    input.value = input.value.normalize("NFKC").replace(/\D/g, "").slice(0, Number(input.dataset.digits));
  });
}

// What a number tells by itself, as soon as it is typed; the page tells it anyway when the form is sent.
for (const place of document.querySelectorAll("[data-hints]")) {
  const form = place.closest("form");
  let asked = "";
  form.elements.number.addEventListener("change", async (event) => {
    const number = (asked = event.target.value.trim());
    const body = new FormData(form);
    body.delete("last_four");
    try {
      const answer = number ? await fetch(place.dataset.hints, { method: "POST", body }) : null;
      const html = answer?.ok ? (await answer.text()).trim() : "";
      if (number === asked) place.innerHTML = html; // else a newer one is on its way
    } catch {
      place.textContent = ""; // no net: the server says it later
    }
  });
}

// A second press of the same button must not send the same thing twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// Seconds until a new code may be asked for.
for (const button of document.querySelectorAll("button[data-wait]")) {
  const label = button.textContent.trim();
  const ends = Date.now() + Number(button.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${label} (${left})` : label;
    if (left > 0) setTimeout(tick, 1000);
  };
  tick();
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// The signature: strokes as one SVG path in a box of 600 by 200.
for (const box of document.querySelectorAll("[data-signature]")) {
  box.hidden = false;
  const canvas = box.querySelector("canvas"), field = box.querySelector("input"), pen = canvas.getContext("2d");
  let path = "", isDown = false;
  const place = (event) => {
    const edge = canvas.getBoundingClientRect();
    return [Math.round(((event.clientX - edge.left) / edge.width) * 600), Math.round(((event.clientY - edge.top) / edge.height) * 200)];
  };
  pen.lineWidth = 3; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#10131a";
  canvas.addEventListener("pointerdown", (event) => {
    isDown = true;
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = place(event);
    path += `M${x} ${y}l0 0`;
    pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x, y); pen.stroke();
    field.value = path;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!isDown || path.length > 18000) return;
    const [x, y] = place(event);
    path += `L${x} ${y}`;
    pen.lineTo(x, y); pen.stroke();
    field.value = path;
  });
  const lift = () => { isDown = false; };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  box.querySelector("button").addEventListener("click", () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    path = field.value = "";
  });
}

// The preview of a message's words follows what is typed; without it the button does.
const form = document.querySelector("form[data-words]");
const preview = document.getElementById("words-preview");
let waiting = 0;
let asked = 0;

async function show() {
  const turn = ++asked;
  const body = new FormData(form);
  body.set("do", "preview");
  const url = new URL(location.href);
  url.searchParams.set("alone", "");
  const answer = await fetch(url, { method: "POST", body });
  if (answer.ok && turn === asked) preview.innerHTML = await answer.text();
}

form?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 250);
});

// What staff pages do beyond links and forms.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) {
    for (const part of document.querySelectorAll("details")) part.open = true;
    window.print();
  }
});

// On a phone each row of a list is a card: its cells say what they are, and those that hold nothing make no room.
document.addEventListener("DOMContentLoaded", () => {
  const heads = [...document.querySelectorAll("#result_list thead th")];
  const labels = heads.map((head) => head.querySelector(".text")?.textContent.trim() ?? "");
  for (const row of document.querySelectorAll("#result_list tr.data-row")) {
    [...row.children].forEach((cell, place) => {
      if (labels[place]) cell.dataset.label = labels[place];
      cell.classList.toggle("is-empty", ["", "–", "-"].includes(cell.textContent.trim()) && !cell.querySelector("input, img, svg, span"));
    });
  }
});

// "/" opens the search box, as Ctrl+K does, where one is not typing already.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  window.dispatchEvent(new CustomEvent("opencommand"));
});

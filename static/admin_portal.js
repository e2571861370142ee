// What staff pages do beyond links and forms.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) {
    for (const part of document.querySelectorAll("details")) part.open = true;
    window.print();
  }
});

// "/" opens the search box, as Ctrl+K does, where one is not typing already.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  window.dispatchEvent(new CustomEvent("opencommand"));
});

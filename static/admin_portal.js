// What staff pages do beyond links and forms.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) {
    for (const part of document.querySelectorAll("details")) part.open = true;
    window.print();
  }
});

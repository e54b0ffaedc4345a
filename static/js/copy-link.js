import { said } from './words.js';
// A button with data-copy puts that text on the clipboard and says so in its own words. Hidden where there is no clipboard.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const word = button.querySelector("[data-copy-word]");
    word.textContent = said("Copied");
    word.setAttribute("role", "status");
  });
}

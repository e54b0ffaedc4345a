import { said } from './words.js';
// Draws a badge while its form is typed: half a second after the last change, and never an older answer over a newer one.

const PAUSE_MS = 500;
const REFUSED = 409;

for (const place of document.querySelectorAll("[data-preview]")) follow(place);

function follow(place) {
  const form = place.closest("form");
  let timer = 0;
  let newest = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => draw(place, form, ++newest, () => newest), PAUSE_MS);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  if (place.querySelector("img").hidden) later();
}

async function draw(place, form, number, newest) {
  const says = place.querySelector("[role=status]");
  try {
    const answer = await fetch(place.dataset.preview, { method: "POST", body: new FormData(form) });
    const [picture, sentence] = await read(answer);
    if (number !== newest()) return;
    says.textContent = sentence;
    if (picture) show(place.querySelector("img"), picture, form);
  } catch {
    if (number === newest()) says.textContent = said("The preview can't be reached. What you typed is still here.");
  }
}

async function read(answer) {
  const isPicture = answer.headers.get("Content-Type")?.startsWith("image/");
  if (answer.ok && isPicture) return [await asAddress(await answer.blob()), ""];
  if (answer.status === REFUSED) return ["", (await answer.json()).sentence];
  return ["", said("The preview didn't work. What you typed is still here.")];
}

function asAddress(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = failed;
    reader.readAsDataURL(blob);
  });
}

function show(image, picture, form) {
  image.src = picture;
  image.hidden = false;
  image.alt = form.elements.alt_text?.value || image.alt;
}

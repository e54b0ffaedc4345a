/* Clock, “Next part” and “Finish” in a small window above everything else, where the browser has such windows: while people
   show another program, this page is behind it. */
import { alsoLookIn, find } from './recorder-page.js';

const SIZE = { width: 460, height: 170 };
let small = null;

const bringBack = () => {
  const bar = find('float-bar');
  alsoLookIn(null);
  find('float-home').append(bar);
  find('float-box').hidden = false;
  small = null;
};

const lift = async () => {
  small = await window.documentPictureInPicture.requestWindow(SIZE);
  const { head, body, documentElement } = small.document;
  documentElement.lang = document.documentElement.lang;
  small.document.title = 'Recording';
  head.append(...[...document.querySelectorAll('link[rel="stylesheet"]')].map((one) => small.document.importNode(one)));
  body.className = 'recorder__float';
  body.append(find('float-bar'));
  alsoLookIn(small.document);
  find('float-box').hidden = true;
  small.addEventListener('pagehide', bringBack, { once: true });
};

export const offerFloat = () => {
  if (!window.documentPictureInPicture) return;
  find('float-box').hidden = false;
  find('float').addEventListener('click', () => lift().catch(() => null));
};

/* Back into the page, and the page in front. */
export const sink = () => {
  if (!small) return;
  const over = small;
  bringBack();
  over.close();
  window.focus();
};

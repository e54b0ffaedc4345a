/* data-embed="address": nothing is asked of the other site before the button is pressed. */
for (const box of document.querySelectorAll('[data-embed]')) {
  box.querySelector('[data-embed-load]').addEventListener('click', (event) => {
    const frame = document.createElement('iframe');
    frame.src = box.dataset.embed;
    frame.title = box.dataset.embedTitle;
    frame.className = 'embed__frame';
    frame.allowFullscreen = true;
    frame.referrerPolicy = 'no-referrer';
    frame.sandbox = 'allow-scripts allow-same-origin allow-presentation allow-popups';
    event.currentTarget.replaceWith(frame);
    frame.focus();
  });
}

/* data-peek: a small picture of the moment on the line under the pointer, or of the link that has the focus. */
const ACROSS = 10;
const A_SHEET = 100;
const WIDTH = 160;
const HEIGHT = 90;
const asClock = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;

const bind = (peek) => {
  const player = peek.closest('[data-player]');
  const chart = player.querySelector('[data-timeline]');
  const length = Number(chart.dataset.timeline);
  const pictures = Number(player.dataset.pictures);
  const picture = peek.querySelector('svg');
  const image = peek.querySelector('[data-peek-image]');
  const time = peek.querySelector('[data-peek-time]');

  const show = (ms) => {
    const at = Math.min(pictures - 1, Math.floor(ms / Number(player.dataset.step)));
    const sheet = Math.floor(at / A_SHEET);
    const place = at % A_SHEET;
    const address = player.dataset.sprite.replace(/0$/, sheet);
    if (image.getAttribute('href') !== address) image.setAttribute('href', address);
    picture.setAttribute('viewBox', `${(place % ACROSS) * WIDTH} ${Math.floor(place / ACROSS) * HEIGHT} ${WIDTH} ${HEIGHT}`);
    time.textContent = asClock(ms);
    peek.style.setProperty('--at', Math.min(1, ms / length));
    peek.hidden = false;
  };
  const hide = () => (peek.hidden = true);
  chart.addEventListener('pointermove', (event) => {
    const box = chart.getBoundingClientRect();
    show(Math.max(0, Math.min(length, ((event.clientX - box.left) / box.width) * length)));
  });
  chart.addEventListener('pointerleave', hide);
  document.addEventListener('focusin', (event) => {
    const link = event.target.closest('[data-seek]');
    if (link && link.matches(':focus-visible')) show(Number(link.dataset.seek));
    else hide();
  });
  document.addEventListener('keydown', (event) => event.key === 'Escape' && hide());
};
document.querySelectorAll('[data-peek]').forEach(bind);

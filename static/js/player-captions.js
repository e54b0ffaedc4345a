/* data-captions: shows and hides the captions of its player; the key b does the same outside text fields. */
const rests = (target) => target.closest('input:not([type="radio"]), select, textarea, [contenteditable]');

const bind = (button) => {
  const track = button.closest('[data-player]').querySelector('.player__video').textTracks[0];
  const show = () => button.setAttribute('aria-pressed', track.mode === 'showing');
  track.mode = 'disabled';
  button.hidden = false;
  button.addEventListener('click', () => {
    track.mode = track.mode === 'showing' ? 'disabled' : 'showing';
    show();
  });
  button.closest('[data-player]').querySelector('.player__video').textTracks.addEventListener('change', show);
};
document.querySelectorAll('[data-captions]').forEach(bind);
document.addEventListener('keydown', (event) => {
  if (event.key !== 'b' || event.ctrlKey || event.metaKey || event.altKey || rests(event.target)) return;
  document.querySelector('[data-captions]')?.click();
});

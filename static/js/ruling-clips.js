/* data-clip: the clips of rulings. One film sounds at a time: a clip that begins to play stops other clips and the recording of
   the page, the recording stops clips, and a clip that is folded away stops too. */
const clips = () => document.querySelectorAll('[data-clip]');
const recording = () => document.querySelector('[data-player] .player__video');

document.addEventListener('play', ({ target }) => {
  const isClip = target.matches('[data-clip]');
  if (!isClip && target !== recording()) return;
  for (const other of clips()) if (other !== target) other.pause();
  if (isClip) recording()?.pause();
}, true);
document.addEventListener('toggle', ({ target }) => {
  if (target.open) return;
  for (const clip of target.querySelectorAll?.('[data-clip]') ?? []) clip.pause();
}, true);

/* A film in a bucket plays from a link that ends after five minutes. Where it breaks off for that, our own address is asked once
   more, with the permission of this moment, and the film goes on where it was. Three times a minute at most: then it stays broken. */
const MOST = 3;
const MINUTE = 60000;

const renew = (video, at) => {
  const { paused, playbackRate } = video;
  video.addEventListener(
    'loadedmetadata',
    () => {
      video.currentTime = at;
      video.playbackRate = playbackRate;
      if (!paused) video.play();
    },
    { once: true },
  );
  video.load();
};

for (const video of document.querySelectorAll('[data-player] video')) {
  let at = 0;
  let renewed = [];
  const remember = () => {
    if (!video.error && video.readyState) at = video.currentTime;
  };
  video.addEventListener('timeupdate', remember);
  video.addEventListener('seeking', remember);
  video.addEventListener('error', () => {
    const now = Date.now();
    renewed = renewed.filter((time) => now - time < MINUTE);
    if (!at || renewed.length >= MOST) return;
    renewed.push(now);
    renew(video, at);
  });
}

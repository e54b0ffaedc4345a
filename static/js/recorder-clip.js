/* The test clip: ten seconds with everything on, played back, and never sent anywhere. */
import { TrackRecorder, chooseFormat } from './recorder-tracks.js';
import { said } from './words.js';

/* Record `seconds` of a stream; `tick(left)` each second. Returns the clip. */
export const recordClip = async (stream, seconds, tick) => {
  const pieces = [];
  const recorder = new TrackRecorder(stream, {
    format: chooseFormat(), bitsPerSecond: 1_200_000, onPiece: (blob) => pieces.push(blob), onFault: () => null,
  });
  await recorder.start();
  for (let left = seconds; left > 0; left -= 1) {
    tick(left);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  await recorder.stop();
  return new Blob(pieces, { type: recorder.recorder.mimeType.split(';')[0] });
};

/* Show a clip in this box, in place of the one before. */
export const playClip = (box, clip) => {
  const before = box.querySelector('video');
  if (before) URL.revokeObjectURL(before.src);
  const video = Object.assign(document.createElement('video'), { src: URL.createObjectURL(clip), controls: true, playsInline: true });
  video.setAttribute('aria-label', said('Your test clip'));
  box.replaceChildren(video);
  box.hidden = false;
};

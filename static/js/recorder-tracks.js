/* Streams into pieces. MP4 with a key frame every two seconds where the browser writes one, WebM elsewhere: without frequent key
   frames an MP4 keeps everything to itself until its end, and a crash would lose it all. */
const SLICE = 2000; // an encoder holds one key frame's time back, so that a crash loses four seconds at most
const KEY_FRAMES = 2000;
const MP4 = 'video/mp4;codecs=avc1,opus';
const WEBM = ['video/webm;codecs=vp9,opus', 'video/webm;codecs=vp8,opus'];
const ANY_MP4 = 'video/mp4';

/* Whether the browser reads the option at all: a dictionary asks only for the members that it knows. */
const setsKeyFrames = () => {
  let asked = false;
  try {
    const options = { get videoKeyFrameIntervalDuration() { asked = true; return KEY_FRAMES; } };
    return Boolean(new MediaRecorder(new MediaStream(), options)) && asked;
  } catch {
    return asked;
  }
};

/* The best format here, or "" where there is none. */
export const chooseFormat = () => {
  const order = setsKeyFrames() ? [MP4, ...WEBM, ANY_MP4] : [...WEBM, MP4, ANY_MP4];
  return order.find((one) => MediaRecorder.isTypeSupported(one)) ?? '';
};

const withoutSound = (format) => format.replace(/,opus$/, '');

/* One running MediaRecorder. `onPiece(blob, ms)` is awaited in order; `ms` is what is surely inside by then. */
export class TrackRecorder {
  constructor(stream, { format, bitsPerSecond, onPiece, onFault }) {
    const hasSound = stream.getAudioTracks().length > 0;
    this.recorder = new MediaRecorder(stream, {
      mimeType: hasSound ? format : withoutSound(format),
      videoBitsPerSecond: bitsPerSecond, audioBitsPerSecond: 96_000, videoKeyFrameIntervalDuration: KEY_FRAMES,
    });
    this.queue = Promise.resolve();
    this.isStopped = new Promise((resolve) => (this.recorder.onstop = resolve));
    this.isStarted = new Promise((resolve) => {
      this.recorder.onstart = () => resolve((this.startedAt = performance.now()));
    });
    this.recorder.ondataavailable = ({ data }) => data.size && this.hand(data, onPiece);
    this.recorder.onerror = () => onFault();
  }

  hand(data, onPiece) {
    const held = this.recorder.state === 'inactive' ? 0 : KEY_FRAMES;
    const ms = Math.max(0, Math.round(performance.now() - this.startedAt - held));
    this.queue = this.queue.then(() => onPiece(data, ms));
  }

  start() {
    this.recorder.start(SLICE);
    return this.isStarted;
  }

  /* Resolves when the last piece was taken. */
  async stop() {
    if (this.recorder.state !== 'inactive') this.recorder.stop();
    await this.isStopped;
    return this.queue;
  }
}

/* Microphone and the sound of what is shared, mixed into one track. Returns the track and the node for a meter. */
export const mixSound = (streams) => {
  const context = new AudioContext();
  const mix = context.createMediaStreamDestination();
  for (const stream of streams.filter((one) => one?.getAudioTracks().length)) {
    context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(mix);
  }
  return { track: mix.stream.getAudioTracks()[0], close: () => context.close() };
};

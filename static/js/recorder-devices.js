/* Microphone, camera and screen, and what to say when the browser doesn't give them. */
import { chooseFormat } from './recorder-tracks.js';

const PERMISSION = 'Press the icon left of the address, allow it there, then try again.';
const REFUSALS = {
  microphone: {
    NotAllowedError: ['The microphone is not allowed', PERMISSION],
    NotFoundError: ['No microphone was found', 'Plug one in, or connect your headset, then try again.'],
    NotReadableError: ['Another program has the microphone', 'Close calls and meetings in other windows, then try again.'],
  },
  camera: {
    NotAllowedError: ['The camera is not allowed', `${PERMISSION} Or go on without it.`],
    NotFoundError: ['No camera was found', 'Plug one in and try again, or go on without it.'],
    NotReadableError: ['Another program has the camera', 'Close calls and meetings in other windows, then try again. Or go on without it.'],
  },
  screen: {
    NotAllowedError: ['Nothing was shared', 'Try again and choose a window. On a Mac, allow the browser in System Settings, Privacy, Screen Recording.'],
    NotFoundError: ['There is nothing that could be shared', 'Open the window that you want to show, then try again.'],
    NotReadableError: ['The system doesn’t let the browser see the screen', 'Allow it in the system’s privacy settings, restart the browser, then come back.'],
  },
};
const OTHER = ['That didn’t work', 'Try again. If it stays so, restart the browser, or send a file instead.'];
const SIMILAR = { OverconstrainedError: 'NotFoundError', AbortError: 'NotReadableError', SecurityError: 'NotAllowedError' };

/* A result word and what to do next, for an error of getUserMedia or getDisplayMedia. */
export const wordsFor = (device, error) => {
  const words = REFUSALS[device];
  return words[error.name] ?? words[SIMILAR[error.name]] ?? OTHER;
};

/* Why this browser can't record at all, as a result word and what to do; null where it can. */
export const whyNotHere = (needsScreen) => {
  if (!window.isSecureContext) return ['The address is not secure', 'Browsers record on https:// addresses only. Open this page with https://, or send a file instead.'];
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return ['This browser can’t record', 'Open this page in a current Chrome, Edge, Firefox or Safari, or send a file instead.'];
  if (needsScreen && !navigator.mediaDevices.getDisplayMedia) return ['This browser can’t share a screen', 'Phones and tablets can’t. Open this page on a computer, or send a file instead.'];
  if (!window.indexedDB || !navigator.locks) return ['This browser keeps nothing', 'It could lose your recording. Use a current browser, not a private window.'];
  if (!chooseFormat()) return ['No format that we can read', 'Open this page in a current Chrome, Edge, Firefox or Safari, or send a file instead.'];
  return null;
};

const chosen = (id) => (id ? { deviceId: { exact: id } } : {});

/* Keep this page in front after a window was chosen: the next checks are here. */
const stayHere = () => {
  if (!window.CaptureController) return {};
  const controller = new CaptureController();
  controller.setFocusBehavior?.('no-focus-change');
  return { controller };
};

export const ASK = {
  microphone: (id) => navigator.mediaDevices.getUserMedia({ audio: { ...chosen(id), echoCancellation: true, noiseSuppression: true } }),
  camera: (id) => navigator.mediaDevices.getUserMedia({ video: { ...chosen(id), width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15, max: 30 } } }),
  screen: () => navigator.mediaDevices.getDisplayMedia({
    ...stayHere(), video: { width: { max: 1920, ideal: 1280 }, height: { max: 1080, ideal: 720 }, frameRate: { ideal: 10, max: 15 } },
    audio: true, selfBrowserSurface: 'exclude', surfaceSwitching: 'include', systemAudio: 'include',
  }),
};

export const listDevices = async (kind) => {
  const all = await navigator.mediaDevices.enumerateDevices();
  return all.filter((one) => one.kind === kind && one.deviceId);
};

/* Tell when a device goes: at once when it ends, after five seconds when it gives nothing. Returns a function that stops watching. */
export const watchTrack = (track, onLost) => {
  const guard = new AbortController();
  const { signal } = guard;
  let timer = 0;
  track.addEventListener('ended', () => onLost('ended'), { signal });
  track.addEventListener('mute', () => (timer = setTimeout(() => onLost('muted'), 5000)), { signal });
  track.addEventListener('unmute', () => clearTimeout(timer), { signal });
  return () => {
    clearTimeout(timer);
    guard.abort();
  };
};

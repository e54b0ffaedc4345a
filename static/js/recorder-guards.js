/* What must not happen while something is recorded: a screen that goes dark, a page that closes by a slip, a second recorder. */
let lock = null;

const ask = async () => {
  try {
    lock = await navigator.wakeLock.request('screen');
  } catch { /* without it the learner's own settings decide */ }
};

const askAgain = () => document.visibilityState === 'visible' && ask();

const warn = (event) => {
  event.preventDefault();
  event.returnValue = '';
};

export const stayAwake = () => {
  if (!navigator.wakeLock) return;
  ask();
  document.addEventListener('visibilitychange', askAgain);
};

export const mayRest = () => {
  document.removeEventListener('visibilitychange', askAgain);
  lock?.release().catch(() => null);
  lock = null;
};

export const warnBeforeLeaving = (on) => (on ? window.addEventListener('beforeunload', warn) : window.removeEventListener('beforeunload', warn));

/* Whether this tab alone works on recordings, from now until it closes. The browser gives the lock back when a tab dies. */
export const isOnlyTab = () =>
  new Promise((resolve) => {
    navigator.locks.request('recorder', { ifAvailable: true }, (mine) => {
      resolve(Boolean(mine));
      return mine ? new Promise(() => null) : null;
    });
  });

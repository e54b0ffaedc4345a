// The number of unread notices follows while a page is open. One visible tab asks for all of them, at most once a minute and at
// uneven times, later after failures, and no more once nobody has touched the page for an hour.
const MINUTE = 60_000;
const badge = document.querySelector("[data-notice-count]");
const title = document.title;
let known = Number(badge?.dataset.noticeNumber ?? 0);
let askedAt = Date.now();
let touchedAt = Date.now();
let wait = MINUTE;
let isOver = false;
let release = null;
let timer = 0;

const channel = "BroadcastChannel" in window ? new BroadcastChannel("notice-count") : null;
const said = document.createElement("div");

function show(count, isNews) {
  badge.hidden = count === 0;
  badge.querySelector("[data-notice-digits]").textContent = String(count);
  document.title = count ? `(${count}) ${title}` : title;
  if (isNews && count > known) said.textContent = `${badge.dataset.noticeSaid} ${count}`;
  known = count;
}

async function ask() {
  askedAt = Date.now();
  try {
    const response = await fetch(badge.dataset.noticeCount, { headers: { "If-None-Match": `"${known}"` }, cache: "no-store" });
    if (response.status === 401 || response.status === 403) isOver = true;
    else if (response.status === 200) take((await response.json()).unread, true);
    else if (response.status !== 304) throw new Error(String(response.status));
    wait = MINUTE;
  } catch {
    wait = Math.min(wait * 2, 15 * MINUTE);
  }
  channel?.postMessage({ count: known, askedAt });
}

function take(count, isNews) {
  if (Number.isInteger(count) && count !== known) show(count, isNews);
}

function isAwake() {
  return !isOver && document.visibilityState === "visible" && Date.now() - touchedAt < 60 * MINUTE;
}

function plan() {
  clearTimeout(timer);
  if (!release) return;
  const uneven = wait + Math.random() * 20_000;
  timer = setTimeout(async () => {
    if (!isAwake()) return leave();
    await ask();
    plan();
  }, Math.max(1000, askedAt + uneven - Date.now()));
}

function leave() {
  clearTimeout(timer);
  release?.();
  release = null;
}

// Whoever holds the lock asks; another visible tab takes over when it is let go.
let waiting = null;
function enter() {
  if (release || waiting || !isAwake()) return;
  if (!navigator.locks) {
    release = () => {};
    plan();
    return;
  }
  waiting = new AbortController();
  navigator.locks
    .request("notice-count", { signal: waiting.signal }, () => {
      waiting = null;
      if (!isAwake()) return undefined;
      return new Promise((resolve) => {
        release = resolve;
        plan();
      });
    })
    .catch(() => {
      waiting = null;
    });
}

function settle() {
  if (isAwake()) return enter();
  waiting?.abort();
  return leave();
}

function touched() {
  touchedAt = Date.now();
  enter();
}

if (badge) {
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  document.body.append(said);
  show(known, false);
  channel?.addEventListener("message", ({ data }) => {
    askedAt = Math.max(askedAt, data.askedAt);
    take(data.count, document.visibilityState === "visible");
  });
  document.addEventListener("visibilitychange", settle);
  for (const name of ["pointerdown", "keydown", "scroll"]) addEventListener(name, touched, { passive: true, capture: true });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", settle);
  enter();
}

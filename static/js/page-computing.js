/* data-computing: what is computed in the background comes by itself. The page is asked for again until it no longer says so. */
const EVERY = 8000;

let asking = false;

const ask = async () => {
  if (asking || document.hidden) return;
  asking = true;
  try {
    const answer = await fetch(location.href);
    if (answer.ok && !(await answer.text()).includes('data-computing')) location.reload();
  } catch {
    /* No connection: the next time asks again. */
  } finally {
    asking = false;
  }
};
setInterval(ask, EVERY);

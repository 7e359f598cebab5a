// A page of the site in; relative times and working copy buttons out. Without it the page says the same in full.
const UNITS = [['day', 864e5], ['hour', 36e5], ['minute', 6e4]];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const tell = () => {
  for (const time of document.querySelectorAll('time[datetime]')) {
    const past = Date.now() - Date.parse(time.dateTime);
    time.title ||= time.textContent;
    const [unit, size] = UNITS.find((each) => past >= each[1]) ?? UNITS.at(-1);
    // Beyond a week the date says more than a count of days; a date to come is somebody's clock, and stays as written.
    if (past < 0 || past > 7 * 864e5) time.textContent = time.title;
    else time.textContent = past < 6e4 ? 'just now' : relative.format(-Math.floor(past / size), unit);
  }
};
tell();
setInterval(tell, 6e4);

for (const button of document.querySelectorAll('button[data-copy]')) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Select and copy by hand';
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

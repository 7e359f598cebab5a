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

// What a copy button did is said to screen readers in a place of its own: the button's name stays what it does.
const said = document.createElement('p');
said.setAttribute('role', 'status');
said.className = 'unseen';
const shown = new Map();

const copy = async (button) => {
  const source = document.getElementById(button.dataset.copy);
  const text = button.dataset.text ?? source.textContent.trim();
  const face = button.firstChild;
  const usual = shown.get(button)?.usual ?? face.data;
  try {
    await navigator.clipboard.writeText(text);
    face.data = 'Copied';
    said.textContent = `Copied: ${(button.getAttribute('aria-label') ?? usual).replace(/^Copy:? /, '')}`;
  } catch {
    // Refused by the browser: what can be is marked, for the reader's own copy command.
    if (source) getSelection().selectAllChildren(source);
    face.data = source ? 'Marked' : 'Not copied';
    said.textContent = source ? 'The browser forbids copying; the text is marked.' : 'The browser forbids copying.';
  }
  clearTimeout(shown.get(button)?.timer);
  const timer = setTimeout(() => {
    face.data = usual;
    said.textContent = '';
    shown.delete(button);
  }, 3000);
  shown.set(button, { usual, timer });
};

if (navigator.clipboard) {
  document.body.append(said);
  for (const button of document.querySelectorAll('button[data-copy], button[data-text]')) {
    button.hidden = false;
    button.addEventListener('click', () => copy(button));
  }
}

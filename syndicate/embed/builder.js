// The settings of the embed builder in; the preview and the code that makes it, out. Without it the page has the code as it is by default.
const form = document.forms[0];
const sample = document.getElementById('sample');
const put = (id, text) => { document.getElementById(id).textContent = text; };
const { base, script, integrity } = form.dataset;
const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign]);
const value = (name) => form.elements[name].value.trim();
const ticked = (name) => form.elements[name].checked;
const valid = (name) => (form.elements[name].validity.valid ? value(name) : '');

// Attributes in the order of the documentation; what is the default is left out.
const attributes = () => Object.entries({
  mode: value('mode'),
  speed: value('mode') || value('speed') === '60' ? '' : value('speed'),
  limit: valid('limit'),
  dir: value('dir'),
  label: value('label'),
  'pause-label': value('pause-label'),
  'play-label': value('play-label'),
  'stale-label': value('stale-label'),
  target: ticked('target') ? '_blank' : '',
  times: ticked('times') ? true : '',
}).filter(([, text]) => text);

const looks = () => {
  const own = ticked('own') ? ['background', 'color', 'link'].map((name) => [`--ticker-${name}`, value(name)]) : [];
  return [...(valid('width') ? [['max-inline-size', `${valid('width')}px`]] : []), ...own];
};

// WCAG 2.2, relative luminance.
const light = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, share, index) => {
  const part = parseInt(colour.slice(1 + 2 * index, 3 + 2 * index), 16) / 255;
  return sum + share * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
}, 0);
const contrast = (one, other) => {
  const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
};

const preview = (given, styles, feed) => {
  const src = `../ticker/${feed.value}.json`;
  for (const name of sample.getAttributeNames()) {
    if (!['id', 'src', 'paused', 'data-stale', 'style'].includes(name) && !given.some(([each]) => each === name)) sample.removeAttribute(name);
  }
  for (const [name, text] of given) {
    const wanted = text === true ? '' : text;
    if (sample.getAttribute(name) !== wanted) sample.setAttribute(name, wanted);
  }
  if (sample.getAttribute('src') !== src) sample.setAttribute('src', src);
  for (const name of ['max-inline-size', '--ticker-background', '--ticker-color', '--ticker-link']) sample.style.removeProperty(name);
  for (const [name, text] of styles) sample.style.setProperty(name, text);
};

const html = (given, styles, feed) => {
  const source = `${base}/ticker/${feed.value}.json`;
  const rules = [['display', 'block'], ['min-block-size', '2.5em'], ...styles].map(([name, text]) => `    ${name}: ${text};\n`).join('');
  const said = given.map(([name, text]) => (text === true ? ` ${name}` : ` ${name}="${escaped(text)}"`)).join('');
  return `<style>\n  news-ticker[src="${source}"] {\n${rules}  }\n</style>\n`
    + `<script type="module" src="${script}"\n  integrity="${integrity}"\n  crossorigin="anonymous"></script>\n`
    + `<news-ticker src="${source}"${said}>\n  <a href="${base}/feeds/${feed.value}/">${escaped(feed.text)}</a>\n</news-ticker>`;
};

const react = (given, styles, feed) => {
  const named = (name) => (name.startsWith('--') ? `'${name}'` : name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()));
  const rules = [['display', 'block'], ['min-block-size', '2.5em'], ...styles].map(([name, text]) => `${named(name)}: '${text}'`).join(', ');
  const said = given.map(([name, text]) => (text === true ? ` ${name}=""` : ` ${name}="${escaped(text)}"`)).join('');
  const before = document.getElementById('code-react').textContent.split('    <news-ticker')[0];
  return `${before}    <news-ticker src="${base}/ticker/${feed.value}.json"${said}\n      style={{ ${rules} }}>\n`
    + `      <a href="${base}/feeds/${feed.value}/">{${json(feed.text)}}</a>\n    </news-ticker>\n  );\n}`;
};
const json = (text) => JSON.stringify(text).replace(/[<>&']/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

const build = () => {
  const feed = form.elements.feed.selectedOptions[0], given = attributes(), styles = looks();
  put('code-html', html(given, styles, feed));
  put('code-react', react(given, styles, feed));
  put('code-address', `${base}/feeds/${feed.value}/`);
  put('code-list', `<iframe src="${base}/embed/${feed.value}/" title="${escaped(feed.text)}"\n  width="${valid('width') || '100%'}" height="400"`
    + ' loading="lazy" sandbox="allow-popups"></iframe>');
  preview(given, styles, feed);
  form.elements.shown.value = value('speed');
  form.elements.speed.disabled = value('mode') === 'list';
  for (const name of ['background', 'color', 'link']) form.elements[name].disabled = !ticked('own');
  const least = Math.min(...['color', 'link'].map((name) => contrast(value('background'), value(name))));
  const weak = ticked('own') && least < 4.5;
  put('contrast', weak ? `Hard to read: contrast ${least.toFixed(1)} to 1, and 4.5 is the least.` : '');
};

const wanted = new URLSearchParams(location.search).get('feed');
if ([...form.elements.feed.options].some((each) => each.value === wanted)) form.elements.feed.value = wanted;
form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', build);
// Told once a setting is made, not at every step of a slider.
form.addEventListener('change', () => put('told', `Code updated: ${form.elements.feed.selectedOptions[0].text}.`));
build();

// <news-ticker src="https://HOST/ticker/ID.json"> in a page; its headlines, moving, kept current and reachable without a mouse, out.
// Attributes: src, speed (pixels a second), limit, label, paused, pause-label, play-label, stale-label, mode (marquee | list),
// target, times. Methods: play(), pause(), refresh(). Events: ticker-update, ticker-error.
// Whatever goes wrong, what is shown stays: the last headlines, or the list inside the element.
const style = new CSSStyleSheet();
style.replaceSync(`
:host{display:block;contain:content;min-block-size:2.5em}
[hidden]{display:none!important}
.bar{display:flex;align-items:center;min-block-size:2.5em;background:var(--ticker-background,none);color:var(--ticker-color,inherit)}
button{flex:none;display:grid;place-items:center;inline-size:2.5em;min-inline-size:24px;min-block-size:max(2.5em,24px);padding:0;border:0;background:none;color:inherit;font:inherit;cursor:pointer}
svg{inline-size:1em;block-size:1em;fill:currentColor}
.view{flex:1;min-inline-size:0;overflow:clip;mask-image:linear-gradient(90deg,#0000,#000 1em calc(100% - 1em),#0000)}
.view:focus-within{mask-image:none}
.track,ul{display:flex;flex:none;min-inline-size:100%}
ul{margin:0;padding:0;list-style:none}
.track{inline-size:100%}
li{flex:none;white-space:nowrap;padding-inline-end:var(--ticker-gap,2.5em)}
a{display:inline-block;padding-block:.4em;min-block-size:24px;box-sizing:border-box;color:var(--ticker-link,inherit);text-decoration:none}
a:hover{text-decoration:underline}
:focus-visible{outline:2px solid;outline-offset:-2px}
small{font-size:.8em;color:var(--ticker-muted,inherit);margin-inline-start:.6em}
.stale{flex:none;border:1px solid;padding:0 .4em;margin-inline-end:.6em}
[part~=urgent] a{font-weight:700}
.still .view{overflow:auto;mask-image:none}
.list{align-items:start}
.list ul,.list .track{display:block}
.list li{white-space:normal;padding:0}
`);
const ICON = { pause: 'M3 2h4v12H3zm6 0h4v12H9z', play: 'M3 1l11 7-11 7z' };
const STALE_AFTER = 9e5, LONGEST_WAIT = 900, LONGEST_TTL = 3600, MOST = 200;
const reduced = matchMedia('(prefers-reduced-motion: reduce)');
const UNITS = [['day', 864e5], ['hour', 36e5], ['minute', 6e4]];

const make = (name, part, ...inside) => {
  const node = document.createElement(name);
  node.setAttribute('part', part);
  node.append(...inside);
  return node;
};

// Only plain text and http(s) addresses come through; everything else of a headline is dropped with it.
const clean = (text, most = 300) => typeof text === 'string'
  ? text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu, ' ').trim().slice(0, most) : '';
const headline = (raw) => {
  try {
    const url = new URL(raw.url), title = clean(raw.title), lang = clean(raw.lang, 35);
    if (!/^https?:$/.test(url.protocol) || !title || !Number.isSafeInteger(raw.id)) return;
    return {
      id: raw.id, url: url.href, title, urgent: raw.urgent === true, source: clean(raw.source, 80),
      time: Date.parse(raw.time), lang: /^[a-z]{2,8}(-[a-z\d]{1,8})*$/i.test(lang) ? lang : ''
    };
  } catch {}
};

const ago = (time, lang) => {
  const past = Math.max(Date.now() - time, 6e4), [unit, size] = UNITS.find((each) => past >= each[1]);
  return new Intl.RelativeTimeFormat(lang, { style: 'short', numeric: 'auto' }).format(-Math.floor(past / size), unit);
};

class NewsTicker extends HTMLElement {
  static observedAttributes = ['src', 'speed', 'limit', 'label', 'paused', 'pause-label', 'play-label', 'stale-label', 'mode', 'times'];
  // Seconds; no document can make readers poll faster.
  static shortestWait = 10;

  // It moves while nothing speaks against it: user, hover, focus, away (off screen), hidden (tab).
  #against = new Set(['away']);
  #items = new Map();
  #places = new Map();
  #doc; #text; #motion; #width = 0; #room = 0; #timer; #sign = 1; #due = 0; #failures = 0; #fresh = 0; #busy; #off;
  #list = make('ul', 'list');
  #clone = make('ul', 'list');
  #track = make('div', 'track', this.#list, this.#clone);
  #view = make('div', 'viewport', this.#track);
  #icon = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  #button = make('button', 'button');
  #stale = make('small', 'stale');
  #bar = make('div', 'bar', this.#button, this.#stale, this.#view);
  #slot = document.createElement('slot');

  constructor() {
    super();
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 16 16');
    svg.setAttribute('aria-hidden', 'true');
    svg.append(this.#icon);
    this.#button.type = 'button';
    this.#button.append(svg);
    this.#track.className = 'track';
    this.#view.className = 'view';
    this.#stale.className = 'stale';
    this.#bar.hidden = this.#stale.hidden = true;
    this.#view.setAttribute('role', 'region');
    this.#list.setAttribute('role', 'list');
    this.#clone.setAttribute('aria-hidden', 'true');
    this.#clone.inert = true;
    this.#button.onclick = () => this.toggleAttribute('paused');
    // Behind the seam headlines are the clone's. Inert hides them from keyboard and screen reader; under a pointer they are links.
    this.#view.onpointerenter = (event) => {
      this.#clone.inert = false;
      if (event.pointerType === 'mouse') this.#set('hover', true);
    };
    this.#view.onpointerleave = (event) => {
      if (event.pointerType !== 'mouse') return;
      this.#clone.inert = true;
      this.#set('hover', false);
    };
    this.#view.addEventListener('focusin', (event) => {
      if (!event.target.matches(':focus-visible')) return;
      this.#set('focus', true);
      this.#reveal(event.target.closest('li'));
    });
    this.#view.addEventListener('focusout', () => this.#set('focus', false));
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [style];
    root.append(this.#bar, this.#slot);
  }

  connectedCallback() {
    const { signal } = this.#off = new AbortController();
    const seen = new IntersectionObserver((all) => this.#set('away', !all.at(-1).isIntersecting), { rootMargin: '200px' });
    const sized = new ResizeObserver(() => this.#arrange());
    seen.observe(this);
    sized.observe(this.#view);
    sized.observe(this.#list);
    signal.onabort = () => { seen.disconnect(); sized.disconnect(); };
    document.addEventListener('visibilitychange', () => this.#set('hidden', document.hidden), { signal });
    addEventListener('online', () => { this.#due = 0; this.#plan(); }, { signal });
    reduced.addEventListener('change', () => this.#arrange(true), { signal });
    this.#set('hidden', document.hidden);
    this.#dress();
  }

  disconnectedCallback() {
    this.#off.abort();
    this.#set('away', true);
  }

  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === 'src') { this.#due = this.#failures = 0; this.#doc = this.#text = undefined; this.#plan(); }
    if (name === 'paused') this.#set('user', now !== null);
    this.#dress();
    if (this.#items.size) this.#show();
  }

  play() { this.removeAttribute('paused'); }
  pause() { this.setAttribute('paused', ''); }

  // Ask now; resolves when the answer is shown, or kept back because it was none. Never rejects.
  async refresh() {
    const src = this.getAttribute('src');
    if (!src || this.#busy === src) return;
    this.#busy = src;
    let again = 0;
    try {
      const answer = await fetch(src, {
        cache: 'no-cache', credentials: 'omit', referrerPolicy: 'no-referrer',
        headers: { accept: 'application/json' }, signal: AbortSignal.timeout(2e4)
      });
      if (!answer.ok) {
        const asked = answer.headers.get('retry-after');
        again = +asked || (Date.parse(asked) - Date.now()) / 1e3 || 0;
        throw new Error(`HTTP ${answer.status}`);
      }
      const text = await answer.text(), doc = JSON.parse(text);
      if (doc?.version !== 1 || !Array.isArray(doc.items)) throw new Error('not a ticker/1 document');
      if (src !== this.getAttribute('src')) return;
      this.#doc = doc;
      this.#failures = 0;
      this.#fresh = Date.now();
      // What has not changed is not laid out again; only relative times grow old by themselves.
      if (text !== this.#text || this.hasAttribute('times')) this.#show();
      this.#text = text;
      this.#tell('ticker-update', { items: this.#items.size });
    } catch (error) {
      if (src !== this.getAttribute('src')) return;
      this.#failures++;
      this.#tell('ticker-error', { error });
    } finally {
      if (this.#busy === src) this.#busy = undefined;
    }
    const ttl = Math.min(Math.max(+this.#doc?.ttl || 60, this.constructor.shortestWait), LONGEST_TTL);
    const wait = Math.max(Math.min(ttl * 2 ** this.#failures, Math.max(ttl, LONGEST_WAIT)), Math.min(again, 864e2));
    // Spread by a tenth, so that the readers of one page do not return together.
    this.#due = Date.now() + wait * (900 + Math.random() * 200);
    this.#dress();
    this.#plan();
  }

  #tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail })); }

  #set(reason, holds) {
    this.#against[holds ? 'add' : 'delete'](reason);
    this.#run();
    this.#plan();
  }

  #run() { if (this.#motion) this.#motion[this.#against.size ? 'pause' : 'play'](); }

  // Nobody is asked while nobody looks. One who paused before the first headlines still gets those.
  #plan() {
    clearTimeout(this.#timer);
    const { isConnected } = this, no = this.#against;
    if (!isConnected || no.has('away') || no.has('hidden') || (no.has('user') && (this.#doc || this.#failures))) return;
    this.#timer = setTimeout(() => this.refresh(), Math.max(0, this.#due - Date.now()));
  }

  // What the attributes say, on the outside: names, icon, mode, stale mark.
  #dress() {
    const doc = this.#doc, paused = this.hasAttribute('paused'), say = (name, otherwise) => this.getAttribute(name) ?? otherwise;
    this.#view.setAttribute('aria-label', say('label', clean(doc?.title) || 'News'));
    const name = paused ? say('play-label', 'Play news ticker') : say('pause-label', 'Pause news ticker');
    this.#button.setAttribute('aria-label', name);
    this.#button.title = name;
    this.#icon.setAttribute('d', paused ? ICON.play : ICON.pause);
    const now = Date.now();
    const stale = !!doc && (doc.stale === true || now > Date.parse(doc.stale_after) || (this.#failures > 0 && now - this.#fresh > STALE_AFTER));
    this.#stale.textContent = say('stale-label', 'Delayed');
    this.#stale.hidden = !stale;
    this.toggleAttribute('data-stale', stale);
  }

  // The document into the list. Nodes are kept by id, so that focus stays; hostile headlines go before the limit counts.
  #show() {
    if (!this.#doc) return;
    const limit = Math.min(+this.getAttribute('limit') || MOST, MOST), wanted = new Map();
    for (const raw of this.#doc.items.slice(0, 1e3)) {
      const item = headline(raw);
      if (item && wanted.size < limit && !wanted.has(item.id)) wanted.set(item.id, item);
    }
    if (!wanted.size) return;
    const held = this.shadowRoot.activeElement, reading = held?.closest('li');
    this.#arrange(true, () => {
      for (const [id, li] of this.#items) {
        if (!wanted.has(id) && li !== reading) { li.remove(); this.#items.delete(id); }
      }
      let next = this.#list.firstChild;
      for (const item of wanted.values()) {
        const li = this.#items.get(item.id) ?? make('li', '');
        this.#items.set(item.id, li);
        this.#fill(li, item);
        if (li === next) next = next.nextSibling; else this.#list.insertBefore(li, next);
      }
      if (reading && this.shadowRoot.activeElement !== held) held.focus({ preventScroll: true });
      this.#bar.hidden = false;
      this.#slot.hidden = true;
    });
  }

  #fill(li, item) {
    if (!li.firstChild) li.append(make('a', 'link'), make('small', 'source'), make('small', 'time'));
    const [link, source, time] = li.children, { lang } = document.documentElement;
    li.setAttribute('part', item.urgent ? 'item urgent' : 'item');
    link.href = item.url;
    link.rel = 'noopener noreferrer';
    link.target = this.getAttribute('target') ?? '';
    link.dir = source.dir = 'auto';
    link.lang = item.lang || clean(this.#doc.lang, 35);
    const put = (node, text) => { if (node.textContent !== text) node.textContent = text; node.hidden = !text; };
    put(link, item.title);
    put(source, item.source);
    put(time, this.hasAttribute('times') && item.time ? ago(item.time, lang || []) : '');
  }

  // Where the list stands, in pixels from its start: moved (many times round, maybe), or scrolled when nothing may move.
  get #x() {
    const motion = this.#motion, length = motion && motion.effect.getTiming().duration;
    return motion ? motion.currentTime % length / length * this.#width : Math.abs(this.#view.scrollLeft);
  }

  set #x(x) {
    if (this.#motion) this.#motion.currentTime = x / this.#width * this.#motion.effect.getTiming().duration;
    else this.#view.scrollLeft = this.#sign * x;
  }

  get #held() { return this.shadowRoot.activeElement?.closest('li'); }

  // Headlines by their claim to stay where they are: the focused one, then from the first in sight on. By item, never by offset.
  #anchors() {
    const x = this.#x, held = this.#held;
    return [...this.#places].map(([li, [start, width]]) => {
      const at = start - x;
      return [li, li !== held && at + width <= 0 ? at + this.#width : at];
    }).sort((a, b) => (b[0] === held) - (a[0] === held) || a[1] - b[1]);
  }

  // Apply a change, measure once, and go on from where the reader was.
  #arrange(force, change = () => {}) {
    const anchors = this.#anchors(), listed = this.getAttribute('mode') === 'list', moves = !listed && !reduced.matches;
    change();
    this.#bar.className = `bar${moves ? '' : ' still'}${listed ? ' list' : ''}`;
    const box = this.#list.getBoundingClientRect(), room = this.#view.clientWidth;
    if (!box.width || (!force && box.width === this.#width && room === this.#room)) return;
    const rtl = getComputedStyle(this).direction === 'rtl';
    this.#sign = rtl ? -1 : 1;
    this.#width = box.width;
    this.#room = room;
    this.#places = new Map([...this.#list.children].map((li) => {
      const at = li.getBoundingClientRect();
      return [li, [rtl ? box.right - at.right : at.left - box.left, at.width]];
    }));
    this.#clone.hidden = !moves;
    this.#clone.replaceChildren(...moves ? this.#list.cloneNode(true).children : []);
    for (const link of this.#clone.querySelectorAll('a')) link.tabIndex = -1;
    if (moves) this.#view.removeAttribute('tabindex'); else this.#view.tabIndex = 0;
    if (this.#motion) this.#motion.cancel();
    const speed = Math.min(Math.max(+this.getAttribute('speed') || 60, 5), 500);
    this.#motion = moves && this.#track.animate(
      { transform: ['none', `translateX(${-this.#sign * box.width}px)`] },
      { duration: box.width / speed * 1e3, iterations: Infinity }
    );
    const [li, at] = anchors.find(([each]) => this.#places.has(each)) ?? [];
    if (li) {
      const x = this.#places.get(li)[0] - at;
      this.#x = !moves || li === this.#held ? Math.max(x, 0) : (x + box.width) % box.width;
    }
    this.#run();
  }

  // A focused headline is always in sight: the list is moved, never scrolled.
  #reveal(li) {
    const place = this.#places.get(li);
    if (!place || !this.#motion) return;
    const [start, width] = place, at = start - this.#x;
    if (at < 0 || at + width > this.#room) this.#x = start - Math.min(start, Math.max(0, Math.min(at, this.#room - width)));
  }
}
customElements.get('news-ticker') ?? customElements.define('news-ticker', NewsTicker);

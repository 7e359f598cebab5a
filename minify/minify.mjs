// A script with a style sheet in replaceSync(`…`) in; the same one as visitors download it, out: node minify.mjs SOURCE TARGET
import { readFileSync, writeFileSync } from 'node:fs';
import { minify } from 'terser';

const [source, target] = process.argv.slice(2);
// Terser leaves text as it is, and a style sheet is text to it. Spaces stay where they part selectors and values.
const sheet = (_, css) => `replaceSync(\`${css
  .replace(/\s+/g, ' ')
  .replace(/ ?([{};,]) ?/g, '$1')
  .replace(/: /g, ':')
  .replace(/ !/g, '!')
  .replace(/;}/g, '}')
  .trim()}\`)`;
const text = readFileSync(source, 'utf8').replace(/replaceSync\(`([^`]*)`\)/, sheet);
const { code } = await minify(text, {
  ecma: 2022,
  module: true,
  compress: { passes: 3 },
  mangle: { properties: { regex: /^#/ } },  // private members only: every other name is read by pages
});
writeFileSync(target, `${code}\n`);

<?php
// block.php DIRECTORY CODE...: what a reader of an article is sent of each code in a "Custom HTML" block, as JSON.
require __DIR__ . '/load.php';
$GLOBALS['shortcode_tags'] = [];
$shown = fn($code) => trim(do_shortcode(wptexturize(do_blocks("<!-- wp:html -->\n$code\n<!-- /wp:html -->"))));
echo json_encode(array_map($shown, array_slice($argv, 2)));

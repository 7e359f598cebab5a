<?php
// The functions of the WordPress in the directory that is the first argument, without its database.
define('ABSPATH', rtrim($argv[1], '/') . '/');
define('WPINC', 'wp-includes');
define('WP_CONTENT_DIR', sys_get_temp_dir());
define('WP_DEBUG', false);
$needed = ['load', 'default-constants', 'plugin', 'cache', 'compat', 'functions', 'class-wp-error', 'class-wp-list-util', 'formatting', 'kses', 'option', 'l10n',
    'general-template', 'link-template', 'shortcodes', 'pluggable', 'http', 'class-wp-http', 'class-wp-http-streams', 'class-wp-http-curl',
    'class-wp-http-proxy', 'class-wp-http-cookie', 'class-wp-http-encoding', 'class-wp-http-response', 'class-wp-http-requests-response',
    'class-wp-http-requests-hooks', 'embed', 'class-wp-oembed', 'pomo/translations', 'blocks',
    'class-wp-block-parser', 'class-wp-block', 'class-wp-block-type', 'class-wp-block-type-registry', 'class-wp-block-list', 'class-wp-block-supports'];
foreach ($needed as $name) {
    require_once ABSPATH . WPINC . "/$name.php";
}
wp_cache_init();
wp_cache_set('alloptions', ['home' => 'https://blog.example', 'siteurl' => 'https://blog.example', 'blog_charset' => 'UTF-8'], 'options');

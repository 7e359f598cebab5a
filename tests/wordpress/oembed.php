<?php
// oembed.php DIRECTORY URL...: what the WordPress in DIRECTORY makes of each address on a line of its own, as JSON: HTML, or false when it
// stays an address. Its own functions find, fetch and filter the answer, without its database; the hooks are those of its default-filters.php.
define('ABSPATH', rtrim($argv[1], '/') . '/');
define('WPINC', 'wp-includes');
define('WP_CONTENT_DIR', sys_get_temp_dir());
define('WP_DEBUG', false);
$needed = ['load', 'default-constants', 'plugin', 'cache', 'compat', 'functions', 'class-wp-error', 'class-wp-list-util', 'formatting', 'kses', 'option', 'l10n',
    'general-template', 'link-template', 'shortcodes', 'pluggable', 'http', 'class-wp-http', 'class-wp-http-streams', 'class-wp-http-curl',
    'class-wp-http-proxy', 'class-wp-http-cookie', 'class-wp-http-encoding', 'class-wp-http-response', 'class-wp-http-requests-response',
    'class-wp-http-requests-hooks', 'embed', 'class-wp-oembed'];
foreach ($needed as $name) {
    require_once ABSPATH . WPINC . "/$name.php";
}
wp_cache_init();
wp_cache_set('alloptions', ['home' => 'https://blog.example', 'siteurl' => 'https://blog.example', 'blog_charset' => 'UTF-8'], 'options');
// It asks no address of this machine unless it is told that it may.
add_filter('http_request_host_is_external', '__return_true');
add_filter('http_allowed_safe_ports', fn($ports, $host, $url) => [...$ports, parse_url($url, PHP_URL_PORT)], 10, 3);
add_filter('oembed_dataparse', 'wp_filter_oembed_iframe_title_attribute', 5, 3);
add_filter('oembed_dataparse', 'wp_filter_oembed_result', 10, 3);
echo json_encode(array_map('wp_oembed_get', array_slice($argv, 2)));

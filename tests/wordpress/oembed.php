<?php
// oembed.php DIRECTORY URL...: what WordPress makes of each address on a line of its own, as JSON: HTML, or false when it stays an address.
// Its own functions find, fetch and filter the answer; the hooks are those of its default-filters.php.
require __DIR__ . '/load.php';
// It asks no address of this machine unless it is told that it may.
add_filter('http_request_host_is_external', '__return_true');
add_filter('http_allowed_safe_ports', fn($ports, $host, $url) => [...$ports, parse_url($url, PHP_URL_PORT)], 10, 3);
add_filter('oembed_dataparse', 'wp_filter_oembed_iframe_title_attribute', 5, 3);
add_filter('oembed_dataparse', 'wp_filter_oembed_result', 10, 3);
echo json_encode(array_map('wp_oembed_get', array_slice($argv, 2)));

<?php
/**
 * Plugin Name: Flashwire ticker
 * Description: Shows a live breaking-news ticker with the short code [flashwire], and from a pasted ticker address.
 * Version: 0.1.0
 * Requires at least: 5.9
 * Requires PHP: 7.4
 * License: Apache-2.0
 *
 * The list comes with the page, from the ticker's /v1/ticker.html, so that readers see it at once and without script.
 * The element's script then keeps it live.
 */

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

// Of the short code: filters of the ticker, and how the element shows the items.
const FLASHWIRE_FILTERS = array( 'edition', 'section', 'place', 'story', 'urgency' );
const FLASHWIRE_OTHERS  = array( 'layout', 'limit' );
// A page must not wait longer for the ticker, nor ask it for each reader.
const FLASHWIRE_TIMEOUT_SECONDS = 1;
const FLASHWIRE_KEPT_SECONDS    = 15;

/** The public address of the ticker without a slash at its end, or '' where it is not set. */
function flashwire_address() {
	$address = defined( 'FLASHWIRE_TICKER' ) ? FLASHWIRE_TICKER : get_option( 'flashwire_ticker', '' );
	$address = untrailingslashit( esc_url_raw( trim( (string) $address ), array( 'https', 'http' ) ) );
	return $address;
}

/** The element for [flashwire edition="en" section="politics,economy" layout="line" limit="5"]. */
function flashwire_shortcode( $attributes ) {
	$address = flashwire_address();
	if ( '' === $address ) {
		return current_user_can( 'manage_options' ) ? '<p>' . esc_html( flashwire_words( 'unset' ) ) . '</p>' : '';
	}
	$values = array();
	foreach ( array_merge( FLASHWIRE_FILTERS, FLASHWIRE_OTHERS ) as $name ) {
		if ( isset( $attributes[ $name ] ) && '' !== trim( $attributes[ $name ] ) ) {
			$values[ $name ] = trim( $attributes[ $name ] );
		}
	}
	if ( is_feed() ) {
		return flashwire_link( $address, $values );
	}
	wp_enqueue_script( 'flashwire-ticker', $address . '/widget/breaking-ticker.js', array(), null, true );
	return flashwire_fragment( $address, $values );
}

/** In a feed: feed readers keep what they have fetched, and with it a line that is withdrawn later. */
function flashwire_link( $address, $values ) {
	unset( $values['limit'] );
	$url = $address . '/embed' . flashwire_query( $values );
	return '<a href="' . esc_url( $url ) . '">' . esc_html( flashwire_words( 'link' ) ) . '</a>';
}

/** The query of a request, from the question mark on; '' where there are no values. */
function flashwire_query( $values ) {
	$pairs = array();
	foreach ( $values as $name => $value ) {
		foreach ( preg_split( '/[\s,]+/', $value, -1, PREG_SPLIT_NO_EMPTY ) as $each ) {
			$pairs[] = rawurlencode( $name ) . '=' . rawurlencode( $each );
		}
	}
	return $pairs ? '?' . implode( '&', $pairs ) : '';
}

/** The fragment of the ticker, kept for some seconds; an element without a list where the ticker does not answer. */
function flashwire_fragment( $address, $values ) {
	$url  = $address . '/v1/ticker.html' . flashwire_query( $values );
	$key  = 'flashwire_' . md5( $url );
	$html = get_transient( $key );
	if ( false !== $html ) {
		return $html;
	}
	$reply = wp_remote_get( $url, array( 'timeout' => FLASHWIRE_TIMEOUT_SECONDS, 'redirection' => 0 ) );
	$body  = wp_remote_retrieve_body( $reply );
	// A proxy may answer 200 with a page of its own.
	$is_fragment = 200 === wp_remote_retrieve_response_code( $reply ) && 0 === strpos( $body, '<breaking-ticker ' );
	$html        = $is_fragment ? flashwire_plain_text( $body ) : flashwire_element( $address, $values );
	// After an error too: the next reader must not wait for the same time.
	set_transient( $key, $html, FLASHWIRE_KEPT_SECONDS );
	return $html;
}

/** WordPress makes a face of "8)" between two spaces. It knows none next to an entity, so a headline keeps its text. */
function flashwire_plain_text( $html ) {
	$parts = preg_split( '/(<script\b.*?<\/script>|<[^>]*>)/s', $html, -1, PREG_SPLIT_DELIM_CAPTURE );
	// The parts between two delimiters have even numbers.
	for ( $number = 0; $number < count( $parts ); $number += 2 ) {
		$parts[ $number ] = str_replace( ' ', '&#32;', $parts[ $number ] );
	}
	return implode( '', $parts );
}

/** The element without a list. */
function flashwire_element( $address, $values ) {
	$html = '<breaking-ticker src="' . esc_url( $address . '/v1/live' ) . '"';
	foreach ( $values as $name => $value ) {
		// The element has two attributes for the limit: the items that it asks for, and the rows that it shows.
		foreach ( 'limit' === $name ? array( 'backlog', 'show' ) : array( $name ) as $attribute ) {
			$html .= ' ' . $attribute . '="' . esc_attr( $value ) . '"';
		}
	}
	return $html . '></breaking-ticker>';
}

/** The element's file is a module. */
function flashwire_script_tag( $tag, $handle ) {
	if ( 'flashwire-ticker' === $handle && false === strpos( $tag, 'type="module"' ) ) {
		$tag = preg_replace( '/ type=[\'"][^\'"]*[\'"]/', '', $tag );
		$tag = str_replace( '<script ', '<script type="module" ', $tag );
	}
	return $tag;
}

/** An editor who pastes the address of a ticker page gets the ticker in a frame (oEmbed). */
function flashwire_provider() {
	$address = flashwire_address();
	if ( '' !== $address ) {
		wp_oembed_add_provider( $address . '/embed*', $address . '/oembed', false );
	}
}

/** Whether WordPress asks the ticker for the frame of a pasted address. */
function flashwire_is_oembed( $url ) {
	$address = flashwire_address();
	return '' !== $address && 0 === strpos( $url, $address . '/oembed?' );
}

/** WordPress refuses internal addresses, which the ticker's may be in the network of a newsroom. */
function flashwire_allow_host( $is_external, $host, $url ) {
	return $is_external || flashwire_is_oembed( $url );
}

/** WordPress refuses ports other than 80, 443 and 8080. */
function flashwire_allow_port( $ports, $host, $url ) {
	return flashwire_is_oembed( $url ) ? array_merge( $ports, array( wp_parse_url( $url, PHP_URL_PORT ) ) ) : $ports;
}

/** A text in the language of the site, or in English. */
function flashwire_words( $name ) {
	$words = array(
		'en' => array(
			'link'    => 'Live news',
			'setting' => 'Address of the live ticker',
			'unset'   => 'Set the address of the ticker under Settings, Reading.',
		),
		'ar' => array(
			'link'    => 'الأخبار مباشرة',
			'setting' => 'عنوان شريط الأخبار المباشر',
			'unset'   => 'حدّد عنوان شريط الأخبار في الإعدادات، القراءة.',
		),
		'es' => array(
			'link'    => 'Noticias en directo',
			'setting' => 'Dirección de la cinta de noticias en directo',
			'unset'   => 'Indique la dirección de la cinta de noticias en Ajustes, Lectura.',
		),
	);
	$language = substr( determine_locale(), 0, 2 );
	return isset( $words[ $language ] ) ? $words[ $language ][ $name ] : $words['en'][ $name ];
}

/** The field under Settings, Reading. */
function flashwire_setting() {
	register_setting( 'reading', 'flashwire_ticker', array( 'type' => 'string', 'sanitize_callback' => 'esc_url_raw' ) );
	add_settings_field(
		'flashwire_ticker',
		esc_html( flashwire_words( 'setting' ) ),
		function () {
			printf(
				'<input type="url" id="flashwire_ticker" class="regular-text" name="flashwire_ticker" value="%s" placeholder="https://ticker.example" %s>',
				esc_attr( flashwire_address() ),
				defined( 'FLASHWIRE_TICKER' ) ? 'disabled' : ''
			);
		},
		'reading',
		'default',
		array( 'label_for' => 'flashwire_ticker' )
	);
}

add_shortcode( 'flashwire', 'flashwire_shortcode' );
add_filter( 'script_loader_tag', 'flashwire_script_tag', 10, 2 );
add_filter( 'http_request_host_is_external', 'flashwire_allow_host', 10, 3 );
add_filter( 'http_allowed_safe_ports', 'flashwire_allow_port', 10, 3 );
add_action( 'init', 'flashwire_provider' );
add_action( 'admin_init', 'flashwire_setting' );

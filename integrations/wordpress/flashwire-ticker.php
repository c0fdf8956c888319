<?php
/**
 * Plugin Name: Flashwire ticker
 * Description: Shows a live breaking-news ticker with the short code [flashwire], and from a pasted ticker address.
 * Version: 0.1.0
 * Requires at least: 5.9
 * Requires PHP: 7.4
 * License: Apache-2.0
 * Text Domain: flashwire-ticker
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
		return current_user_can( 'manage_options' )
			? '<p>' . esc_html__( 'Set the address of the ticker under Settings, Reading.', 'flashwire-ticker' ) . '</p>'
			: '';
	}
	$values = array();
	foreach ( array_merge( FLASHWIRE_FILTERS, FLASHWIRE_OTHERS ) as $name ) {
		if ( isset( $attributes[ $name ] ) && '' !== trim( $attributes[ $name ] ) ) {
			$values[ $name ] = trim( $attributes[ $name ] );
		}
	}
	wp_enqueue_script( 'flashwire-ticker', $address . '/widget/breaking-ticker.js', array(), null, true );
	return flashwire_fragment( $address, $values );
}

/** The fragment of the ticker, kept for some seconds; an element without a list where the ticker does not answer. */
function flashwire_fragment( $address, $values ) {
	$pairs = array();
	foreach ( $values as $name => $value ) {
		foreach ( preg_split( '/[\s,]+/', $value, -1, PREG_SPLIT_NO_EMPTY ) as $each ) {
			$pairs[] = rawurlencode( $name ) . '=' . rawurlencode( $each );
		}
	}
	$url  = $address . '/v1/ticker.html' . ( $pairs ? '?' . implode( '&', $pairs ) : '' );
	$key  = 'flashwire_' . md5( $url );
	$html = get_transient( $key );
	if ( false !== $html ) {
		return $html;
	}
	$reply = wp_remote_get( $url, array( 'timeout' => FLASHWIRE_TIMEOUT_SECONDS, 'redirection' => 0 ) );
	$type  = wp_remote_retrieve_header( $reply, 'content-type' );
	if ( 200 === wp_remote_retrieve_response_code( $reply ) && 0 === strpos( (string) $type, 'text/html' ) ) {
		$html = wp_remote_retrieve_body( $reply );
	} else {
		$html = flashwire_element( $address, $values );
	}
	// After an error too: the next reader must not wait for the same time.
	set_transient( $key, $html, FLASHWIRE_KEPT_SECONDS );
	return $html;
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

/** The field under Settings, Reading. */
function flashwire_setting() {
	register_setting( 'reading', 'flashwire_ticker', array( 'type' => 'string', 'sanitize_callback' => 'esc_url_raw' ) );
	add_settings_field(
		'flashwire_ticker',
		esc_html__( 'Address of the live ticker', 'flashwire-ticker' ),
		function () {
			printf(
				'<input type="url" class="regular-text" name="flashwire_ticker" value="%s" placeholder="https://ticker.example" %s>',
				esc_attr( flashwire_address() ),
				defined( 'FLASHWIRE_TICKER' ) ? 'disabled' : ''
			);
		},
		'reading'
	);
}

add_shortcode( 'flashwire', 'flashwire_shortcode' );
add_filter( 'script_loader_tag', 'flashwire_script_tag', 10, 2 );
add_action( 'init', 'flashwire_provider' );
add_action( 'admin_init', 'flashwire_setting' );

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pieces of SIP's grammar (RFC 3261 25.1), strict: is this text one of those? Pure functions on
 * slices of any bytes; nothing is copied or allocated.
 *
 * Text comes unfolded or not: a line end with white space after it is white space.
 */
#ifndef JF_SIP_GRAMMAR_H
#define JF_SIP_GRAMMAR_H

#include "jf_slice.h"

bool jf_sip_is_token_char(char c);
bool jf_sip_is_token(struct jf_slice text);

/* A URI without the angle brackets. *ret_headers: has it headers ("?...")? Of sip: and sips: the
 * escapes and characters are checked, of others only that there is a scheme and no white space. */
bool jf_sip_is_uri(struct jf_slice text, bool *ret_headers);

struct jf_sip_address {
	struct jf_slice uri;    /* without brackets */
	struct jf_slice params; /* from the first semicolon on, or empty */
	bool bracketed;
};

/* name-addr or addr-spec, with parameters: From, To, and an element of Contact or Route. An
 * addr-spec without brackets can have no headers (RFC 3261 20.10). */
bool jf_sip_address_read(struct jf_slice text, struct jf_sip_address *ret_address);

/* The value of a parameter of those; false: it has none, or none with a value. */
bool jf_sip_param_get(struct jf_slice params, const char *name, struct jf_slice *ret_value);

/* Takes the next element of a list off its front; commas in quotes and brackets don't divide.
 * false: there is no more. Elements come trimmed, empty ones too. */
bool jf_sip_list_next(struct jf_slice *list, struct jf_slice *ret_element);

struct jf_sip_via {
	struct jf_slice sent_by;
	struct jf_slice params;
};

/* One element of Via, of SIP/2.0 or another version. */
bool jf_sip_via_read(struct jf_slice element, struct jf_sip_via *ret_via);

#endif

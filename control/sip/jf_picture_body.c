// SPDX-License-Identifier: BSD-3-Clause
#include "jf_picture_body.h"

#include <ctype.h>
#include <string.h>

const char jf_picture_body[] =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
        "<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder>"
        "</vc_primitive></media_control>\r\n";

bool jf_picture_body_asks(const char *text, size_t length)
{
	static const char tag[] = "<picture_fast_update";
	const size_t tag_length = sizeof(tag) - 1;

	/* What follows its name ends it: another element may begin alike. */
	for (const char *at = text; length > tag_length; at++, length--)
		if (memcmp(at, tag, tag_length) == 0 &&
		    (strchr("/>", at[tag_length]) || isspace((unsigned char)at[tag_length])))
			return at[tag_length] != '\0';
	return false;
}

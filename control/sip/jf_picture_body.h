/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * application/media_control+xml in SIP INFO (RFC 5168): an encoder is asked for a whole picture. Of
 * the schema nothing else is read, and nothing else is written. Pure.
 */
#ifndef JF_PICTURE_BODY_H
#define JF_PICTURE_BODY_H

#include <stdbool.h>
#include <stddef.h>

#define JF_PICTURE_BODY_TYPE "application/media_control+xml"

/* The request, terminated. */
extern const char jf_picture_body[];

/* Whether a picture_fast_update stands in it, with whatever else. */
bool jf_picture_body_asks(const char *text, size_t length);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON as often as calls need it: a tree as text, and memory for the trees' many small pieces.
 * jansson's own dump keeps a table of the containers that it is in, against loops, and prints their
 * addresses for that; ours are trees. Loop thread only.
 */
#ifndef JF_JSON_H
#define JF_JSON_H

#include <stddef.h>

#include <jansson.h>

/*
 * The tree without spaces, as json_dumps has it: for the caller to free; its length without the NUL
 * in ret_length, which may be NULL. NULL: no memory, json NULL, or nested deeper than 64. Keys and
 * texts are UTF-8, as jansson sees to.
 */
char *jf_json_text(const json_t *json, size_t *ret_length);

/*
 * From here on jansson's pieces of up to 240 bytes come out of blocks of 64 KB that are kept for
 * the next ones: a call's trees have hundreds. Before the first use of jansson.
 */
void jf_json_pool_use(void);

#endif

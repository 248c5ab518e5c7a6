/* SPDX-License-Identifier: BSD-3-Clause */
/* The load of SIP as `jf status` and the event sip.overload show it. */
#ifndef JF_OVERLOAD_JSON_H
#define JF_OVERLOAD_JSON_H

#include <jansson.h>

struct jf_sip_load;

json_t *jf_overload_json(const struct jf_sip_load *load);

#endif

// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_why.h"

const char *jf_sip_why_word(enum jf_sip_why why)
{
	static const char *const words[JF_SIP_WHY_COUNT] = {[JF_SIP_WHY_NONE] = "",
#define X(name, word) [JF_SIP_WHY_##name] = word,
	                                                    JF_SIP_WHYS(X)
#undef X
	};

	return why < JF_SIP_WHY_COUNT ? words[why] : "?";
}

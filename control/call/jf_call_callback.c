// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_treatment.h"

#include <errno.h>

int jf_call_callback_ask(struct jf_call *call, const char *number)
{
	(void)call;
	(void)number;
	return -ENOTSUP;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: path->protect, what was gathered for listeners that are sent SRTP. Leaves: nothing; each
 * is on its way out, or dropped by name. Without keys nothing goes out, in plain least of all.
 */
#include "jf_path.h"

void jf_path_protect(struct jf_path *path)
{
	for (uint16_t i = 0; i < path->n_protect; i++)
		jf_path_drop(path, path->protect[i].mbuf, path->protect[i].listener,
		             JF_DROP_SRTP_AUTH);
	path->n_protect = 0;
}

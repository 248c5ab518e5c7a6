/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_UDP_PRIV_H
#define JF_UDP_PRIV_H

#include "jf_udp.h"

struct udp_sock {
	int fd;
	udp_recv_h *handler;
	udp_error_h *error_handler;
	void *arg;
	jf_udp_watcher *watcher;
	void *watcher_arg;
	struct sa local;
	bool connected;
};

#endif

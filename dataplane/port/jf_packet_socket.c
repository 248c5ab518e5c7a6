// SPDX-License-Identifier: BSD-3-Clause
#include "jf_packet_socket_priv.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/if_packet.h>

static bool is_ours(int fd, uint32_t ifindex)
{
	struct sockaddr_ll address = {0};
	socklen_t size = sizeof(int);
	int domain = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) || domain != AF_PACKET)
		return false;
	size = sizeof(address);
	return !getsockname(fd, (struct sockaddr *)&address, &size) &&
	       (uint32_t)address.sll_ifindex == ifindex;
}

void jf_packet_sockets_find(struct jf_packet_sockets *sockets, uint32_t ifindex)
{
	const struct dirent *entry;
	DIR *folder;

	*sockets = (struct jf_packet_sockets){0};
	if (!ifindex)
		return;
	folder = opendir("/proc/self/fd");
	while (folder && (entry = readdir(folder)) && sockets->n < JF_PACKET_SOCKETS_MAX) {
		int fd = atoi(entry->d_name);

		if (is_ours(fd, ifindex))
			sockets->fds[sockets->n++] = fd;
	}
	if (folder)
		closedir(folder);
}

uint64_t jf_packet_sockets_missed(struct jf_packet_sockets *sockets)
{
	for (uint32_t i = 0; i < sockets->n; i++) {
		union { /* the first two fields are those of all versions of the ring */
			struct tpacket_stats common;
			struct tpacket_stats_v3 whole;
		} stats = {0};
		socklen_t size = sizeof(stats.whole);

		if (!getsockopt(sockets->fds[i], SOL_PACKET, PACKET_STATISTICS, &stats.whole,
		                &size))
			sockets->missed += stats.common.tp_drops;
	}
	return sockets->missed;
}

/*
 * In the place of the C library's, for the driver. DPDK's af_packet has the kernel put fragments
 * together before it hands them out, and then cuts what that gives down to one frame of its ring:
 * of a large request over UDP the kernel's stack got a piece that it could only throw away. The
 * driver has no argument for it, so the wish is taken out here: fragments come as on any other
 * device, and are put together behind the exception interface.
 */
int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	uint32_t fanout; /* an int to the kernel, whose highest bit is the flag */

	if (level == SOL_PACKET && name == PACKET_FANOUT && size == sizeof(fanout)) {
		memcpy(&fanout, value, sizeof(fanout));
		fanout &= ~((uint32_t)PACKET_FANOUT_FLAG_DEFRAG << 16);
		value = &fanout;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, size);
}

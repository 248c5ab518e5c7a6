/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the ports ask of the kernel through rtnetlink. Requests wait for the kernel's answer, which
 * it gives at once. Service thread (main before it runs).
 */
#ifndef JF_NETLINK_PRIV_H
#define JF_NETLINK_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_ip.h"

struct jf_netlink;

int jf_netlink_open(struct jf_netlink **ret_netlink);
void jf_netlink_close(struct jf_netlink *netlink);

/* Link address, no IPv6 address of the kernel's own making, up. */
int jf_netlink_link_set_up(struct jf_netlink *netlink, uint32_t ifindex, const uint8_t mac[6]);

/* An interface as the kernel sees it. */
struct jf_netlink_link {
	bool is_up;      /* by its operator */
	bool is_running; /* up, and it has a carrier */
};

/* 0; -ENODEV: it is gone. */
int jf_netlink_link_get(struct jf_netlink *netlink, uint32_t ifindex,
                        struct jf_netlink_link *ret_link);

/* Good at once: nobody is asked whether an IPv6 address is taken. */
int jf_netlink_address_add(struct jf_netlink *netlink, uint32_t ifindex, const struct jf_ip *ip,
                           uint8_t prefix_length);

/*
 * The next hop towards remote out of that interface: the remote itself or a gateway.
 * 0; -ENETUNREACH: no route there; -EINVAL: local, broadcast or multicast.
 */
int jf_netlink_next_hop(struct jf_netlink *netlink, uint32_t ifindex, const struct jf_ip *remote,
                        struct jf_ip *ret_hop);

struct jf_netlink_neigh {
	uint32_t ifindex;
	struct jf_ip ip;
	uint16_t state; /* NUD_ bits; 0: gone */
	bool has_mac;
	uint8_t mac[6];
};

/* 0 or -ENOENT. */
int jf_netlink_neigh_get(struct jf_netlink *netlink, uint32_t ifindex, const struct jf_ip *ip,
                         struct jf_netlink_neigh *ret_neigh);

/* As if a packet were sent there: makes the entry if need be, asks (ARP, NDP) if it is stale. */
int jf_netlink_neigh_use(struct jf_netlink *netlink, uint32_t ifindex, const struct jf_ip *ip);

/* ---- Notifications ------------------------------------------------------------------------ */

struct jf_netlink_watch;

struct jf_netlink_handlers {
	void (*on_neigh)(void *arg, const struct jf_netlink_neigh *neigh);
	void (*on_routes_changed)(void *arg);
	void (*on_overrun)(void *arg); /* some were lost: look at everything again */
	void *arg;
};

int jf_netlink_watch_open(struct jf_netlink_watch **ret_watch);
void jf_netlink_watch_close(struct jf_netlink_watch *watch);
int jf_netlink_watch_fd(const struct jf_netlink_watch *watch);

/* Takes what is there and returns. */
void jf_netlink_watch_read(struct jf_netlink_watch *watch,
                           const struct jf_netlink_handlers *handlers);

#endif
